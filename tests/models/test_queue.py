"""Rows that come at once, from tasks and from threads, are run together, and each caller gets its own back."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affectlab.core import Readout, Steer, Tokens
from affectlab.errors import (
    AffectlabError,
    ContextError,
    DeviceMemoryError,
    InputError,
    OurError,
    SteeringError,
)
from affectlab.models.base import Event, Model, Reducer, Row, RowEnd, Sampling, TokenEvent
from affectlab.models.fake import FakeModel
from affectlab.models.hf.model import HFModel
from affectlab.models.queue import Queue, Stream
from affectlab.models.verbs import Reply, collect, gather

WORDS = "a cold wind blew over the quiet harbour while she counted the boats again and nobody came".split()


class Watched(FakeModel):
    """The numpy model, which notes the lengths of the rows of its batches, mixes their events, and waits if told to."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.batches: list[list[int]] = []
        self.told = self.broken_off = 0
        self.steps = threading.Semaphore(10**9)
        self.fault: Exception | None = None

    def hold(self) -> None:
        """Tell no event until `go`."""
        self.steps = threading.Semaphore(0)

    def go(self, steps: int = 10**4) -> None:
        """Tell so many events."""
        self.steps.release(steps)

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        self.batches.append([len(row.tokens) for row in rows])
        mixed = random.Random(len(self.batches))
        left = [self._row(index, row) for index, row in enumerate(rows)]
        try:
            while left:
                assert self.steps.acquire(timeout=20)
                fault, self.fault = self.fault, None
                if fault is not None:
                    raise fault
                row = mixed.choice(left)
                event = next(row, None)
                if event is None:
                    left.remove(row)
                else:
                    self.told += 1
                    yield event
        except GeneratorExit:
            self.broken_off += 1
            raise


@contextmanager
def held(model: Watched, queue: Queue) -> Iterator[Row]:
    """The worker is busy with another row, so that rows submitted within wait; it goes on at the end."""
    model.hold()
    row = words(model, 3)
    queue.submit(row)
    until(lambda: model.batches)
    yield row
    model.go()


def until(true: Any) -> None:
    for _ in range(2000):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError("it never came to that")


def words(model: Model, count: int, **options: Any) -> Row:
    row = Row(model.tokenizer.encode(" ".join(WORDS[:count])), sampling=Sampling(4, ignore_end=True))
    return replace(row, **options)


@cache
def fake() -> Watched:
    return Watched(blocks=3, width=16)


def drawn_rows(model: Model, seed: int, count: int) -> list[Row]:
    """Rows of every kind: short and long, steered in many ways or not, read or not, greedy or drawn, only scored."""
    random_, numbers = random.Random(seed), np.random.default_rng(seed)
    rows = []
    for number in range(count):
        tokens = model.tokenizer.encode(" ".join(random_.choices(WORDS, k=random_.randint(2, 12))))
        site = random_.randrange(model.blocks)
        delta = 3 * numbers.standard_normal((1, model.width), dtype=np.float32)
        selector = Tokens(random_.choice(("all", "prompt")))
        probes = numbers.standard_normal((1, 2, model.width), dtype=np.float32)
        sampled = Sampling(random_.randint(2, 6), random_.choice((0.0, 1.0)), random_.choice((1.0, 0.8)), number)
        rows.append(
            Row(
                tokens,
                steer=random_.choice((None, Steer((site,), delta, selector, f"row {number}"))),
                sampling=random_.choice((None, sampled, sampled)),
                readout=random_.choice((None, Readout((site,), probes))),
                logprobs=random_.random() < 0.3,
                candidates=random_.choice(((), (3, 5))),
            )
        )
    return rows


def same(ours: Sequence[Event], alone: Sequence[Event]) -> None:
    """Event by event: the tokens are the same, the numbers as near as a batch allows."""
    assert [type(event) for event in ours] == [type(event) for event in alone]
    for mine, other in zip(ours, alone, strict=True):
        assert mine.row == 0
        if isinstance(mine, RowEnd):
            assert isinstance(other, RowEnd)
            assert mine.reason == other.reason
            np.testing.assert_allclose(mine.candidates, other.candidates, atol=1e-4)
            assert (mine.receipt is None) == (other.receipt is None)
            if mine.receipt is not None:
                assert other.receipt is not None
                assert (mine.receipt.label, mine.receipt.tokens) == (other.receipt.label, other.receipt.tokens)
                np.testing.assert_allclose(mine.receipt.norm_change, other.receipt.norm_change, rtol=1e-3, atol=1e-4)
        else:
            assert isinstance(other, TokenEvent)
            assert mine[1:4] == other[1:4]
            assert (mine.logprob is None) == (other.logprob is None)
            np.testing.assert_allclose(mine.logprob or 0.0, other.logprob or 0.0, atol=1e-4)
            assert (mine.scores is None) == (other.scores is None)
            if mine.scores is not None and other.scores is not None:
                np.testing.assert_allclose(mine.scores, other.scores, rtol=1e-3, atol=1e-4)


