"""Which of two activities, as rows of tokens that end where the model chooses, and which questions are asked.

1. The answer is begun for the model, up to the "(". That one token follows there for each option is proved with the
   model's own tokenizer and template; where it is not so, the next way to begin is tried, and without one we refuse.
2. Every row knows the tokens of both activities, so that either can be steered.
3. All ordered pairs are asked, in every wording or in one: pair (i, j) in wording (i + j) mod W, in both orders, so
   that a liking for the first place cancels, and every activity meets every wording about equally often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from affectlab.core import Bools, Ints
from affectlab.errors import InputError
from affectlab.lexicon.items.activities import A, B, Opener, PreferenceItems
from affectlab.models.base import Model, Row, Tokenizer
from affectlab.models.chat import chat_text, encode_chat, spaced

Span = tuple[int, int]


class Boundary(NamedTuple):
    """How an answer begins: the tokens behind the question, and the token of each option directly behind those."""

    begun: tuple[int, ...]
    options: tuple[int, int]
    opener: Opener


class Question(NamedTuple):
    """A wording, and the activities named first and second, by number."""

    wording: int
    first: int
    second: int


def prove_boundary(tokenizer: Tokenizer, questions: Sequence[str], openers: Sequence[Opener], where: str) -> Boundary:
    """The first opener behind which each option is one token, whatever the question and whether ")" follows or not."""
    found = "no opener"
    for opener in openers:
        proofs = [_proof(tokenizer, question, opener) for question in questions]
        failed = [proof for proof in proofs if isinstance(proof, str)]
        if not failed and len(set(proofs)) == 1 and isinstance(proofs[0], Boundary):
            return proofs[0]
        found = failed[0] if failed else f"{opener.text!r} is not always the same tokens"
    raise InputError(
        "nothing proves where this tokenizer lets a model choose between A and B",
        where=where,
        expected="each option as one token of its own, directly behind the beginning of the answer",
        found=found,
        fix="give items with another opener",
    )


def _proof(tokenizer: Tokenizer, question: str, opener: Opener) -> Boundary | str:
    """The boundary after one question, or what is wrong with it."""
    chat = [{"role": "user", "content": question}]
    frame = Frame.of(tokenizer, question)
    before, _ = frame.encode(tokenizer, question)
    begins = spaced(frame.after, opener.text)
    begun = encode_chat(tokenizer, chat, prefill=begins).tokens
    options = []
    for option in opener.options:
        whole = encode_chat(tokenizer, chat, prefill=begins + option).tokens
        closed = encode_chat(tokenizer, chat, prefill=f"{begins}{option})").tokens
        alone = whole[: len(begun)] == begun and len(whole) == len(begun) + 1
        if begun[: len(before)] != before or not alone or closed[: len(whole)] != whole:
            return f"{begins + option + ')'!r} as {' | '.join(tokenizer.pieces(closed[len(before) :]))}"
        options.append(whole[-1])
    if options[0] == options[1]:
        return f"one token for {opener.options[0]!r} and {opener.options[1]!r}"
    return Boundary(begun[len(before) :], (options[0], options[1]), opener)


class Frame(NamedTuple):
    """What a model's template writes around a question: before it, and up to the answer."""

    before: str
    after: str

    @classmethod
    def of(cls, tokenizer: Tokenizer, question: str) -> Frame:
        chat = chat_text(tokenizer, [{"role": "user", "content": question}])
        begin, end = chat.contents[0]
        return cls(chat.text[:begin], chat.text[end:])

    def encode(self, tokenizer: Tokenizer, question: str) -> tuple[tuple[int, ...], list[Span]]:
        """Tokens up to the answer, and where each stands in the question (below 0: before it)."""
        tokens, offsets = tokenizer.encode_marked(self.before + question + self.after)
        start = len(self.before)
        return tokens, [(begin - start, end - start) for begin, end in offsets]


def filled(wording: str, *activities: str) -> tuple[str, list[Span]]:
    """A wording with its activities, and where they stand in it."""
    text, spans = wording, []
    for slot, activity in zip((A, B), activities, strict=False):
        begin = text.index(slot)
        text = text[:begin] + activity + text[begin + len(slot) :]
        spans.append((begin, begin + len(activity)))
    return text, spans


def asked_about(model: Model, frame: Frame, wording: str, *activities: str) -> tuple[tuple[int, ...], list[Span]]:
    """Tokens of a question up to the answer, and the tokens of each activity."""
    text, places = filled(wording, *activities)
    tokens, offsets = frame.encode(model.tokenizer, text)
    spans = []
    for begin, end in places:
        mine = [token for token, (low, high) in enumerate(offsets) if high > begin and low < end]
        spans.append((mine[0], mine[-1] + 1))
    return tokens, spans


