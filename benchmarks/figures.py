"""What a measurement comes to: a figure with its interval, held against a goal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from affectlab.stats import Interval
from benchmarks.timing import Times, ratio

Verdict = Literal["met", "missed", "not resolvable here", "reported", "void"]


@dataclass(frozen=True)
class Goal:
    """A bound that the figure should reach (`at least`) or stay under (`at most`)."""

    bound: float
    at_least: bool

    def judge(self, interval: Interval) -> Verdict:
        """Met or missed only if the whole interval says so."""
        low, high = (interval.low, interval.high) if self.at_least else (-interval.high, -interval.low)
        bound = self.bound if self.at_least else -self.bound
        if low >= bound:
            return "met"
        return "missed" if high < bound else "not resolvable here"

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}"


@dataclass(frozen=True)
class Agreement:
    """How near the two sides came to the float32 reference in this run, and whether that is near enough."""

    text: str
    holds: bool


@dataclass(frozen=True)
class Figure:
    """One row of the table. `figure` is what the goal speaks of; `cpu` is the same ratio in processor time."""

    what: str
    theirs: str
    ours: str
    figure: Interval
    cpu: Interval | None
    goal: Goal | None
    agreement: Agreement
    unit: str = "x"

    @property
    def verdict(self) -> Verdict:
        if not self.agreement.holds:
            return "void"
        return "reported" if self.goal is None else self.goal.judge(self.figure)

    def as_dict(self) -> dict[str, Any]:
        """Everything the row says, for JSON."""
        named = {name: value._asdict() for name in ("figure", "cpu") if (value := getattr(self, name)) is not None}
        return asdict(self) | named | {"verdict": self.verdict}


def compared(
    what: str, theirs: Times, ours: Times, bound: float | None, agreement: Agreement, *, at_least: bool
) -> Figure:
    """Two times side by side. Where the goal is at least, the ratio is their time over ours; else ours over theirs."""
    over, under = (theirs, ours) if at_least else (ours, theirs)
    goal = None if bound is None else Goal(bound, at_least)
    wall, cpu = ratio(over.wall, under.wall), ratio(over.cpu, under.cpu)
    return Figure(what, seconds(theirs), seconds(ours), wall, cpu, goal, agreement)


def seconds(times: Times) -> str:
    """The median time of one run, by the clock and in processor time."""
    wall, cpu = sorted(times.wall), sorted(times.cpu)
    return f"{wall[len(wall) // 2]:.2f} s (CPU {cpu[len(cpu) // 2]:.2f} s)"
