"""Running what is asynchronous inside for callers who are not."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")


def run_here(job: Coroutine[Any, Any, T]) -> T:
    """Run it to its end. Ctrl-C cancels it and is raised once everything is closed."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(job)
    return _run_beside(job)


def _run_beside(job: Coroutine[Any, Any, T]) -> T:
    """The same where a loop is running already, as in a notebook: in a thread, which ends with the job."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = Future()

    async def told() -> T:
        begun.set_result((asyncio.get_running_loop(), asyncio.current_task()))
        return await job

    with _interruptible(), ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, told())
        try:
            return running.result()
        except KeyboardInterrupt:
            loop, task = begun.result()
            with suppress(RuntimeError):  # it ended in the same moment
                loop.call_soon_threadsafe(task.cancel if task else loop.stop)
            raise


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C raises here at once. A loop that is running has a handler of its own, which waits for the loop's turn."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before in (None, signal.SIG_IGN):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


async def together(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run jobs side by side. The first that fails ends the others, and its error is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__
