"""Batches that run at once give what they give one after another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from affectlab.core import Steer
from affectlab.errors import InputError
from affectlab.models.base import Model, Row, RowEnd, Sampling
from affectlab.models.batches import plan_rows, run_rows, stream_rows
from affectlab.models.hf.model import HFModel
from affectlab.models.lanes import on_lanes
from affectlab.models.verbs import choose_each, collect
from tests.models.conftest import make_tiny


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model() -> HFModel:
    return make_tiny()


def rows(model: HFModel, count: int = 12) -> list[Row]:
    """Steered in different ways, going on for a while, each with draws of its own."""
    drawn = np.random.default_rng(0).standard_normal((count, 1, model.width)).astype(np.float32)
    return [
        Row(
            tuple(range(40, 50 + place)),
            sampling=Sampling(8, temperature=1.0, seed=place, ignore_end=True),
            steer=Steer((place % model.blocks,), drawn[place]) if place % 3 else None,
        )
        for place in range(count)
    ]


def test_rows_run_at_once_are_as_they_are_one_batch_after_another(two_threads: None, model: HFModel) -> None:
    asked = rows(model)
    assert model.at_once == 2
    plan = plan_rows(asked, 60, 2)
    assert len(plan.batches) > 3
    together = sorted(run_rows(model, asked, 60), key=lambda event: event.row)
    torch.set_num_threads(1)  # as many as each lane has: the last digits follow it
    alone = sorted(stream_rows(model, asked, plan), key=lambda event: event.row)
    assert [event for event in together if not isinstance(event, RowEnd)] == [
        event for event in alone if not isinstance(event, RowEnd)
    ]
    for ours, theirs in zip(collect(model, asked), [collect(model, [row])[0] for row in asked], strict=True):
        assert ours.tokens == theirs.tokens
        assert (ours.receipt is None) == (theirs.receipt is None)
        if ours.receipt is not None and theirs.receipt is not None:
            assert ours.receipt.tokens == theirs.receipt.tokens
            np.testing.assert_allclose(ours.receipt.moved_norm, theirs.receipt.moved_norm, rtol=1e-4)


def test_threads_are_given_back_whatever_happens(two_threads: None, model: HFModel) -> None:
    run = run_rows(model, rows(model), 60)
    next(run)
    run.close()
    assert torch.get_num_threads() == 2
    with pytest.raises(InputError):
        list(run_rows(model, [*rows(model), Row((10**6,))], 60))
    assert torch.get_num_threads() == 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("affectlab lane")]


def test_two_lanes_run_at_the_same_time(two_threads: None, model: HFModel) -> None:
    meeting = threading.Barrier(2, timeout=20)

    def work(lane: Model, job: int) -> Iterator[tuple[int, int]]:
        meeting.wait()
        yield job, id(lane)

    found = list(on_lanes(model, range(4), work))
    assert [job for job, _ in found] == [0, 1, 2, 3]
    assert len({result[0][1] for _, result in found}) == 2


def test_a_twin_shares_weights_and_no_hooks(two_threads: None, model: HFModel) -> None:
    with model.lanes() as lanes:
        mine, twin = lanes
        assert isinstance(mine, HFModel)
        assert isinstance(twin, HFModel)
        assert [p.data_ptr() for p in mine.network.parameters()] == [p.data_ptr() for p in twin.network.parameters()]
        assert not set(mine.structure.blocks) & set(twin.structure.blocks)
        assert set(twin.structure.blocks) <= set(twin.network.modules())


def test_a_network_that_cannot_be_copied_keeps_its_threads(two_threads: None) -> None:
    model = make_tiny()
    model.network.held = threading.Lock()
    with model.lanes() as lanes:
        assert len(lanes) == 1
        assert torch.get_num_threads() == 2


def test_a_batch_of_scored_and_generating_rows_gives_each_its_own(model: HFModel) -> None:
    asked = [
        row if place % 3 else replace(row, sampling=None, candidates=(5,)) for place, row in enumerate(rows(model, 6))
    ]
    for together, row in zip(collect(model, asked), asked, strict=True):
        assert together.tokens == collect(model, [row])[0].tokens


def test_an_error_in_one_lane_is_told_and_the_others_are_broken_off(two_threads: None, model: HFModel) -> None:
    begun, went_on = threading.Event(), []

    def work(lane: Model, job: int) -> Iterator[int]:
        if job == 0:
            begun.wait(20)
            raise InputError("broken", where="here")
        yield 0
        begun.set()
        for step in range(1000):
            went_on.append(step)
            threading.Event().wait(0.01)
            yield step

    with pytest.raises(InputError, match="broken"):
        list(on_lanes(model, range(2), work))
    assert len(went_on) < 900


def test_lanes_get_about_as_much(model: HFModel) -> None:
    asked = [Row(tuple(range(10)), sampling=Sampling(150)) for _ in range(100)]
    lengths = [len(batch) for batch in plan_rows(asked, 700, 2).batches]
    assert len(lengths) % 2 == 0
    assert max(lengths) - min(lengths) <= 4
    assert [len(batch) for batch in plan_rows(asked, 700, 1).batches] == [70, 30]


def test_rows_of_unequal_lengths_keep_both_lanes_busy(model: HFModel) -> None:
    """What is written takes the time, and the prompts hardly any: halves are equal in rows, and there is no third."""
    asked = [Row(tuple(range(22 + place % 11)), sampling=Sampling(260)) for place in range(256)]
    lengths = [len(batch) for batch in plan_rows(asked, 8192, 2).batches]
    assert len(lengths) == 2
    assert max(lengths) - min(lengths) <= 12


def test_lanes_keep_to_the_budget() -> None:
    asked = [Row(tuple(range(10 + 40 * (place % 2))), sampling=Sampling(400)) for place in range(100)]
    plan = plan_rows(asked, 1200, 2)
    assert plan.budget == 1200
    assert all(len(batch) * max(len(asked[row].tokens) for row in batch) <= 1200 for batch in plan.batches)
    plan.check(100)


def test_a_sweep_is_the_same_on_two_lanes(two_threads: None, model: HFModel) -> None:
    asked = [replace(row, steer=None, sampling=None) for row in rows(model, 6)]
    steers = [None, *(row.steer for row in rows(model) if row.steer)]
    found = choose_each(model, asked, steers, (5, 90))
    torch.set_num_threads(1)
    np.testing.assert_allclose(found, choose_each(model, asked, steers, (5, 90)), atol=1e-5)
