"""A score as a strip: the interval and the value on a line, with what chance, nulls, baselines and the paper give.

Places are percentages of the width and letters have a fixed size, so a strip can be read at any width. Labels below the
line are laid in rows: a label goes into the first row in which it touches no other at the width of a phone.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from affectlab.core import Score
from affectlab.report.claims import ClaimResult
from affectlab.report.claims.claims import Claim
from affectlab.report.claims.numbers import interval, shown

LETTER = 2.15
"""The width of a letter, in percent of a strip on a phone."""
ROW, LINE, FIRST = 17, 30, 56
"""Pixels: the height of a row of labels, where the line lies, and where the first row of labels stands."""
EDGE = 3.0
"""Percent of the width that stays free at each end."""
SHORT = {
    "token embeddings (block 0)": "embeddings",
    "bare words (block 0)": "bare words",
    "harmless twin": "twin",
    "harmless twins": "twins",
}


@dataclass(frozen=True)
class Mark:
    """Something beside the score: where it is, what kind of mark it gets, and its label."""

    value: float
    kind: str
    label: str


@dataclass(frozen=True)
class Scale:
    """From numbers to percent of the width."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(EDGE + share * (100 - 2 * EDGE), 2)


def strip(result: ClaimResult) -> str:
    """The strip of a claim's score, with labels."""
    if result.score is None:
        return ""
    score, marks = result.score, _marks(result)
    scale = scale_of(score, result.claim, marks)
    labels, rows = _labels(marks, scale)
    height = FIRST + ROW * max(rows - 1, 0) + 8
    parts = [_ground(score, scale), *(_mark(mark, scale) for mark in marks), _found(score, scale), _value(score, scale)]
    return _svg("strip", height, "".join(parts) + labels, _told(score, marks))


def small_strip(result: ClaimResult) -> str:
    """The same without labels, for a row of a table."""
    if result.score is None:
        return ""
    score, marks = result.score, _marks(result)
    scale = scale_of(score, result.claim, marks)
    parts = [_ground(score, scale, 11), *(_mark(mark, scale, 11) for mark in marks), _found(score, scale, 11)]
    return _svg("small strip", 22, "".join(parts), _told(score, marks))


def scale_of(score: Score, claim: Claim, marks: Iterable[Mark] = ()) -> Scale:
    """The ends of a strip: all that the score can be, or as far as there is anything to show."""
    values = [score.value, score.low, score.high, *(mark.value for mark in marks), *score.nulls.values()]
    values = [value for value in values if abs(value) < float("inf")]
    low, high = min([*values, *_nothing(score)]), max([*values, *_nothing(score)])
    if claim.ends is not None:
        least, most = claim.ends
        if least < 0 < most:  # half of the scale of a correlation is enough where all of it lies on one side
            least, most = (0.0, most) if low >= 0 else (least, 0.0) if high <= 0 else (least, most)
        return Scale(min(low, least), max(high, most))
    room = 0.12 * ((high - low) or 1.0)
    return Scale(low - room, high + room)


def _nothing(score: Score) -> list[float]:
    return [] if score.chance is None else [score.chance]


def _marks(result: ClaimResult) -> list[Mark]:
    score = result.score
    assert score is not None
    found = [] if score.chance is None else [Mark(score.chance, "chance", f"chance {shown(score.chance)}")]
    reached = band(score)
    if reached is not None:
        end = reached[1] if result.claim.direction > 0 else reached[0]
        found.append(Mark(end, "null", f"nulls to {shown(end)}"))
    found += [
        Mark(value, "baseline", f"{SHORT.get(name, name)} {shown(value)}") for name, value in score.baselines.items()
    ]
    if result.claim.paper is not None:
        found.append(Mark(result.claim.paper.value, "paper", f"paper {shown(result.claim.paper.value)}"))
    return found


