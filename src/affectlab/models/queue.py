"""Concurrent calls into batches: rows come one at a time, from asyncio or from threads, and run together.

1. A caller submits a row and has a `Stream` of its events, to listen to as they come. A `Reply` is a gathering of them.
2. Every lane of the model waits until nothing has come for a moment, or a budget of tokens is full. It plans all rows
   that wait as `run_rows` would, and runs the batch with the oldest; rows that come meanwhile are in the next plan.
3. Every event goes to the stream of its own row. A row that cannot be run is refused when it is submitted, so it fails
   alone; what goes wrong while a batch runs is told to everybody in it.

A batch takes in no new rows while it decodes. A row whose caller went away leaves the queue; if it is running, what it
gives is dropped, and a batch nobody listens to any more is broken off.
"""

from __future__ import annotations

import asyncio
import copy
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from types import TracebackType

from affectlab.errors import AffectlabError, InputError, OurError
from affectlab.models.base import Event, Model, Row, TokenEvent, check_rows
from affectlab.models.batches import BatchPlan, plan_rows, stream_rows
from affectlab.models.verbs import BACKEND, Reply, gather

WINDOW = 0.01
"""Seconds in which nothing must come before a batch starts: callers that were answered together ask again together."""
PATIENCE = 20
"""Where rows keep coming, a batch starts after so many windows."""


class Stream:
    """The events of one row as they come, the last its `RowEnd`: `for` in a thread, `async for` in asyncio.

    Closing it says that nobody listens any more; a task that is cancelled while it listens closes it. Who wants all of
    them at once (`whole`) is woken when the last has come, and not at every token.
    """

    def __init__(self, row: Row, leave: Callable[[Stream], None], *, whole: bool = False) -> None:
        self.row = row
        self._leave, self._whole = leave, whole
        self._came = threading.Condition()
        self._items: deque[Event | BaseException] = deque()
        self._ended = False
        self._wake: Callable[[], None] | None = None

    @property
    def open(self) -> bool:
        """Whether something is still to come that somebody listens to."""
        return not self._ended

    def close(self) -> None:
        with self._came:
            self._ended = True
            self._items.clear()
            self._came.notify_all()
        self._leave(self)

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        with self._came:
            self._came.wait_for(self._ready)
            return self._taken(StopIteration)

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Event:
        while True:
            with self._came:
                if self._ready():
                    return self._taken(StopAsyncIteration)
                came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._wake = _waker(came)
            try:
                await came
            except asyncio.CancelledError:
                self.close()
                raise

    def _ready(self) -> bool:
        """Whether there is something to be told, or nothing more to come."""
        return self._ended or bool(self._items and not self._whole)

    def _taken(self, stop: type[Exception]) -> Event:
        if not self._items:
            raise stop
        item = self._items.popleft()
        if isinstance(item, BaseException):
            raise item
        return item

    def _put(self, item: Event | BaseException) -> None:
        """Told by the worker; nothing comes after the end of the row, or an error."""
        with self._came:
            if self._ended:
                return
            self._items.append(item)
            self._ended = not isinstance(item, TokenEvent)
            if not self._ready():
                return
            self._came.notify_all()
            wake, self._wake = self._wake, None
        if wake is not None:
            try:
                wake()
            except RuntimeError:  # the event loop of whoever listened is closed
                self.close()


def _waker(came: asyncio.Future[None]) -> Callable[[], None]:
    """Ends this wait from another thread."""

    def set_once() -> None:
        if not came.done():
            came.set_result(None)

    def wake() -> None:
        came.get_loop().call_soon_threadsafe(set_once)

    return wake


