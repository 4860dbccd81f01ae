"""One model and one queue for all who name the same model in this process, however they steer it."""

from __future__ import annotations

import atexit
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from affectlab.models.base import Model
from affectlab.models.load import load
from affectlab.models.queue import Queue

Key: TypeAlias = tuple[Any, ...]

_lock = threading.Lock()
_queues: dict[Key, Queue] = {}
_users: Counter[Key] = Counter()


def open_queue(name: str, options: Mapping[str, Any]) -> tuple[Key, Queue]:
    """The queue of this model, loaded if nobody has it open, and the key to give it back with."""
    return _opened(name, options, lambda: _loaded(name, options))


@contextmanager
def lent(model: Model, name: str, options: Mapping[str, Any]) -> Iterator[None]:
    """Whoever opens this name with these options gets this model, which is in memory already."""
    key, _ = _opened(name, options, lambda: model)
    try:
        yield
    finally:
        close_queue(key)


def _opened(name: str, options: Mapping[str, Any], load: Callable[[], Model]) -> tuple[Key, Queue]:
    key = (name, *sorted(options.items()))
    with _lock:
        if key not in _queues:
            _queues[key] = Queue(load())
        _users[key] += 1
        return key, _queues[key]


def _loaded(name: str, options: Mapping[str, Any]) -> Model:
    """The model, without the progress bars of the libraries below: Inspect shows progress of its own."""
    if name != "fake":
        from affectlab.models.hf.quiet import quiet  # noqa: PLC0415

        quiet()
    return load(name, **options)


def close_queue(key: Key) -> None:
    """One user less; with the last one the queue is closed and the model let go."""
    with _lock:
        _users[key] -= 1
        left = _queues.pop(key, None) if _users[key] < 1 else None
    if left is not None:
        left.close()


@atexit.register
def _close_all() -> None:
    """Threads that are still in a network when the interpreter goes away can take it down."""
    while _queues:
        _queues.popitem()[1].close()
