"""What a score says of a claim, by one written rule.

agrees             the interval lies beyond the 95th percentile of the whole pipeline rerun on shuffled labels, in the
                   claim's direction, and the value reaches half the paper's effect (its distance from chance)
disagrees          the interval excludes that
undecided          neither
descriptive        the score does not depend on the labels, and its interval does not lie beyond that null
planted            it would agree, but we put it into pocket ourselves
not testable here  there is no such score

A score that depends on the labels and was not compared with shuffled ones cannot agree. Where the paper gives no
number, its direction alone is compared. What is said here of "above" is turned round for claims with direction -1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from affectlab.core import Score
from affectlab.report.claims.claims import Claim
from affectlab.report.claims.numbers import shown

SHUFFLED = "shuffled story labels"
"""The null of a score that a verdict rests on; `checks.controls` gives it under the same name, and brings torch."""
POCKET = "pocket"
"""The register of the model whose truth we planted."""


class Ruling(StrEnum):
    """The six words a claim can end with."""

    AGREES = "agrees"
    PLANTED = "planted"
    UNDECIDED = "undecided"
    DISAGREES = "disagrees"
    DESCRIPTIVE = "descriptive"
    UNTESTABLE = "not testable here"


@dataclass(frozen=True)
class Verdict:
    """A ruling, and why, in a sentence."""

    ruling: Ruling
    reason: str


@dataclass(frozen=True)
class Bounds:
    """What a score must get past: `null` must be left behind by the whole interval, `half` reached by the value."""

    chance: float
    null: float | None
    half: float | None
    direction: int

    def beyond_null(self, end: float) -> bool:
        """Whether this end of an interval lies beyond the null; touching it is not enough."""
        return self.null is not None and self.direction * end > self.direction * self.null

    def reaches_half(self, value: float) -> bool:
        """Whether a value reaches half the paper's effect, where there is one."""
        return self.half is None or self.direction * value >= self.direction * self.half


def bounds(score: Score, claim: Claim, paper: float | None) -> Bounds:
    """The bounds of a score. The null is taken at the same distance on the claim's side of chance, never nearer than
    chance itself: a null is a percentile of sizes, or lies above chance."""
    chance = score.chance or 0.0
    null = score.nulls.get(SHUFFLED)
    if null is not None:
        distance = max(null - chance, 0.0) if claim.direction > 0 else abs(null - chance)
        null = max(null, chance) if claim.direction > 0 else chance - distance
    half = None if paper is None else chance + (paper - chance) / 2
    return Bounds(chance, null, half, claim.direction)


def verdict(score: Score | None, claim: Claim, paper: float | None, register: str) -> Verdict:
    """The verdict on a claim, given its score, the paper's number on the score's scale, and the model's register."""
    if score is None or not math.isfinite(score.value):
        return Verdict(Ruling.UNTESTABLE, f"There is no number for {claim.metric} here.")
    past = bounds(score, claim, paper)
    if claim.ends and past.direction * past.chance >= past.direction * claim.ends[past.direction > 0]:
        return Verdict(Ruling.UNTESTABLE, f"Chance alone gives {shown(past.chance)} here: nothing lies beyond.")
    near, far = (score.low, score.high) if claim.direction > 0 else (score.high, score.low)
    beyond = past.beyond_null(near)
    if not claim.labels and not beyond:
        return Verdict(Ruling.DESCRIPTIVE, _described(past))
    if beyond and past.reaches_half(score.value):
        if register == POCKET and claim.planted:
            return Verdict(Ruling.PLANTED, f"Found again as we put it in: {claim.planted}. {_agreed(past)}")
        return Verdict(Ruling.AGREES, _agreed(past))
    if not past.reaches_half(far):
        which = _side(past)
        return Verdict(
            Ruling.DISAGREES, f"The whole interval lies {which} half the paper's effect ({shown(past.half)})."
        )
    if not _could_be_beyond(past, far):
        return Verdict(Ruling.DISAGREES, _no_more(past, score.value))
    return Verdict(Ruling.UNDECIDED, _open(past, beyond))


def _could_be_beyond(past: Bounds, far: float) -> bool:
    bar = past.chance if past.null is None else past.null
    return past.direction * far > past.direction * bar


def _agreed(past: Bounds) -> str:
    first = f"The whole interval lies beyond what shuffled labels reach ({shown(past.null)})"
    if past.half is None:
        return f"{first}; the paper gives no number to hold its size against."
    return f"{first}, and the value reaches half the paper's effect ({shown(past.half)})."


def _no_more(past: Bounds, value: float) -> str:
    if past.null is None:
        return f"The whole interval lies on the other side of chance ({shown(past.chance)})."
    if past.half is not None and past.reaches_half(value):
        return f"It reaches half the paper's effect, but shuffled labels reach as much ({shown(past.null)})."
    return f"Nothing in the interval lies beyond what shuffled labels reach ({shown(past.null)})."


def _described(past: Bounds) -> str:
    first = "It can be computed without knowing which emotion a story was written for"
    if past.null is not None:
        first += f", and shuffled labels give as much ({shown(past.null)})"
    return f"{first}: it describes the model and speaks for no claim."


def _open(past: Bounds, beyond: bool) -> str:
    if past.null is None:
        return "The pipeline was not run on shuffled labels, so nothing says what chance would give."
    if beyond:
        which = _side(past)
        return f"It is more than chance, but its value lies {which} half the paper's effect ({shown(past.half)})."
    return f"The interval holds what shuffled labels reach ({shown(past.null)}): more data could tell."


def _side(past: Bounds) -> str:
    return "below" if past.direction > 0 else "above"