class Queue:
    """A model that any number of callers run rows of at once. Close it when it is no longer needed."""

    def __init__(self, model: Model, *, window: float = WINDOW, budget: int | None = None) -> None:
        self.model, self.window, self.budget = model, window, budget or model.budget
        self._changed = threading.Condition()
        self._waiting: list[Stream] = []
        self._running = 0
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="affectlab queue", daemon=True)
        self._thread.start()

    def __enter__(self) -> Queue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, row: Row, *, whole: bool = False) -> Stream:
        """Let a row wait its turn, from any thread. What cannot be run is refused here, so that it spoils no batch."""
        check_rows([row], self.model)
        stream = Stream(row, self._forget, whole=whole)
        with self._changed:
            if self._closed:
                raise _closed()
            self._waiting.append(stream)
            self._changed.notify_all()
        return stream

    async def reply(self, row: Row) -> Reply:
        """What a row gives, in asyncio."""
        with closing(self.submit(row, whole=True)) as stream:
            return gather(self.model, row, [event async for event in stream])

    def wait(self, row: Row) -> Reply:
        """What a row gives, in a thread."""
        with closing(self.submit(row, whole=True)) as stream:
            return gather(self.model, row, list(stream))

    def close(self) -> None:
        """Take no more rows and break off the batch that runs, at its next event; whoever waits is told."""
        with self._changed:
            self._closed = True
            left, self._waiting = self._waiting, []
            self._changed.notify_all()
        for stream in left:
            stream._put(_closed())
        self._thread.join()

    def _forget(self, stream: Stream) -> None:
        with self._changed:
            if stream in self._waiting:
                self._waiting.remove(stream)

    def _work(self) -> None:
        """Lanes are open only while there is something to do: a model that has some has no more threads either."""
        while self._wanted():
            with self.model.lanes() as lanes:
                # Of its own, and not of a pool: an interpreter that goes away waits for the threads of a pool.
                others = [
                    threading.Thread(target=self._serve, args=(lane, len(lanes)), name="affectlab queue", daemon=True)
                    for lane in lanes[1:]
                ]
                for other in others:
                    other.start()
                self._serve(lanes[0], len(lanes))
                for other in others:
                    other.join()

    def _wanted(self) -> bool:
        """Wait for rows; false when the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return not self._closed

    def _serve(self, lane: Model, lanes: int) -> None:
        """One batch after another, until no row waits and no other lane runs any."""
        while batch := self._next(lanes):
            try:
                self._run(lane, batch)
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _next(self, lanes: int) -> list[Stream]:
        """The streams of the next batch, once they have come; none when there is nothing left to do."""
        with self._changed:
            while not self._closed:
                self._changed.wait_for(lambda: self._waiting or self._closed or not self._running)
                if not self._waiting:
                    break
                self._settle()
                if self._waiting:
                    batch = self._oldest(lanes - self._running)
                    self._running += 1
                    return batch
        return []

    def _settle(self) -> None:
        """Wait until nothing has come for a window, or the budget is full, or rows have come for long enough."""
        until, seen = time.monotonic() + PATIENCE * self.window, -1
        while seen != len(self._waiting) and not self._closed and time.monotonic() < until:
            seen = len(self._waiting)
            if sum(len(stream.row.tokens) for stream in self._waiting) >= self.budget:
                return
            self._changed.wait(self.window)

    def _oldest(self, free: int) -> list[Stream]:
        """The batch that holds the row that waits longest; the others go on waiting, for the other lanes that are free
        or for their turn."""
        plan = plan_rows([stream.row for stream in self._waiting], self.budget, free)
        chosen = next(batch for batch in plan.batches if 0 in batch)
        batch = [self._waiting[place] for place in chosen]
        self._waiting = [stream for place, stream in enumerate(self._waiting) if place not in chosen]
        return batch

    def _run(self, lane: Model, batch: Sequence[Stream]) -> None:
        failure: Exception = OurError("the backend never told how this row ended", fix=BACKEND)
        try:
            together = BatchPlan((tuple(range(len(batch))),), self.budget)
            with closing(stream_rows(lane, [stream.row for stream in batch], together)) as events:
                for event in events:
                    batch[event.row]._put(event._replace(row=0))
                    if self._closed:
                        failure = _closed()
                        break
                    if not any(stream.open for stream in batch):
                        break
        except Exception as error:  # whatever it is, it is for those who wait for this batch
            failure = error
        for stream in batch:
            stream._put(_own(failure))


def _own(error: Exception) -> Exception:
    """An error that may be moved and raised by one caller without changing it for the others."""
    if not isinstance(error, AffectlabError):
        return error
    mine = copy.copy(error)
    mine.__cause__ = error
    return mine


def _closed() -> InputError:
    return InputError("the queue has been closed", where="models.queue", fix="open another one for this model")