@dataclass(frozen=True, eq=False)
class Questions:
    """The questions of one model, made when they are asked for and kept."""

    model: Model
    items: PreferenceItems
    _made: dict[Question, tuple[tuple[int, ...], list[Span]]] = field(default_factory=dict, repr=False)

    @property
    def activities(self) -> int:
        return len(self.items.activities)

    @cached_property
    def _examples(self) -> list[str]:
        """Two questions in each wording."""
        texts = [activity.text for activity in self.items.activities]
        pairs = [(texts[0], texts[-1]), (texts[-1], texts[len(texts) // 2])]
        return [filled(wording, *pair)[0] for wording in self.items.questions for pair in pairs]

    @cached_property
    def boundary(self) -> Boundary:
        """Where the choice falls, proved in every wording."""
        return prove_boundary(self.model.tokenizer, self._examples, self.items.openers, self.model.identity.id)

    @cached_property
    def frame(self) -> Frame:
        """What the template writes around every question."""
        frames = {Frame.of(self.model.tokenizer, question) for question in self._examples}
        if len(frames) > 1:
            raise InputError(
                "the template writes other things around one question than around another",
                where=self.model.identity.id,
                expected="the same before and after every question",
                found=" and ".join(repr(frame.after[-40:]) for frame in sorted(frames)[:2]),
                fix="pass a template of your own",
            )
        return frames.pop()

    def rows(self, questions: Sequence[Question], steered: Bools | None = None) -> list[Row]:
        """Rows that end before the choice; their spans are the tokens of those activities that are steered."""
        return [self._row(question, steered) for question in questions]

    def _row(self, question: Question, steered: Bools | None) -> Row:
        if question not in self._made:
            wording = self.items.questions[question.wording]
            texts = [self.items.activities[place].text for place in (question.first, question.second)]
            self._made[question] = asked_about(self.model, self.frame, wording, *texts)
        tokens, spans = self._made[question]
        places = zip((question.first, question.second), spans, strict=True)
        chosen = tuple(span for place, span in places if steered is not None and steered[place])
        return Row(tokens + self.boundary.begun, spans=chosen)


def design(activities: int, wordings: int, *, every: bool) -> Bools:
    """Which questions are asked, [wordings, first, second]: all ordered pairs, in `every` wording or in one."""
    place = np.arange(activities)
    asked = np.stack([(place[:, None] + place) % wordings == wording for wording in range(wordings)])
    return np.asarray((asked | every) & (place[:, None] != place))


def listed(asked: Bools) -> list[Question]:
    """The questions of a design, those with the same beginning one after another."""
    return sorted((Question(*map(int, place)) for place in np.argwhere(asked)), key=lambda q: (q.first, q.wording))


def few(asked: Bools, count: int = 64) -> Bools:
    """So many questions of a design, evenly spread over it."""
    places = np.argwhere(asked)
    kept = np.zeros_like(asked)
    kept[tuple(places[np.linspace(0, len(places) - 1, min(count, len(places))).astype(np.int64)].T)] = True
    return kept


def halves(kinds: Sequence[str]) -> tuple[Bools, Bools]:
    """Two halves of the activities, balanced over their kinds: within each kind every other one."""
    seen: dict[str, int] = {}
    first = []
    for kind in kinds:
        first.append(seen.get(kind, 0) % 2 == 0)
        seen[kind] = seen.get(kind, 0) + 1
    one = np.array(first, dtype=np.bool_)
    return one, ~one


def part(steered: Bools, wordings: int, opponents: int) -> Bools:
    """A balanced part of the questions for directions of which there are many, in one wording each.

    Every steered activity meets so many others, in both orders, and every other one meets as many; the pairs without a
    steered activity come with it, since they need not be asked again.
    """
    asked = design(len(steered), wordings, every=False)
    kept = ~steered[:, None] & ~steered
    for first, second in _meetings(np.flatnonzero(steered), np.flatnonzero(~steered), opponents):
        kept[first, second] = kept[second, first] = True
    return asked & kept


def _meetings(steered: Ints, others: Ints, opponents: int) -> Iterator[tuple[int, int]]:
    """Whom each steered activity meets: evenly spread over the list, so that they are of different kinds."""
    many = len(others)
    for place, activity in enumerate(steered.tolist()):
        for turn in range(min(opponents, many)):
            yield activity, int(others[(place + 1 + turn * many // min(opponents, many)) % many])
