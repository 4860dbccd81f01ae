"""Several batches at once: a small network leaves most of a processor idle, so each core runs a batch of its own.

A lane is the model once more, for another thread: the same weights, hooks of its own. Where one batch keeps all cores
busy by itself, as on an accelerator or in a wide network, the model is the only lane.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from affectlab.models.base import Model

Job = TypeVar("Job")
Result = TypeVar("Result")


class Stopped(Exception):
    """Nobody waits for what this lane does any more."""


def on_lanes(
    model: Model, jobs: Iterable[Job], work: Callable[[Model, Job], Iterator[Result]]
) -> Generator[tuple[Job, list[Result]], None, None]:
    """What `work` gives for every job, in the order of the jobs. Jobs that have begun when the caller leaves are broken
    off at their next result."""
    stop, free = threading.Event(), SimpleQueue[Model]()

    def carried_out(job: Job) -> list[Result]:
        lane, found = free.get(), list[Result]()
        try:
            for result in work(lane, job):
                found.append(result)
                if stop.is_set():
                    raise Stopped
        finally:
            free.put(lane)
        return found

    with model.lanes() as lanes:
        for lane in lanes:
            free.put(lane)
        with ThreadPoolExecutor(len(lanes), "affectlab lane") as pool:
            try:
                yield from _in_order(pool, len(lanes) + 1, jobs, carried_out)
            finally:
                stop.set()


def _in_order(
    pool: ThreadPoolExecutor, ahead: int, jobs: Iterable[Job], work: Callable[[Job], list[Result]]
) -> Iterator[tuple[Job, list[Result]]]:
    """Results as they are wanted; only so many jobs are begun ahead, since results fill memory."""
    begun: deque[tuple[Job, Future[list[Result]]]] = deque()
    try:
        for job in jobs:
            begun.append((job, pool.submit(work, job)))
            if len(begun) > ahead:
                first, future = begun.popleft()
                yield first, future.result()
        while begun:
            first, future = begun.popleft()
            yield first, future.result()
    finally:
        for _, future in begun:
            future.cancel()
