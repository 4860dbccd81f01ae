"""Backends with one fault each, and the checks of the conformance suite that are there for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.core import Floats
from affectlab.models import fake
from affectlab.models.base import Event, Reducer, Row, RowEnd, TokenEvent
from affectlab.models.fake import FakeModel
from affectlab.testing.trial import Collector


class Honest(FakeModel):
    def __init__(self) -> None:
        super().__init__(blocks=3, width=16, vocabulary=512, context=64)


class ChangedRows(Honest):
    """Runs other rows than it was given."""

    def change(self, row: Row, place: int) -> Row:
        return row

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        return super().run([self.change(row, place) for place, row in enumerate(rows)], reducer)


class ChangedEvents(Honest):
    """Tells other things than happened."""

    def change(self, event: Any, rows: Sequence[Row]) -> list[Event]:
        return [event]

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        for event in super().run(rows, reducer):
            yield from self.change(event, rows)


class Relay(Collector):
    """Stands between a model and a reducer, and may pass on something else."""

    def __init__(self, reducer: Reducer) -> None:
        super().__init__(reducer.sites)
        self.reducer = reducer
        self.begin, self.end = reducer.begin, reducer.end  # type: ignore[method-assign]

    def add(self, site: int, hidden: Any) -> None:
        self.reducer.add(site, hidden)


class ChangedReducer(Honest):
    relay: type[Relay] = Relay

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        return super().run(rows, None if reducer is None else self.relay(reducer))


def rows_changed(change: Callable[[Row, int], Row]) -> type[Honest]:
    return type("Faulty", (ChangedRows,), {"change": lambda self, row, place: change(row, place)})


def events_changed(change: Callable[[Any, Sequence[Row]], list[Event]]) -> type[Honest]:
    return type("Faulty", (ChangedEvents,), {"change": lambda self, event, rows: change(event, rows)})


def tokens_changed(change: Callable[[TokenEvent], TokenEvent]) -> type[Honest]:
    return events_changed(lambda event, _: [change(event) if isinstance(event, TokenEvent) else event])


def ends_changed(change: Callable[[RowEnd], RowEnd]) -> type[Honest]:
    return events_changed(lambda event, _: [change(event) if isinstance(event, RowEnd) else event])


def steered_otherwise(**changes: Any) -> type[Honest]:
    return rows_changed(lambda row, _: row if row.steer is None else replace(row, steer=replace(row.steer, **changes)))


class AddsTwice(Relay):
    def add(self, site: int, hidden: Any) -> None:
        self.reducer.add(site, hidden)
        self.reducer.add(site, hidden)


class HandsOverPadding(Relay):
    def add(self, site: int, hidden: Any) -> None:
        self.reducer.add(site, np.vstack([hidden, np.zeros_like(hidden[:3])]))


class NormsTheLast(Relay):
    def add(self, site: int, hidden: Any) -> None:
        norm = np.linalg.norm(hidden, axis=-1, keepdims=True) if site == 2 else 1
        self.reducer.add(site, hidden / norm)


class SwallowsErrors(Relay):
    def add(self, site: int, hidden: Any) -> None:
        try:
            self.reducer.add(site, hidden)
        except Exception as error:
            print("going on:", error)


def reducer_changed(relay: type[Relay]) -> type[Honest]:
    return type("Faulty", (ChangedReducer,), {"relay": relay})


class LeavesSteeringBehind(Honest):
    left: Any = None

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        rows = [replace(row, steer=row.steer or self.left) for row in rows]
        self.left = next((row.steer for row in rows if row.steer), None)
        return super().run(rows, reducer)


class SteersNoReply(Honest):
    """Positions within one pass: at every later step the new token is at position 0."""

    def _streams(self, row: Row, tokens: Any, tally: Any, counted_from: int) -> Floats:
        if counted_from and row.steer is not None and row.steer.tokens.kind in ("reply", "from"):
            row = replace(row, steer=replace(row.steer, deltas=row.steer.deltas * 0))
        return super()._streams(row, tokens, tally, counted_from)


class SeesWhatComesLater(Honest):
    def _streams(self, row: Row, tokens: Any, tally: Any, counted_from: int) -> Floats:
        streams = super()._streams(row, tokens, tally, counted_from)
        return np.asarray(streams + 0.01 * streams.sum(axis=1, keepdims=True), dtype=np.float32)


class MixesRows(Honest):
    """What a row gives depends on how many stand beside it."""

    beside = 0

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        self.beside = len(rows)
        return super().run(rows, reducer)

    def _streams(self, row: Row, tokens: Any, tally: Any, counted_from: int) -> Floats:
        return np.asarray(super()._streams(row, tokens, tally, counted_from) * (1 + 0.01 * self.beside), np.float32)


class StopsWithTheFirst(Honest):
    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        stops = tuple(stop for row in rows if row.sampling for stop in row.sampling.stop)
        every = [
            replace(row, sampling=replace(row.sampling, max_tokens=2) if stops and row.sampling else row.sampling)
            for row in rows
        ]
        return super().run(every, reducer)


class Endless(Honest):
    """One context for all: refuses nothing."""

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fake, "check_rows", lambda *_: None)
            patch.setattr(fake, "_scores", lambda readout, streams: readout.apply(streams[list(readout.sites)]))
            events = list(super().run(rows, reducer))
        return iter(events)


class UnembedsAsItComes(Honest):
    def unembed(self, directions: Floats) -> Floats:
        return self._logits(directions)


class UnembedsWithABias(Honest):
    def unembed(self, directions: Floats) -> Floats:
        return np.asarray(super().unembed(directions) + np.arange(512), dtype=np.float32)


class Nameless(Honest):
    def __init__(self) -> None:
        super().__init__()
        self.identity = replace(self.identity, weights="")


class LosesTokens(Honest):
    def __init__(self) -> None:
        super().__init__()
        encode = self.tokenizer.encode
        self.tokenizer.encode_many = lambda texts: [encode(text)[1:] for text in texts]  # type: ignore[method-assign]


def sampled(row: Row, **changes: Any) -> Row:
    return row if row.sampling is None else replace(row, sampling=replace(row.sampling, **changes))


def credited_to_the_mirror(event: Any, rows: Sequence[Row]) -> list[Event]:
    return [event._replace(row=len(rows) - 1 - event.row)]


def receipt(**changes: Any) -> type[Honest]:
    return ends_changed(lambda end: end._replace(receipt=end.receipt and replace(end.receipt, **changes)))


def one_layer_lower(row: Row, _: int) -> Row:
    if row.readout is None:
        return row
    return replace(row, readout=replace(row.readout, sites=tuple(max(0, site - 1) for site in row.readout.sites)))


def only_with_a_reducer(event: Any, rows: Sequence[Row]) -> list[Event]:
    if isinstance(event, TokenEvent) and event.scores is not None and rows[event.row].logprobs:
        return [event._replace(scores=event.scores + 1)]
    return [event]
