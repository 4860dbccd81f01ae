"""Dealing rows into batches loses none, and batches that do not fit are halved without a trace in the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from affectlab.errors import DeviceMemoryError, InputError
from affectlab.models.base import Event, Reducer, Row, RowEnd
from affectlab.models.batches import BatchPlan, plan_batches, run_batches, run_rows
from affectlab.models.fake import FakeModel
from affectlab.models.hf.memory import reported
from affectlab.text import corpus_of
from affectlab.vectors.extract import Recipe, extract

RECIPE = Recipe(start=8, minimum=3)


@st.composite
def dealt(draw: st.DrawFn) -> tuple[Any, Any, int, float, BatchPlan]:
    lengths = np.array(draw(st.lists(st.integers(1, 400), max_size=60)), dtype=np.int64)
    groups = np.array([draw(st.integers(0, 3)) for _ in lengths], dtype=np.int64)
    budget, padding = draw(st.integers(1, 3000)), draw(st.sampled_from([0.0, 0.04, 1.0]))
    return lengths, groups, budget, padding, plan_batches(lengths, budget, groups, padding)


@given(dealt())
def test_every_row_stands_in_one_batch_within_the_budget_and_its_group(
    case: tuple[Any, Any, int, float, BatchPlan],
) -> None:
    lengths, groups, budget, padding, plan = case
    plan.check(len(lengths))
    assert sorted(row for batch in plan.batches for row in batch) == list(range(len(lengths)))
    for batch in plan.batches:
        sizes = lengths[list(batch)]
        assert len(set(groups[list(batch)])) == 1
        assert len(batch) == 1 or sizes.max() * len(batch) <= budget
        assert sizes.max() * len(batch) - sizes.sum() <= padding * sizes.max() * len(batch)
        assert sizes.tolist() == sorted(sizes, reverse=True)
    order = [groups[batch[0]] for batch in plan.batches]
    assert order == sorted(order)


@given(dealt())
def test_a_plan_is_plain_data_and_reads_back(case: tuple[Any, Any, int, float, BatchPlan]) -> None:
    import json

    plan = case[-1]
    assert BatchPlan.from_dict(json.loads(json.dumps(plan.as_dict()))) == plan


@given(dealt(), st.integers(0, 70))
def test_what_is_left_of_a_plan_are_its_later_rows(case: tuple[Any, Any, int, float, BatchPlan], done: int) -> None:
    plan = case[-1]
    rows = [row for batch in plan.batches for row in batch]
    left = plan.after(done)
    assert [row for batch in left.batches for row in batch] == rows[done:]
    assert all(batch for batch in left.batches)
    assert left.budget == plan.budget


def test_batches_are_nearly_full() -> None:
    lengths = np.random.default_rng(0).integers(60, 400, size=5000)
    plan = plan_batches(lengths, 2048)
    fed = sum(int(lengths[list(batch)].max()) * len(batch) for batch in plan.batches)
    assert lengths.sum() / fed > 0.97
    assert lengths.sum() / len(plan.batches) > 0.8 * 2048


@pytest.mark.parametrize("batches", [((0, 1),), ((0, 1), (1, 2)), ((0, 1), (2, 3)), ((0, 1, 2), ())])
def test_a_plan_for_other_texts_is_refused(batches: tuple[tuple[int, ...], ...]) -> None:
    plan = BatchPlan(batches, 100)
    if batches[-1] == ():
        plan.check(3)
        return
    with pytest.raises(InputError, match="the batch plan belongs to other texts"):
        plan.check(3)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 9))
def test_batches_that_do_not_fit_are_halved_in_order(sizes: list[int], room: int) -> None:
    ends = np.cumsum(sizes)
    batches = tuple(tuple(range(end - size, end)) for end, size in zip(ends.tolist(), sizes, strict=True))
    tried: list[tuple[int, ...]] = []
    told: list[tuple[int, ...]] = []

    def run(batch: tuple[int, ...]) -> None:
        if len(batch) > room:
            raise DeviceMemoryError("no room")
        tried.append(batch)

    carried_out = run_batches(batches, run, told.append)
    assert carried_out == tuple(tried) == tuple(told)
    assert [row for batch in carried_out for row in batch] == list(range(sum(sizes)))
    assert max(map(len, carried_out)) <= room


def test_a_row_that_does_not_fit_alone_is_an_error() -> None:
    def run(batch: tuple[int, ...]) -> None:
        raise DeviceMemoryError("no room", where=f"{len(batch)} rows")

    with pytest.raises(DeviceMemoryError, match="1 rows"):
        run_batches(((0, 1, 2),), run)


class Cramped(FakeModel):
    """Runs out of memory at random, in the middle of a batch, when some sites have been reduced already."""

    def __init__(self, seed: int) -> None:
        super().__init__(width=16, blocks=4, vocabulary=600)
        self.random = Random(seed)
        self.failures = 0

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        if reducer is None or len(rows) == 1 or self.random.random() < 0.4:
            yield from super().run(rows, reducer)
            return
        self.failures += 1
        yield from super().run(rows, _BreaksOff(reducer, after=self.random.randint(0, 3)))


class _BreaksOff:
    """Hands on some sites and then runs out of memory."""

    def __init__(self, reducer: Reducer, after: int) -> None:
        self.reducer, self.sites, self.left = reducer, reducer.sites, after

    def begin(self, rows: Sequence[int], lengths: Sequence[int]) -> None:
        self.reducer.begin(rows, lengths)

    def add(self, site: int, hidden: Any) -> None:
        if self.left == 0:
            raise DeviceMemoryError("no room", where="in the middle of a batch")
        self.left -= 1
        self.reducer.add(site, hidden)

    def end(self) -> None:
        raise AssertionError("a batch that broke off was ended")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("neutral", [4, 0])
def test_halved_batches_leave_no_trace_in_the_vectors(seed: int, neutral: int, labelled: Any) -> None:
    corpus = corpus_of(labelled(stories=12, neutral=neutral, topics=3))
    roomy, cramped = FakeModel(width=16, blocks=4, vocabulary=600), Cramped(seed)
    whole = extract(roomy, corpus, recipe=RECIPE, budget=300)
    broken = extract(cramped, corpus, recipe=RECIPE, budget=300)
    assert cramped.failures > 3
    assert len(broken.sums.plan.batches) > len(whole.sums.plan.batches)
    broken.sums.plan.check(broken.texts)
    assert np.abs(broken.sums.stories - whole.sums.stories).max() <= 1e-12 * np.abs(whole.sums.stories).max()
    assert np.array_equal(broken.sums.counts, whole.sums.counts)
    assert np.array_equal(broken.sums.sample, whole.sums.sample)
    assert np.array_equal(broken.sums.norms.bins, whole.sums.norms.bins)
    np.testing.assert_allclose(broken.vectors.resid_norm, whole.vectors.resid_norm, rtol=1e-6)
    np.testing.assert_array_equal(broken.vectors.raw, whole.vectors.raw)
    if neutral:
        ours, theirs = broken.sums.neutral_of(range(3)), whole.sums.neutral_of(range(3))
        assert ours is not None
        assert theirs is not None
        assert np.array_equal(ours.count, theirs.count)
        np.testing.assert_allclose(ours.mean(), theirs.mean(), rtol=1e-6, atol=1e-7)
        assert broken.vectors.clean is not None
        assert whole.vectors.clean is not None
        assert np.abs(broken.vectors.clean - whole.vectors.clean).max() < 1e-6 * np.abs(whole.vectors.raw).max()


def test_a_device_that_runs_out_of_memory_within_a_block_leaves_no_trace(tiny: Any, labelled: Any) -> None:
    corpus, model, random = corpus_of(labelled(stories=8, topics=3)), tiny(), Random(5)
    whole = extract(model, corpus, recipe=RECIPE, budget=1000)
    batches: list[int] = []

    def cramped(_: Any, args: Any) -> None:
        batches.append(len(args[0]))
        if len(args[0]) > 1 and random.random() < 0.5:
            raise torch.OutOfMemoryError("CUDA out of memory")

    handle = model.network.model.layers[2].register_forward_pre_hook(cramped)
    broken = extract(model, corpus, recipe=RECIPE, budget=1000)
    handle.remove()
    assert len(batches) > len(broken.sums.plan.batches) > len(whole.sums.plan.batches)
    assert np.abs(broken.vectors.raw - whole.vectors.raw).max() < 1e-6 * np.abs(whole.vectors.raw).max()


def test_the_plan_as_carried_out_gives_the_same_bytes(labelled: Any) -> None:
    corpus = corpus_of(labelled(stories=8, topics=3))
    broken = extract(Cramped(1), corpus, recipe=RECIPE, budget=300)
    again = extract(FakeModel(width=16, blocks=4, vocabulary=600), corpus, recipe=RECIPE, plan=broken.sums.plan)
    np.testing.assert_array_equal(again.vectors.raw, broken.vectors.raw)


def test_rows_come_back_to_their_places_in_any_order_of_length() -> None:
    model = FakeModel(width=16, blocks=2, vocabulary=600)
    rows = [Row(tuple(range(1, 2 + length)), logprobs=bool(length % 2)) for length in (3, 40, 7, 1, 22, 8, 5)]
    found: dict[int, list[int]] = {index: [] for index in range(len(rows))}
    ended = []
    for event in run_rows(model, rows, budget=64):
        if isinstance(event, RowEnd):
            ended.append(event.row)
        else:
            found[event.row].append(event.token)
    assert sorted(ended) == list(range(len(rows)))
    assert all(found[index] == list(row.tokens if row.logprobs else ()) for index, row in enumerate(rows))


class NoRoom(FakeModel):
    """Has room for two rows, and finds out before or after the first event."""

    late = False

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        if len(rows) > 2 and not self.late:
            raise DeviceMemoryError("no room")
        for event in super().run(rows, reducer):
            yield event
            if len(rows) > 2:
                raise DeviceMemoryError("no room")


def test_rows_that_do_not_fit_together_run_in_halves_and_no_event_comes_twice() -> None:
    model = NoRoom(width=16, blocks=2, vocabulary=600)
    rows = [Row((1, 2, 3), logprobs=True) for _ in range(7)]
    events = list(run_rows(model, rows))
    assert sorted(event.row for event in events if isinstance(event, RowEnd)) == list(range(7))
    assert len(events) == 7 * 4
    model.late = True
    with pytest.raises(DeviceMemoryError):
        list(run_rows(model, rows))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 10 bytes"),
    ],
)
def test_every_way_of_running_out_of_memory_is_met(error: RuntimeError) -> None:
    with pytest.raises(DeviceMemoryError, match="a batch of 5 rows"), reported(5):
        raise error


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shape"), reported(5):
        raise RuntimeError("shape mismatch")
