"""Timing by interleaved pairs: A B A B, so that whatever slows the machine down slows both."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from affectlab.stats import Interval, median_interval


@dataclass
class Times:
    """Seconds of every run of one way, by the clock and on all processor cores together, and what its last run gave."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    result: Any = None

    @contextmanager
    def measured(self) -> Iterator[None]:
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)


def interleaved(
    ways: Mapping[str, Callable[[], Any]], pairs: int, check: Callable[[str, Any], None] = lambda name, result: None
) -> dict[str, Times]:
    """Run all ways in turn, `pairs` times after a first round that is not timed. Every result is checked."""
    times = {name: Times() for name in ways}
    for turn in range(pairs + 1):
        for name, way in ways.items():
            with (times[name] if turn else Times()).measured():
                result = way()
            check(name, result)
            times[name].result = result
    return times


def ratio(over: Sequence[float], under: Sequence[float]) -> Interval:
    """The median over pairs of one time divided by the other, with its 95 % interval."""
    return median_interval([a / b for a, b in zip(over, under, strict=True)])
