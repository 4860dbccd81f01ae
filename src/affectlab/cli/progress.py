"""Showing on standard error that something is going on, once it has taken two seconds.

In a terminal that is a line that renews itself and goes away; elsewhere a plain line now and then.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 2.0
"""Seconds that may pass in silence."""
REFRESH = 0.2
LINE_EVERY = 10.0


class Stage:
    """Something that takes its time: what it is, and how many tokens (or what else is counted) of how many are done."""

    def __init__(self, what: str, unit: str = "tokens") -> None:
        self.what, self.unit = what, unit
        self._whole = what
        self.began = time.monotonic()
        self.done, self.total = 0, 0
        self._first: tuple[float, int] | None = None

    def reached(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        # A pass that goes on where another was stopped has not done the tokens it begins with.
        self._first = self._first or (time.monotonic(), done)

    def at(self, part: str) -> None:
        """Say which part of it is going on."""
        self.what = f"{self._whole}: {part}"

    @property
    def speed(self) -> float:
        """Of what is counted, how many a second since the first that were seen to be done; 0 while it is not known."""
        if self._first is None or self.done <= self._first[1]:
            return 0.0
        return (self.done - self._first[1]) / max(time.monotonic() - self._first[0], 1e-9)

    @property
    def line(self) -> str:
        """How things stand, such as `extracting: 4,000 of 16,000 tokens, 850 tokens/s, 0:14 left`."""
        parts = [f"{self.done:,} of {self.total:,} {self.unit}"] if self.total else []
        if self.speed:
            speed = f"{self.speed:,.0f}" if self.speed >= 10 else f"{self.speed:.1f}"
            parts += [f"{speed} {self.unit}/s", f"{clock((self.total - self.done) / self.speed)} left"]
        else:
            parts.append(f"{clock(time.monotonic() - self.began)} so far")
        return f"{self.what}: {', '.join(parts)}"


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def stage(what: str, unit: str = "tokens") -> Iterator[Stage]:
    """Show `what` on standard error for as long as the body runs, if it takes longer than two seconds."""
    shown, over = Stage(what, unit), threading.Event()
    watch = _in_a_terminal(shown, over) if sys.stderr.isatty() else lambda: _in_plain_lines(shown, over)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield shown
    finally:
        over.set()
        watcher.join()


def _in_plain_lines(shown: Stage, over: threading.Event) -> None:
    wait = PATIENCE
    while not over.wait(wait):
        print(f"affectlab: {shown.line}", file=sys.stderr, flush=True)
        wait = LINE_EVERY


def _in_a_terminal(shown: Stage, over: threading.Event) -> Callable[[], None]:
    """What the watching thread has to do. Nothing is imported in that thread: the body is importing at the same time,
    and where two threads import each other's half-done modules, names are missing."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    line, bar = TextColumn("{task.description}", markup=False), BarColumn()

    def watch() -> None:
        if over.wait(PATIENCE):
            return
        columns = (SpinnerColumn(), bar, line) if shown.total else (SpinnerColumn(), line)
        with Progress(*columns, console=Console(stderr=True), transient=True) as display:
            task = display.add_task(shown.line, total=shown.total or None)
            while not over.wait(REFRESH):
                display.update(task, description=shown.line, completed=shown.done)

    return watch
