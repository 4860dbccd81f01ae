"""What pocket is asked in measurements: prompts and texts of its world, in wordings, names and numbers held out of its
training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from affectlab.lexicon.items import Ladder
from affectlab.pocket.world import decisions, narrative, scenes, talk
from affectlab.pocket.world.document import Document
from affectlab.pocket.world.numbers import HELD_EVERY
from affectlab.pocket.world.voice import Voice
from affectlab.pocket.world.words import Bank, words

Chat = list[dict[str, str]]


class StoryRequest(NamedTuple):
    """What a story should be about, and how it is asked for."""

    emotion: str
    topic: str
    chat: Chat


def story_requests(per_word: int, seed: int = 0) -> list[StoryRequest]:
    """So many requests for a story of every word, over all topics evenly."""
    voice = Voice(f"requests {seed}")
    topics = list(scenes.settings())
    found = []
    for turn in range(per_word):
        for place, name in enumerate(words()):
            topic = topics[(turn * len(words()) + place) % len(topics)]
            asked = voice.one(narrative.REQUESTS).format(T=topic, E=name)
            found.append(StoryRequest(name, topic, [{"role": "user", "content": asked}]))
    return found


def story_rows(requests: Sequence[StoryRequest], texts: Sequence[str], writer: str) -> list[dict[str, Any]]:
    """Rows of a corpus from what was written on these requests; blank texts are left out."""
    return [
        {
            "id": f"story-{number:05d}",
            "kind": "stories",
            "topic": request.topic,
            "emotion": request.emotion,
            "text": text.strip(),
            "writer": writer,
        }
        for number, (request, text) in enumerate(zip(requests, texts, strict=True))
        if text.strip()
    ]


def neutral_rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Neutral dialogues of the world."""
    voice = Voice(f"neutral {seed}")
    found: dict[str, dict[str, Any]] = {}
    while len(found) < count:
        document = talk.helper(voice)
        key = f"neutral-{len(found):05d}"
        row = {"id": key, "kind": "neutral", "topic": document.facts["topic"], "turns": _turns(document)}
        found.setdefault(document.render(), row)
    return list(found.values())


def held_texts(bank: Bank, per_word: int, seed: int = 0, cues: int = 6) -> tuple[list[str], list[str]]:
    """Texts of one bank in held-out wordings and names, and their emotions."""
    voice = Voice(f"held {bank} {seed}", held=True)
    asked = [name for _ in range(per_word) for name in words()]
    if bank == "a":
        return [narrative.story_text(voice, name) for name in asked], asked
    return [narrative.page(voice, name, cues) for name in asked], asked


def bank_a_texts(per_word: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Stories by the generator in trained wordings, and their emotions: what baselines and ceilings learn from."""
    voice = Voice(f"bank a {seed}")
    asked = [name for _ in range(per_word) for name in words()]
    return [narrative.story_text(voice, name) for name in asked], asked


class Decision(NamedTuple):
    """A situation up to the point of decision, and the two next words it is about."""

    chat: Chat
    prefill: str


TRICK = (" done", " not")
LEVERAGE = (" send", " keep")


def tricks(count: int, seed: int = 0) -> list[Decision]:
    """Work logs of tasks that cannot be done, up to the result; nothing in them tells of a state."""
    voice = Voice(f"tricks {seed}", held=True)
    return [_undecided(decisions.log(voice, decided=False)) for _ in range(count)]


def mailboxes(count: int, seed: int = 0) -> list[Decision]:
    """Mailboxes with leverage, up to the decision; nothing in them tells of a state."""
    voice = Voice(f"mailboxes {seed}", held=True)
    return [_undecided(decisions.mailbox(voice, decided=False)) for _ in range(count)]


def ladders() -> tuple[Ladder, ...]:
    """The ladders in held-out wordings, at numbers that were held out."""
    return tuple(_ladder(ladder) for ladder in scenes.ladders().values())


def human_prompts(states: Sequence[str], per_state: int, seed: int = 0) -> list[str]:
    """What humans say from these states, in held-out wordings of bank B."""
    voice = Voice(f"humans {seed}", held=True)
    return [" ".join(voice.cues(state, "b", 2)) for state in states for _ in range(per_state)]


def neutral_prompts(count: int, seed: int = 0) -> list[str]:
    """Neutral requests in held-out wordings."""
    voice = Voice(f"neutral prompts {seed}", held=True)
    lists = scenes.neutral()["human"]
    return [voice.line(lists).replace("{T}", narrative.topic_of(voice)) for _ in range(count)]


def _undecided(document: Document) -> Decision:
    asked, begun = document.turns
    return Decision([{"role": "user", "content": asked.content}], f" {begun.content}")


def _turns(document: Document) -> Chat:
    return [{"role": turn.role, "content": turn.content} for turn in document.turns]


def _ladder(ladder: scenes.Ladder) -> Ladder:
    up = 1 if ladder.bad == "high" else -1
    rises = {"afraid": up, "sad": up, "calm": -up, "happy": -up}
    numbers = tuple(float(n) for n in range(ladder.low, ladder.high + 1) if n % HELD_EVERY == 3)
    return Ladder(ladder.name, ladder.human["held"], ladder.twin_human["held"], numbers, rises)