def alone(model: Model, row: Row) -> list[Event]:
    return list(model.run([row]))


async def heard(stream: Stream) -> list[Event]:
    return [event async for event in stream]


async def heard_later(queue: Queue, row: Row, pause: float) -> list[Event]:
    await asyncio.sleep(pause)
    return await heard(queue.submit(row))


def all_at_once(model: Model, rows: Sequence[Row], *, budget: int | None = None) -> list[list[Event]]:
    """Every other row from a task, the rest from threads, all within a few hundredths of a second."""

    async def tasks() -> list[list[Event]]:
        return await asyncio.gather(
            *(heard_later(queue, row, 0.002 * place) for place, row in enumerate(rows) if place % 2 == 0)
        )

    with Queue(model, budget=budget) as queue, ThreadPoolExecutor(8) as pool:
        threads = [pool.submit(lambda row: list(queue.submit(row)), row) for row in rows[1::2]]
        found: list[list[Event]] = [[] for _ in rows]
        found[0::2] = asyncio.run(tasks())
        found[1::2] = [thread.result(timeout=60) for thread in threads]
    return found


# Every row gets its own.


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), count=st.integers(1, 24), budget=st.sampled_from((8, 40, 4096)))
def test_each_caller_gets_what_its_row_gives_alone(seed: int, count: int, budget: int) -> None:
    rows = drawn_rows(fake(), seed, count)
    for row, events in zip(rows, all_at_once(fake(), rows, budget=budget), strict=True):
        same(events, alone(fake(), row))


@pytest.mark.parametrize("seed", range(4))
def test_each_caller_of_a_real_network_gets_its_own(llama: HFModel, seed: int) -> None:
    rows = drawn_rows(llama, seed, 30)
    for row, events in zip(rows, all_at_once(llama, rows), strict=True):
        same(events, alone(llama, row))


def test_rows_that_differ_in_their_steering_alone_are_told_apart(llama: HFModel) -> None:
    steers = [Steer((1,), np.full((1, 48), strength, np.float32), label=str(strength)) for strength in range(1, 13)]
    rows = [words(llama, 9, steer=steer) for steer in steers]
    replies = [gather(llama, row, events) for row, events in zip(rows, all_at_once(llama, rows), strict=True)]
    assert [reply.receipt.label for reply in replies if reply.receipt] == [str(strength) for strength in range(1, 13)]
    assert [reply.tokens for reply in replies] == [reply.tokens for reply in collect(llama, rows)]


def test_a_reply_is_the_gathering_of_a_stream(llama: HFModel) -> None:
    row = words(llama, 6, steer=Steer((1,), np.ones((1, 48), np.float32)))
    [expected] = collect(llama, [row])
    with Queue(llama) as queue:
        for reply in (queue.wait(row), asyncio.run(queue.reply(row))):
            assert (reply.text, reply.tokens, reply.receipt) == (expected.text, expected.tokens, expected.receipt)


# Batches.


def test_rows_that_come_together_run_together() -> None:
    model = Watched()
    rows = [words(model, 5) for _ in range(12)]
    with Queue(model, window=0.2) as queue, ThreadPoolExecutor(12) as pool:
        list(pool.map(queue.wait, rows))
    assert model.batches == [[5] * 12]


def test_a_batch_fills_the_budget_and_the_row_that_waits_longest_is_in_the_next() -> None:
    model = Watched()
    with Queue(model, budget=10) as queue:
        with held(model, queue):
            streams = [queue.submit(words(model, count)) for count in (4, 9, 8, 4, 9)]
        for stream in streams:
            list(stream)
    assert model.batches[0] == [3]
    # Rows are planned longest first, and no two of 8 or 9 go together; yet the first to come is the first to run.
    assert [sorted(batch) for batch in model.batches[1:]] == [[4, 4], [9], [8], [9]]