def band(score: Score) -> tuple[float, float] | None:
    """From chance to the furthest null; on both sides of it where chance is zero, as a null of r is one of |r|."""
    if not score.nulls:
        return None
    chance = score.chance or 0.0
    reach = max(score.nulls.values(), key=lambda null: abs(null - chance))
    if chance == 0.0:
        return -abs(reach), abs(reach)
    return min(chance, reach), max(chance, reach)


def _ground(score: Score, scale: Scale, line: int = LINE) -> str:
    drawn = f'<line class="axis" x1="{EDGE}%" x2="{100 - EDGE}%" y1="{line}" y2="{line}"/>'
    reached = band(score)
    if reached is None:
        return drawn
    left, right = scale(reached[0]), scale(reached[1])
    width = max(right - left, 0.6)
    return f'<rect class="null" x="{left}%" width="{width:.2f}%" y="{line - 8}" height="16"/>{drawn}'


def _mark(mark: Mark, scale: Scale, line: int = LINE) -> str:
    x = scale(mark.value)
    if mark.kind == "null":  # the band on the ground
        return ""
    if mark.kind == "chance":
        return f'<line class="chance" x1="{x}%" x2="{x}%" y1="{line - 9}" y2="{line + 9}"/>'
    # A nested svg puts a shape of fixed size at a place in percent.
    shape = {"paper": "M0,-2 L6,9 L-6,9 Z", "baseline": "M0,-5 L5,0 L0,5 L-5,0 Z"}[mark.kind]
    return f'<svg x="{x}%" y="{line}" overflow="visible"><path class="{mark.kind}" d="{shape}"/></svg>'


def _found(score: Score, scale: Scale, line: int = LINE) -> str:
    left, middle, right = scale(score.low), scale(score.value), scale(score.high)
    return (
        f'<line class="interval" x1="{left}%" x2="{right}%" y1="{line}" y2="{line}"/>'
        f'<circle class="value" cx="{middle}%" cy="{line}" r="5.5"/>'
    )


def _value(score: Score, scale: Scale) -> str:
    text = f"{shown(score.value)} {interval(score)}"
    x, anchor = _anchored(scale(score.value), text)
    told = f"<tspan class='strong'>{shown(score.value)}</tspan> {interval(score)}"
    return f'<text x="{x}%" y="14" text-anchor="{anchor}">{told}</text>'


def _labels(marks: Sequence[Mark], scale: Scale) -> tuple[str, int]:
    """Labels in rows, and how many rows there are."""
    rows: list[list[tuple[float, float]]] = []
    drawn = []
    for mark in sorted(marks, key=lambda mark: scale(mark.value)):
        x, anchor = _anchored(scale(mark.value), mark.label)
        width = LETTER * len(mark.label)
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        row = next((place for place, taken in enumerate(rows) if _free(taken, left, left + width)), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append((left, left + width))
        label = html.escape(mark.label)
        drawn.append(
            f'<text class="{mark.kind}" x="{x}%" y="{FIRST + ROW * row}" text-anchor="{anchor}">{label}</text>'
        )
    return "".join(drawn), len(rows)


def _free(taken: Sequence[tuple[float, float]], left: float, right: float) -> bool:
    return all(right + LETTER < start or left - LETTER > end for start, end in taken)


def _anchored(x: float, text: str) -> tuple[float, str]:
    """Where a label is held, so that it stays within the strip."""
    half = LETTER * len(text) / 2
    if x - half < 0:
        return max(x - EDGE, 0.0), "start"
    return (min(x + EDGE, 100.0), "end") if x + half > 100 else (x, "middle")


def _told(score: Score, marks: Sequence[Mark]) -> str:
    nulls = [f"{name} reach {shown(value)}" for name, value in score.nulls.items()]
    return "; ".join([f"{shown(score.value)}, 95 % interval {interval(score)}", *(m.label for m in marks), *nulls])


def _svg(name: str, height: int, inside: str, told: str) -> str:
    return (
        f'<svg class="{name}" role="img" aria-label="{html.escape(told)}" width="100%" height="{height}">{inside}</svg>'
    )
