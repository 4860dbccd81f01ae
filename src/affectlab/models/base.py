"""The seam: one noun, `Row`, and one primitive, `Model.run`. Everything else is built on these two.

    rows ──► run ──► TokenEvent, TokenEvent, ..., RowEnd     (per row; rows may interleave)
                └──► reducer.add(site, hidden)               (if one is passed: hidden states, on the device)

A backend runs the rows of one call together, as one batch; `batches` decides which rows go together. Steering and
readings are properties of a row and never a state of the model. Everything the backend is asked for is done, or the
call fails.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np

from affectlab.core import Floats, Ints, Marks, Readout, Receipt, Steer, check_sites
from affectlab.errors import ContextError, InputError, SteeringError


@dataclass(frozen=True)
class Sampling:
    """How to go on after the given tokens. Temperature 0 is greedy; the same seed gives a row the same draws, whatever
    else is in the batch. `stop` adds token ids to the model's own ends of text; `ignore_end` makes it run to
    `max_tokens`."""

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[int, ...] = ()
    ignore_end: bool = False

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise InputError(
                "nothing to generate", where="max_tokens", expected="1 or more", found=str(self.max_tokens)
            )
        if not 0 <= self.temperature < float("inf"):
            raise InputError(
                "this temperature cannot be used",
                where="temperature",
                expected="0 or more, and finite",
                found=str(self.temperature),
                fix="0 takes the likeliest token each time, 1 draws as the model says",
            )
        if not 0 < self.top_p <= 1:
            raise InputError(
                "this share of the probability cannot be used",
                where="top_p",
                expected="more than 0, at most 1",
                found=str(self.top_p),
                fix="1 draws from all tokens",
            )
        if self.seed < 0:
            raise InputError("a seed cannot be negative", where="seed", expected="0 or more", found=str(self.seed))


@dataclass(frozen=True, eq=False)
class Row:
    """One sequence to run: its tokens, how it is steered, how it goes on, what is wanted of it.

    `prompt` counts the tokens that are prompt (all, unless a choice to be scored follows); `turn` is where the
    assistant's turn begins. `logprobs` asks for the log-probability of every given token; generated tokens always have
    theirs. `candidates` are token ids whose log-probabilities directly after the given tokens come with the `RowEnd`.
    """

    tokens: tuple[int, ...]
    prompt: int | None = None
    turn: int | None = None
    spans: tuple[tuple[int, int], ...] = ()
    steer: Steer | None = None
    sampling: Sampling | None = None
    readout: Readout | None = None
    logprobs: bool = False
    candidates: tuple[int, ...] = ()

    @property
    def marks(self) -> Marks:
        given = len(self.tokens)
        return Marks(given, given if self.prompt is None else self.prompt, self.turn, self.spans)

    @property
    def longest(self) -> int:
        """How many tokens the row can grow to."""
        return len(self.tokens) + (self.sampling.max_tokens if self.sampling else 0)

    @property
    def needs_logits(self) -> bool:
        return self.sampling is not None or self.logprobs or bool(self.candidates)


Reason: TypeAlias = Literal["given", "length", "stop"]
"""Why a row ended: nothing was to be generated, it was long enough, or it came to an end."""


class TokenEvent(NamedTuple):
    """A token at an absolute position of a row: given (when something was asked of it) or generated.

    `logprob` is log p(token | tokens before) under the model as steered, before temperature; `scores` are the
    readings at this token, [sites, probes]. The last generated token is never fed back, so it has no scores.
    """

    row: int
    position: int
    token: int
    generated: bool
    logprob: float | None
    scores: Floats | None


class RowEnd(NamedTuple):
    """The last event of a row: why it ended, the receipt if it was steered, log-probabilities of its candidates."""

    row: int
    reason: Reason
    receipt: Receipt | None
    candidates: tuple[float, ...]


Event: TypeAlias = TokenEvent | RowEnd


@runtime_checkable
class Reducer(Protocol):
    """Something that swallows hidden states where they are, so that they need not leave the device.

    For each batch: `begin(rows, lengths)` with the places of its rows in the call and their lengths, then `add` once
    per wanted site with the hidden states of the real tokens, rows one after another, padding gone ([sum of lengths,
    width], the backend's own array type), then `end`. If a batch fails on the way, it is begun again in smaller ones.
    """

    @property
    def sites(self) -> tuple[int, ...]: ...
    def begin(self, rows: Sequence[int], lengths: Sequence[int]) -> None: ...
    def add(self, site: int, hidden: Any) -> None: ...
    def end(self) -> None: ...


@dataclass(frozen=True)
class Identity:
    """Which model this is. The hashes decide; id and revision are for people."""

    id: str
    revision: str
    config: str
    weights: str
    tokenizer: str
    template: str

    def differences(self, other: Identity) -> tuple[str, ...]:
        """Which of the hashes differ, by name."""
        names = ("config", "weights", "tokenizer", "template")
        return tuple(name for name in names if getattr(self, name) != getattr(other, name))


@dataclass(frozen=True)
class ChatText:
    """A conversation as the model's template writes it, with the stretches of text that belong to each turn."""

    text: str
    turns: tuple[tuple[int, int], ...]
    contents: tuple[tuple[int, int], ...]
    generation: tuple[int, int] | None
    prefill: tuple[int, int] | None


@runtime_checkable
class Tokenizer(Protocol):
    """What a backend must be able to do with text. `template` is Jinja, or None where the model has none."""

    @property
    def template(self) -> str | None: ...
    def encode(self, text: str) -> tuple[int, ...]: ...
    def encode_many(self, texts: Sequence[str]) -> list[tuple[int, ...]]: ...
    def encode_marked(self, text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]: ...
    def decode(self, tokens: Sequence[int]) -> str: ...
    def pieces(self, tokens: Sequence[int]) -> tuple[str, ...]: ...
    def render(self, messages: Sequence[Mapping[str, str]], *, generation: bool) -> str: ...


class Model(ABC):
    """A language model that can be run row by row. One contract; `testing.check_model` tells whether it is kept."""

    identity: Identity
    tokenizer: Tokenizer
    blocks: int
    width: int
    vocabulary: int
    """How many token ids there are; what is fed lies below it."""
    context: int | None
    """The longest sequence in tokens, or None where there is no limit."""
    budget: int
    """How many tokens, padding counted, go well together in one batch."""
    facts: Mapping[str, str]
    """What was proved or found at load, for `doctor`."""

    @abstractmethod
    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        """Run the rows together, as one batch."""

    @property
    def at_once(self) -> int:
        """How many batches can run at once."""
        return 1

    @contextmanager
    def lanes(self) -> Iterator[Sequence[Model]]:
        """The model so often, each for a thread of its own (`lanes.on_lanes`)."""
        yield (self,)

    def sweep(self, rows: Sequence[Row], steers: Sequence[Steer | None], candidates: Sequence[int]) -> Floats | None:
        """Log-probabilities [steers, rows, candidates] of single tokens directly after every row, under every steering.

        A backend that knows no shorter way than to run each row under each steering gives None (`verbs.choose_each`).
        """
        return None

    @abstractmethod
    def unembed(self, directions: Floats) -> Floats:
        """Token scores [directions, vocabulary] of directions [directions, width] at the last block.

        The direction, at unit root mean square, goes through the model's own final norm and unembedding; what these
        give for a zero vector is taken off.
        """


@dataclass
class Tally:
    """What a backend counts while it steers one row, to write the receipt from: sums over touched tokens, by site."""

    steer: Steer
    tokens: int = 0
    change: list[float] = field(default_factory=list)
    """Of ||h'|| - ||h||."""
    moved: list[float] = field(default_factory=list)
    """Of ||h' - h||."""

    def __post_init__(self) -> None:
        self.change = self.change or [0.0] * len(self.steer.sites)
        self.moved = self.moved or [0.0] * len(self.steer.sites)

    def receipt(self) -> Receipt:
        norms = tuple(float(norm) for norm in (self.steer.deltas.astype("float64") ** 2).sum(axis=1) ** 0.5)
        change, moved = (tuple(sum_ / max(self.tokens, 1) for sum_ in sums) for sums in (self.change, self.moved))
        if not np.isfinite((*norms, *change, *moved)).all():
            raise SteeringError("the stream is no longer finite", where=self.steer.label, fix="steer with less")
        return Receipt(self.steer.label, self.steer.vectors, self.steer.sites, self.tokens, norms, change, moved)


def check_rows(rows: Sequence[Row], model: Model, reducer: Reducer | None = None) -> None:
    """Raise if a row cannot be run as asked: empty, too long, no such token or site, steering that touches nothing."""
    if reducer is not None:
        check_sites(reducer.sites, model.blocks)
        if any(row.needs_logits for row in rows):
            raise InputError("a reducer takes rows of which only hidden states are wanted", where="Model.run")
    for index, row in enumerate(rows):
        where = f"row {index}"
        if not row.tokens:
            raise InputError("there is nothing to run", where=where, expected="at least one token", found="none")
        if model.context is not None and row.longest > model.context:
            raise ContextError(
                "the text is longer than the model can see",
                where=where,
                expected=f"at most {model.context} tokens",
                found=f"{row.longest} (with what may be generated)",
                fix="shorten it, or ask for fewer tokens",
            )
        _check_tokens(row, model.vocabulary, where)
        for asked, width in _asked(row):
            check_sites(asked, model.blocks)
            if width != model.width:
                raise InputError("vectors of another width", where=where, expected=str(model.width), found=str(width))
        if row.steer is not None:
            _check_reach(row, row.steer, where)


def _check_tokens(row: Row, vocabulary: int, where: str) -> None:
    """An accelerator that is fed a token without an embedding is lost to the whole process."""
    named = (*row.tokens, *row.candidates)
    if min(named) < 0 or max(named) >= vocabulary:
        raise InputError(
            "there is no such token",
            where=where,
            expected=f"token ids from 0 to {vocabulary - 1}",
            found=str(min(named) if min(named) < 0 else max(named)),
            fix="use the tokenizer of this model",
        )


def _asked(row: Row) -> Iterator[tuple[tuple[int, ...], int]]:
    if row.steer is not None:
        yield row.steer.sites, row.steer.deltas.shape[1]
    if row.readout is not None:
        yield row.readout.sites, row.readout.probes.shape[2]


def _check_reach(row: Row, steer: Steer, where: str) -> None:
    fed: Ints = np.arange(row.longest - (1 if row.sampling else 0))
    if not steer.tokens.cover(fed, row.marks).any():
        raise SteeringError(
            "the steering would touch no token",
            where=where,
            expected=f"tokens selected by '{steer.tokens}'",
            found=f"{len(row.tokens)} given, {row.longest - len(row.tokens)} to be generated",
            fix="choose other tokens, or generate at least two",
        )