class Pair(Watched):
    """Two lanes; a batch on one of them ends only when another has begun on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.both = threading.Barrier(2)

    @contextmanager
    def lanes(self) -> Iterator[Sequence[Model]]:
        yield [self, self]

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        self.both.wait(timeout=20)
        yield from super().run(rows, reducer)


def test_rows_are_dealt_to_the_lanes_of_a_model_which_run_at_once() -> None:
    model = Pair()
    with Queue(model, window=0.1) as queue, ThreadPoolExecutor(4) as pool:
        rows = [words(model, count) for count in (4, 5, 6, 7)]
        for row, reply in zip(rows, pool.map(queue.wait, rows), strict=True):
            assert reply.tokens == gather(model, row, alone(FakeModel(), row)).tokens
    assert sorted(map(len, model.batches)) == [2, 2]


def test_who_wants_all_of_a_row_is_woken_when_all_has_come() -> None:
    model = Watched()
    model.hold()
    with Queue(model) as queue, closing(queue.submit(words(model, 5), whole=True)) as stream:
        model.go(2)
        until(lambda: model.told == 2)
        assert not stream._ready()
        model.go()
        assert len(list(stream)) == 5


def test_a_full_budget_does_not_wait_for_the_window() -> None:
    model = Watched()
    began = time.monotonic()
    with Queue(model, window=30, budget=10) as queue:
        streams = [queue.submit(words(model, 5)) for _ in range(2)]
        assert [len(list(stream)) for stream in streams] == [5, 5]
    assert time.monotonic() - began < 20


def test_rows_that_keep_coming_do_not_hold_back_the_first() -> None:
    model, stop = Watched(), threading.Event()
    with Queue(model, window=0.05) as queue:

        def keep_coming() -> None:
            while not stop.wait(0.02):
                queue.submit(words(model, 2))

        with ThreadPoolExecutor(1) as pool:
            pool.submit(keep_coming)
            queue.wait(words(model, 2))
            stop.set()


def test_a_batch_too_large_for_the_device_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Watched()
    honest = model.run

    def small(rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        if len(rows) > 2:
            raise DeviceMemoryError("too large")
        return honest(rows, reducer)

    monkeypatch.setattr(model, "run", small)
    rows = [words(model, count) for count in (5, 3, 5, 4, 5)]
    with Queue(model, window=0.1) as queue, ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda row: list(queue.submit(row)), rows))
    assert max(map(len, model.batches)) == 2
    for row, events in zip(rows, found, strict=True):
        same(events, alone(model, row))


# Streams.


def test_tokens_come_while_the_row_still_runs() -> None:
    model = Watched()
    model.hold()
    with Queue(model) as queue:
        stream = queue.submit(words(model, 4))
        for told in (1, 2):
            model.go(1)
            assert isinstance(next(stream), TokenEvent)
            assert model.told == told
        model.go()
        assert [type(event) for event in stream] == [TokenEvent, TokenEvent, RowEnd]
        assert list(stream) == []


def test_tokens_come_in_asyncio_while_the_row_still_runs() -> None:
    model = Watched()
    model.hold()

    async def listen() -> list[int]:
        stream, told = queue.submit(words(model, 4)), []
        for _ in range(3):
            asyncio.get_running_loop().call_later(0.01, model.go, 1)
            assert isinstance(await anext(stream), TokenEvent)
            told.append(model.told)
        model.go()
        assert [type(event) async for event in stream] == [TokenEvent, RowEnd]
        return told

    with Queue(model) as queue:
        assert asyncio.run(listen()) == [1, 2, 3]


# What goes wrong.


def refused(model: Model) -> list[tuple[Row, type[AffectlabError]]]:
    far = Steer((0,), np.ones((1, model.width), np.float32), Tokens("from", 99))
    return [
        (Row(()), InputError),
        (Row((10**6,)), InputError),
        (words(model, 4, sampling=Sampling(10**6)), ContextError),
        (words(model, 4, steer=far), SteeringError),
        (words(model, 4, steer=replace(far, sites=(77,))), InputError),
    ]


def test_a_row_that_cannot_be_run_fails_alone() -> None:
    model = Watched()
    with Queue(model) as queue:
        with held(model, queue):
            good = [queue.submit(words(model, count)) for count in (3, 6)]
            for row, kind in refused(model):
                with pytest.raises(kind):
                    queue.submit(row)
                with pytest.raises(kind):
                    asyncio.run(queue.reply(row))
        for stream in good:
            same(list(stream), alone(model, stream.row))
    assert model.batches[1] == [6, 3]


def test_an_error_of_a_batch_is_told_to_all_in_it_and_to_nobody_else() -> None:
    model = Watched()
    with Queue(model, budget=20) as queue:
        with held(model, queue) as first:
            streams = [queue.submit(words(model, count)) for count in (4, 4, 4, 15)]
            model.go(len(alone(FakeModel(), first)))
            until(lambda: len(model.batches) == 2)
            model.fault = InputError("this batch is bad", where="there")
        errors = []
        for stream in streams[:3]:
            with pytest.raises(InputError, match="this batch is bad") as caught:
                list(stream)
            errors.append(caught.value)
        errors[0].move("here")
        assert errors[1].where == "there", "each has an error of its own"
        assert isinstance(errors[0].__cause__, InputError)
        same(list(streams[3]), alone(FakeModel(), streams[3].row))
    assert model.batches[1:] == [[4, 4, 4], [15]]


def test_any_exception_of_a_backend_reaches_the_caller() -> None:
    model = Watched()
    with Queue(model) as queue:
        model.fault = ZeroDivisionError("a bug")
        with pytest.raises(ZeroDivisionError):
            queue.wait(words(model, 4))
        model.fault = ZeroDivisionError("a bug")
        with pytest.raises(ZeroDivisionError):
            asyncio.run(queue.reply(words(model, 4)))
        assert len(queue.wait(words(model, 4)).tokens) == 4, "the worker goes on"


def test_a_backend_that_forgets_a_row_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Watched()

    def forgetful(rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        return (
            event for event in FakeModel.run(model, rows, reducer) if event.row != 1 or isinstance(event, TokenEvent)
        )

    monkeypatch.setattr(model, "run", forgetful)
    with Queue(model, window=0.2) as queue:
        streams = [queue.submit(words(model, 4)) for _ in range(3)]
        assert [len(list(streams[place])) for place in (0, 2)] == [5, 5]
        with pytest.raises(OurError, match="never told how this row ended"):
            list(streams[1])


# Callers that go away.


def test_a_cancelled_task_takes_its_row_out_of_the_queue() -> None:
    model = Watched()

    async def cancelled() -> None:
        tasks = [asyncio.create_task(queue.reply(words(model, count))) for count in (5, 6, 7)]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        await asyncio.sleep(0.05)
        model.go()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(reply) for reply in done] == [Reply, asyncio.CancelledError, Reply]

    with Queue(model) as queue, held(model, queue):
        asyncio.run(cancelled())
    assert model.batches[1:] == [[7, 5]]


def test_a_row_cancelled_while_it_runs_leaves_the_others_alone() -> None:
    model = Watched()

    async def cancelled() -> None:
        rows = [words(model, count, sampling=Sampling(30, ignore_end=True)) for count in (5, 6)]
        streams = [queue.submit(row) for row in rows]
        model.go(20)
        first = await anext(streams[0])
        listening = asyncio.create_task(heard(streams[0]))
        await asyncio.sleep(0.05)
        listening.cancel()
        model.go()
        same(await heard(streams[1]), alone(FakeModel(), rows[1]))
        assert first == alone(FakeModel(), rows[0])[0]
        assert listening.cancelled()
        assert not streams[0].open

    model.hold()
    with Queue(model, window=0.1) as queue:
        asyncio.run(cancelled())
    assert model.batches == [[6, 5]]


def test_a_batch_nobody_listens_to_is_broken_off() -> None:
    model = Watched()
    with Queue(model, window=0.1) as queue:
        endless = Sampling(2000, ignore_end=True)
        streams = [queue.submit(words(model, 3, sampling=endless)) for _ in range(2)]
        next(streams[0])
        for stream in streams:
            stream.close()
            assert list(stream) == []
        until(lambda: model.broken_off == 1)
        assert model.told < 4000
        assert len(list(queue.submit(words(model, 3)))) == 5


def test_an_event_loop_that_is_gone_does_not_stop_the_worker() -> None:
    model = Watched()
    with Queue(model) as queue:
        with held(model, queue):
            loop = asyncio.new_event_loop()
            stream = queue.submit(words(model, 5))
            listening = loop.create_task(heard(stream))
            loop.call_later(0.05, loop.stop)
            loop.run_forever()
            loop.close()
        until(lambda: not stream.open)
        assert len(queue.wait(words(model, 5)).tokens) == 4
        listening._log_destroy_pending = False  # type: ignore[attr-defined]
        del listening, stream
        gc.collect()


# Closing.


def test_closing_tells_those_who_wait_and_ends_the_worker() -> None:
    model = Watched()
    queue = Queue(model)
    endless = Sampling(2000, ignore_end=True)
    running = queue.submit(words(model, 3, sampling=endless))
    next(running)
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(lambda: list(running))
        waiting = queue.submit(words(model, 5))
        queue.close()
        for told in (listening.result, lambda: list(waiting)):
            with pytest.raises(InputError, match="the queue has been closed"):
                told()
    assert not queue._thread.is_alive()
    assert model.broken_off == 1
    with pytest.raises(InputError, match="the queue has been closed"):
        queue.submit(words(model, 3))
    queue.close()


def test_an_idle_queue_closes_at_once() -> None:
    began = time.monotonic()
    Queue(Watched(blocks=1, width=8, vocabulary=64), window=30).close()
    assert time.monotonic() - began < 10
