"""From what is planned to what is asked, and from what was answered to rows of a corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from affectlab.text.rows import PlainRow
from affectlab.writing import parse
from affectlab.writing.plan import Planned
from affectlab.writing.prompts import Prompts
from affectlab.writing.writers.base import Answer

SPEAKERS = ("Person", "AI")
"""Who speaks in a dialogue; in a hidden kind they take turns to be the one whose emotion it is."""
NAMES: Mapping[str, tuple[str, ...]] = {
    "stories": ("emotion",),
    "neutral": (),
    "dialogues": ("person_emotion", "ai_emotion"),
}
"""What the words of a planned text are called, in requests and in rows; those of hidden kinds come below."""
HIDDEN_NAMES = ("real", "displayed")


def labels(kind: str, planned: Planned) -> dict[str, str]:
    """The words of a planned text by their names in a row."""
    return dict(zip(NAMES.get(kind, HIDDEN_NAMES), planned.words, strict=True))


def slots(prompts: Prompts, planned: Sequence[Planned]) -> dict[str, str | int]:
    """What is put into the wording of a request for these texts, which share their words and topic."""
    first = planned[0]
    speaker = first.number % len(SPEAKERS)
    known: dict[str, str | int] = {
        **labels(prompts.kind, first),
        "topic": first.topic,
        "count": len(planned),
        "speaker": SPEAKERS[speaker],
        "listener": SPEAKERS[1 - speaker],
    }
    return {name: value for name, value in known.items() if name in prompts.placeholders}


def rows_of(prompts: Prompts, planned: Sequence[Planned], answer: Answer, *, writer: str, seed: int) -> list[PlainRow]:
    """One row for each planned text, in order; one that the answer does not hold has no content."""
    bodies = _bodies(prompts, answer, len(planned))
    found = []
    for place, one in enumerate(planned):
        body: dict[str, Any] = bodies[place] if place < len(bodies) else {"text": ""}
        if "turns" in body:
            body = {**body, "turns": _labelled(prompts.kind, one, body["turns"])}
        meta = {"ended": answer.ended} if answer.ended != "stop" else {}
        found.append(
            {
                "id": one.id,
                "kind": prompts.kind,
                "topic": one.topic,
                **labels(prompts.kind, one),
                **body,
                "writer": writer,
                "seed": seed,
                "prompt_hash": prompts.hash,
                **({"meta": meta} if meta else {}),
            }
        )
    return found


def _bodies(prompts: Prompts, answer: Answer, count: int) -> list[dict[str, Any]]:
    """What the answer holds, by the form that was asked for."""
    cut = answer.ended == "length"
    match prompts.form:
        case "dialogue":
            turns = parse.dialogue(answer.text, cut=cut)
            return [{"turns": turns}] if turns else []
        case "scene":
            scene = parse.scene(answer.text, cut=cut)
            return [{"scenario": scene.scenario, "turns": scene.turns}] if scene.turns else []
    if count == 1:
        # A single text that was cut is kept: the screen rejects it, and says so.
        return [{"text": text} for text in parse.stories(answer.text, 1)]
    return [{"text": text} for text in parse.stories(answer.text, count, cut=cut)]


def _labelled(kind: str, planned: Planned, turns: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Turns with the emotion of their speaker, where each speaker has one."""
    if kind != "dialogues":
        return [dict(turn) for turn in turns]
    of = {"user": planned.words[0], "assistant": planned.words[1]}
    return [{**turn, **({"emotion": of[turn["role"]]} if turn["role"] in of else {})} for turn in turns]
