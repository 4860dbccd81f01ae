"""Readings of the runs in a log: token by token, as lead times need them, and at the places that matter.

A run's tokens are those of its answers, each from the ":" before it on. Of a steered and read run they stand in the
log (docs/inspect.md); what was run without `-M read=...` has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from inspect_ai.log import EvalLog, EvalSample, resolve_sample_attachments
from inspect_ai.model import ModelOutput

from affectlab.behaviour.leadtime import Transcript
from affectlab.core import Doubles
from affectlab.errors import InputError, UnknownNameError
from affectlab.tasks.verdicts import Place, verdict_of


class Answer(NamedTuple):
    """The readings of one output, and the text of their tokens, from the first that was recorded on.

    `turn` is the place of the assistant's turn, `colon` that of the ":" before its answer, `reply` that of its first
    token; `text` is what the answer says.
    """

    readings: Doubles
    pieces: tuple[str, ...]
    turn: int
    colon: int
    reply: int
    text: str

    def before(self, character: int) -> int:
        """The place of the token before this character of the answer.

        The space that stands before an answer is among the tokens and not in its text; what calls a tool stands behind
        the text.
        """
        raw = "".join(self.pieces[self.reply :])
        space = 0 if self.text[:1].isspace() else len(raw) - len(raw.lstrip())
        ends = np.cumsum([len(piece) for piece in self.pieces[self.reply :]])
        return self.reply + int(np.searchsorted(ends, space + character, side="right")) - 1


class Moments(NamedTuple):
    """Readings of one run: at the end of what it was asked, at the ":" before its first answer, before the deed if
    there was one, and after each failure that it went on from."""

    sample: str
    epoch: int
    deed: bool
    asked: float
    colon: float
    before_deed: float | None
    after_failures: tuple[float, ...]


def transcripts(log: EvalLog, emotion: str, layer: int | None = None) -> list[Transcript]:
    """Every run that could be judged, with its deed if there is one."""
    return [
        Transcript(
            f"{sample.id} {sample.epoch}",
            np.concatenate([answer.readings[answer.colon :] for answer in answers]),
            tuple(piece for answer in answers for piece in answer.pieces[answer.colon :]),
            _deed(answers, verdict_of(sample).deed_at),
        )
        for sample, answers in _runs(log, emotion, layer)
    ]


def moments(log: EvalLog, emotion: str, layer: int | None = None) -> list[Moments]:
    """Readings at the places that matter, of every run that could be judged."""
    found = []
    for sample, answers in _runs(log, emotion, layer):
        verdict, start = verdict_of(sample), answers[0]
        failures = [place for place in verdict.failures if place[0] < len(answers)]
        found.append(
            Moments(
                str(sample.id),
                sample.epoch,
                verdict.deed,
                float(start.readings[max(start.turn - 1, 0)]),
                float(start.readings[start.colon]),
                None if verdict.deed_at is None else _before(answers, verdict.deed_at),
                tuple(_before(answers, place) for place in failures),
            )
        )
    return found


def _runs(log: EvalLog, emotion: str, layer: int | None) -> Iterator[tuple[EvalSample, list[Answer]]]:
    for sample in log.samples or []:
        if verdict_of(sample).judged:
            yield sample, _answers(sample, emotion, layer)


def _before(answers: Sequence[Answer], place: Place) -> float:
    answer = answers[place[0]]
    return float(answer.readings[answer.before(place[1])])


def _deed(answers: Sequence[Answer], place: Place | None) -> int | None:
    """How many tokens of the transcript come before the deed."""
    if place is None:
        return None
    whole = sum(len(answer.readings) - answer.colon for answer in answers[: place[0]])
    answer = answers[place[0]]
    return whole + answer.before(place[1]) + 1 - answer.colon


def _answers(sample: EvalSample, emotion: str, layer: int | None) -> list[Answer]:
    """The outputs of the model under test, which come before those of graders. Longer texts lie apart in a log."""
    events = resolve_sample_attachments(sample).events
    outputs = [event.output for event in events if event.event == "model" and event.error is None]
    wanted = verdict_of(sample).outputs
    where = f"sample {sample.id}, epoch {sample.epoch}"
    if len(outputs) < wanted:
        fix = "read a log that has its events"
        raise InputError("outputs are missing", where=where, expected=str(wanted), found=str(len(outputs)), fix=fix)
    return [_answer(output, emotion, layer, where) for output in outputs[:wanted]]


def _answer(output: ModelOutput, emotion: str, layer: int | None, where: str) -> Answer:
    ours: Mapping[str, Any] = (output.metadata or {}).get("affectlab", {})
    if "readings" not in ours:
        fix = "run it with -M vectors=FILE -M read=EMOTION"
        raise InputError("nothing was read in this run", where=where, expected="readings in the log", fix=fix)
    read = ours["readings"]
    scores = _layer(read["layers"], layer, where)
    if emotion not in scores:
        raise UnknownNameError("emotion", emotion, scores, where=where)
    first, pieces = read["first"], tuple(read["tokens"])
    turn, colon, reply = (read[name] - first for name in ("turn", "colon", "reply"))
    return Answer(np.array(scores[emotion], dtype=np.float64), pieces, turn, colon, reply, output.completion)


def _layer(layers: Sequence[Mapping[str, Any]], layer: int | None, where: str) -> Mapping[str, Sequence[float]]:
    known = [one["layer"] for one in layers]
    if layer is None and len(known) > 1:
        raise InputError("several layers were read", where=where, expected="one of them", found=str(known))
    if layer is not None and layer not in known:
        raise InputError("this layer was not read", where=where, expected=f"one of {known}", found=str(layer))
    found: Mapping[str, Sequence[float]] = layers[0 if layer is None else known.index(layer)]["scores"]
    return found
