"""Which rows run together, and running them all.

Rows are sorted by group, then by length, longest first within a group, and dealt into batches that fill a token
budget, padding counted. The plan that results is plain data: logged, it makes a run repeatable to the last bit. A batch
that does not fit the device's memory is halved, as often as needed; the plan as carried out is what is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from affectlab.core import Ints
from affectlab.errors import DeviceMemoryError, InputError
from affectlab.models.base import Event, Model, Row
from affectlab.models.lanes import on_lanes

Result = TypeVar("Result")

PADDING_ALLOWED = 0.04
"""A batch may hold at most this share of padding; a smaller batch costs less than the padding of a larger one."""


STEPS_PER_TOKEN = 16
"""A token that will be generated costs memory for its keys and values alone, about this fraction of a given one."""


@dataclass(frozen=True)
class BatchPlan:
    """Batches of row numbers, in the order they are run."""

    batches: tuple[tuple[int, ...], ...]
    budget: int

    def as_dict(self) -> dict[str, Any]:
        return {"budget": self.budget, "batches": [list(batch) for batch in self.batches]}

    @classmethod
    def from_dict(cls, plan: dict[str, Any]) -> BatchPlan:
        return cls(tuple(tuple(int(row) for row in batch) for batch in plan["batches"]), int(plan["budget"]))

    def check(self, rows: int) -> None:
        """Raise unless every row stands in exactly one batch."""
        if sorted(row for batch in self.batches for row in batch) != list(range(rows)):
            raise InputError(
                "the batch plan belongs to other texts",
                where="batch plan",
                expected=f"rows 0 to {rows - 1}, each once",
                found=f"{sum(map(len, self.batches))} rows",
                fix="leave the plan away, or give the texts it was made for",
            )

    def after(self, rows: int) -> BatchPlan:
        """What is left of the plan when so many rows have been run; a batch may have been cut in two."""
        left, seen = [], 0
        for batch in self.batches:
            rest = batch[max(0, rows - seen) :]
            seen += len(batch)
            if rest:
                left.append(rest)
        return BatchPlan(tuple(left), self.budget)


def plan_batches(lengths: Ints, budget: int, groups: Ints | None = None, padding: float = PADDING_ALLOWED) -> BatchPlan:
    """Deal rows into batches of similar length, group by group, longest first (so that memory runs out early or never).

    A row longer than the budget makes a batch of its own.
    """
    keys = np.zeros(len(lengths), dtype=np.int64) if groups is None else groups
    order = np.lexsort((np.arange(len(lengths)), -lengths, keys))
    batches: list[tuple[int, ...]] = []
    current: list[int] = []
    real = 0
    for row in order.tolist():
        if current:
            longest, count = int(lengths[current[0]]), len(current) + 1
            padded = longest * count
            if keys[row] != keys[current[0]] or padded > budget or padded - real - int(lengths[row]) > padding * padded:
                batches.append(tuple(current))
                current, real = [], 0
        current.append(row)
        real += int(lengths[row])
    if current:
        batches.append(tuple(current))
    return BatchPlan(tuple(batches), budget)


def run_batches(
    batches: Sequence[tuple[int, ...]],
    run: Callable[[tuple[int, ...]], None],
    done: Callable[[tuple[int, ...]], None] = lambda batch: None,
) -> tuple[tuple[int, ...], ...]:
    """Run every batch, halving those that do not fit. Returns the batches as carried out."""
    carried_out: list[tuple[int, ...]] = []
    for batch in batches:
        for part, _ in _halving(batch, run):
            carried_out.append(part)
            done(part)
    return tuple(carried_out)


def reading_budget(model: Model) -> int:
    """Tokens of a batch that is only read. Where several are run at once half as many are faster (docs/log.md)."""
    return model.budget if model.at_once == 1 else max(1, model.budget // 2)


def on_batches(
    model: Model, batches: Sequence[tuple[int, ...]], work: Callable[[Model, tuple[int, ...]], Result]
) -> Generator[tuple[tuple[int, ...], Result], None, None]:
    """What `work` gives for every batch, in their order; those that do not fit are halved. Where the model has lanes,
    several batches run at once."""

    def parts(lane: Model, batch: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Result]]:
        return _halving(batch, partial(work, lane))

    if model.at_once == 1 or len(batches) < 2:
        for batch in batches:
            yield from parts(model, batch)
        return
    with closing(on_lanes(model, batches, parts)) as found:
        for _, results in found:
            yield from results


def _halving(
    batch: tuple[int, ...], work: Callable[[tuple[int, ...]], Result]
) -> Iterator[tuple[tuple[int, ...], Result]]:
    """What `work` gives for a batch, or for each half where the whole does not fit, as often as needed."""
    waiting = [batch]
    while waiting:
        part = waiting.pop()
        try:
            found = work(part)
        except DeviceMemoryError:
            if len(part) == 1:
                raise
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
            continue
        yield part, found


def plan_rows(rows: Sequence[Row], budget: int, lanes: int = 1) -> BatchPlan:
    """Batches for rows of any kind. Those that need logits run apart; padding costs less than another batch. Where
    several batches run at once, all lanes get about as much."""
    lengths = np.array([max(len(row.tokens), row.longest // STEPS_PER_TOKEN) for row in rows], dtype=np.int64)
    needs = np.array([row.needs_logits for row in rows], dtype=np.int64)
    plan = plan_batches(lengths, budget, needs, padding=1.0)
    if lanes == 1 or not plan.batches:
        return plan
    wanted = -(-len(plan.batches) // lanes) * lanes
    # In time every token that is generated is a token; in memory it is not. Balanced in time, if that fits the memory.
    steps = np.array([row.longest for row in rows], dtype=np.int64)
    even = _even(steps, needs, wanted, int(steps.max()) * len(rows))
    fits = all(int(lengths[list(batch)].max()) * len(batch) <= budget for batch in even.batches)
    return replace(even if fits else _even(lengths, needs, wanted, budget), budget=budget)


def _even(lengths: Ints, groups: Ints, wanted: int, budget: int) -> BatchPlan:
    """The plan of the smallest budget that makes so many batches at most, or that of `budget` itself."""
    low, high = int(lengths.max()), budget
    while low < high:
        middle = (low + high) // 2
        if len(plan_batches(lengths, middle, groups, padding=1.0).batches) <= wanted:
            high = middle
        else:
            low = middle + 1
    return plan_batches(lengths, high, groups, padding=1.0)


def run_rows(model: Model, rows: Sequence[Row], budget: int | None = None) -> Generator[Event, None, None]:
    """Run any number of rows, in batches that suit the model; events carry the row's place in `rows`.

    Events of one batch come before those of the next, so rows do not come in order. Where the model has lanes, several
    batches run at once and what a batch gave comes when it is done.
    """
    plan = plan_rows(rows, budget or model.budget, model.at_once)
    if len(plan.batches) < 2:
        # Where there are several lanes this is a single row: too little to be worth a second thread.
        with model.lanes() as lanes:
            yield from stream_rows(lanes[0], rows, plan)
        return
    if model.at_once == 1:
        yield from stream_rows(model, rows, plan)
        return

    def work(lane: Model, batch: tuple[int, ...]) -> Iterator[Event]:
        return stream_rows(lane, rows, BatchPlan((batch,), plan.budget))

    with closing(on_lanes(model, plan.batches, work)) as found:
        for _, events in found:
            yield from events


def stream_rows(model: Model, rows: Sequence[Row], plan: BatchPlan) -> Generator[Event, None, None]:
    """Run the batches of a plan one after another, telling every event as it comes."""
    waiting = list(reversed(plan.batches))
    while waiting:
        batch = waiting.pop()
        started = False
        try:
            for event in model.run([rows[row] for row in batch]):
                started = True
                yield event._replace(row=batch[event.row])
        except DeviceMemoryError:
            if started or len(batch) == 1:
                raise
            middle = len(batch) // 2
            waiting += [batch[middle:], batch[:middle]]
