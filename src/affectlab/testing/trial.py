"""What the conformance suite runs: a few rows, steerings and readouts that suit any model, and how results compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from affectlab.core import Convention, Floats, Readout, Steer, Tokens
from affectlab.models.base import Model, Row, RowEnd, Sampling, TokenEvent

LENGTHS = (5, 37, 12, 21)
"""Tokens of the rows: short and long, in no order, the longest beyond twice the window of a tiny model."""

GENERATED = 5
ROOM = GENERATED + 3
PROBES = 3

TEXT = (
    "The ferry was late again, so the two sisters shared their bread with the dog and counted the lamps along the "
    "quay. Nobody spoke. Later a man in a green coat asked whether the tickets were still good for the morning, and "
    "the older one laughed, because she had thrown hers into the harbour an hour ago. Behind them the clock struck "
    "nine, a window closed, and somewhere a radio played a song that both of them had known as children."
)


class Broken(Exception):
    """A truth that does not hold of the model on trial."""


def require(holds: bool, detail: str) -> None:
    if not holds:
        raise Broken(detail)


class Outcome(NamedTuple):
    """All that one row gave."""

    given: tuple[TokenEvent, ...]
    made: tuple[TokenEvent, ...]
    end: RowEnd

    @property
    def tokens(self) -> tuple[int, ...]:
        return tuple(event.token for event in self.made)

    @property
    def logprobs(self) -> tuple[float, ...]:
        """Of every token that has one."""
        return tuple(event.logprob for event in (*self.given, *self.made) if event.logprob is not None)

    @property
    def scores(self) -> Floats:
        """Readings of every token that has them, [tokens, sites, probes]."""
        return np.stack([event.scores for event in (*self.given, *self.made) if event.scores is not None])


class Collector:
    """A reducer that keeps everything it is handed, for models so small that this is no matter."""

    def __init__(self, sites: Sequence[int]) -> None:
        self.sites = tuple(sites)
        self.calls: list[str] = []
        self.lengths: list[int] = []
        self._streams: dict[int, Floats] = {}

    def begin(self, rows: Sequence[int], lengths: Sequence[int]) -> None:
        self.calls.append(f"begin {list(rows)}")
        self.lengths = [int(length) for length in lengths]

    def add(self, site: int, hidden: Any) -> None:
        self.calls.append(f"add {site}")
        # An array of torch may be on a device, or of a dtype that numpy lacks; it is not imported here to find out.
        plain = hidden.detach().float().cpu().numpy() if hasattr(hidden, "detach") else hidden
        self._streams[site] = np.array(plain, dtype=np.float32)

    def end(self) -> None:
        self.calls.append("end")

    def streams(self) -> list[Floats]:
        """The hidden states of each row, [sites, tokens, width]."""
        whole = np.stack([self._streams[site] for site in self.sites])
        return np.split(whole, np.cumsum(self.lengths)[:-1], axis=1)


@dataclass(frozen=True, eq=False)
class Trial:
    """A model on trial. `tolerance` is the relative error up to which two ways to the same number agree."""

    model: Model
    tolerance: float

    @property
    def exact(self) -> bool:
        """Whether arithmetic is so fine that the batch cannot change which token is drawn."""
        return self.tolerance < 1e-2

    @property
    def sites(self) -> tuple[int, ...]:
        return tuple(range(self.model.blocks))

    @property
    def middle(self) -> int:
        return self.model.blocks // 2

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Rows of different lengths, each with other tokens."""
        tokens = self.model.tokenizer.encode(TEXT)
        longest = (self.model.context or 10**9) - ROOM
        starts = [index * 7 for index in range(len(LENGTHS))]
        pairs = zip(starts, LENGTHS, strict=True)
        return tuple(Row(tokens[start : start + min(length, longest)]) for start, length in pairs)

    @cached_property
    def plain(self) -> list[Floats]:
        """The hidden states of the rows at every layer, [layers, tokens, width]."""
        return self.hidden(self.rows)

    def run(self, rows: Sequence[Row]) -> list[Outcome]:
        """Run the rows as one batch and sort the events by row."""
        events: list[list[TokenEvent]] = [[] for _ in rows]
        ends: dict[int, RowEnd] = {}
        for event in self.model.run(rows):
            if isinstance(event, RowEnd):
                ends[event.row] = event
            else:
                events[event.row].append(event)
        return [
            Outcome(
                tuple(event for event in found if not event.generated),
                tuple(event for event in found if event.generated),
                ends[index],
            )
            for index, found in enumerate(events)
        ]

    def hidden(self, rows: Sequence[Row]) -> list[Floats]:
        """The hidden states of these rows, run as one batch."""
        collector = Collector(self.sites)
        for _ in self.model.run(rows, collector):
            pass
        return collector.streams()

    def steer(self, *sites: int, seed: int = 0, tokens: Tokens = Tokens("all")) -> Steer:
        """Half the residual norm of each site, in a direction that the seed decides."""
        drawn = np.random.default_rng(seed).standard_normal((len(sites), self.model.width))
        norms = [np.linalg.norm(self.plain[1][site], axis=-1).mean() for site in sites]
        unit = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        deltas = 0.5 * np.array(norms)[:, None] * unit
        return Steer(sites, np.asarray(deltas, dtype=np.float32), tokens, f"trial {seed}", "a hash")

    def readout(self, convention: Convention = Convention.PROJECTION, *, sites: Sequence[int] | None = None) -> Readout:
        """Random probes at all layers, or at some."""
        sites = self.sites if sites is None else tuple(sites)
        drawn = np.random.default_rng(5).standard_normal((self.model.blocks, PROBES, self.model.width))
        probes = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
        center = np.stack([self.plain[1][site].mean(axis=0) for site in sites])
        return Readout(
            sites,
            np.asarray(probes[list(sites)], dtype=np.float32),
            center if convention is Convention.CENTRED else None,
            unit=convention is not Convention.PROJECTION,
        )

    def scored(self, row: Row, generated: Sequence[int]) -> tuple[float, ...]:
        """Log-probabilities of tokens behind a row, given to the model and not generated by it."""
        given = replace(row, tokens=row.tokens + tuple(generated), sampling=None, logprobs=True)
        return self.run([given])[0].logprobs[len(row.tokens) - 1 :]

    def require_near(self, found: Any, expected: Any, what: str) -> None:
        """The two agree, measured against the largest of the vectors (or numbers) expected."""
        found, expected = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
        require(found.shape == expected.shape, f"{what}: {found.shape} where {expected.shape} belongs")
        require(bool(np.isfinite(found).all()), f"{what}: not finite")
        scale = float(np.abs(expected).max(initial=1e-30))
        error = float(np.abs(found - expected).max(initial=0.0)) / scale
        require(error <= self.tolerance, f"{what}: differs by {error:.1e} of the largest, allowed {self.tolerance:.0e}")


def greedy(**changes: Any) -> Sampling:
    """The most likely token, always to the full length."""
    return replace(Sampling(GENERATED, ignore_end=True), **changes)
