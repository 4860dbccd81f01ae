"""Where names can stand without covering each other: estimated sizes, places around points, places along an edge."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from affectlab.core import Doubles

LETTER, TALL = 0.6, 1.3
"""A letter's mean width and a line's height, as shares of the size of the letters; wide fonts are allowed for."""
GAP, DOT = 4.0, 4.5
"""Pixels between a point and its name, and a point's radius."""

BLANK = "\u00a0"
"""The text of a point without a name. Plotly takes empty ones out of the page, and when the figure is drawn again with
names at other points, as when a window grows from a phone to a desk, it would take some of these with them."""

Box = tuple[float, float, float, float]
"""Left, right, bottom, top, in pixels."""


def wide(text: str, size: float) -> float:
    """About how many pixels a text takes in letters of a size; of several lines, the longest."""
    return LETTER * size * max((len(line) for line in text.split("<br>")), default=0)


def wrapped(text: str, width: float, size: float) -> str:
    """A text in lines no wider than `width` pixels, with <br> between them; a long word keeps its own line."""
    letters = max(int(width / (LETTER * size)), 4)
    parts = (
        textwrap.wrap(part, letters, break_long_words=False, break_on_hyphens=False) for part in text.split("<br>")
    )
    return "<br>".join(line for part in parts for line in part or [""])


def around(points: Doubles, names: Sequence[str], order: Sequence[int], frame: Box, size: float) -> dict[int, str]:
    """Which names can be written beside their points, and on which side; those first in `order` come first.

    `points` [n, 2] are in pixels, upwards. No name covers another, a point that is not its own, or the frame's edge.
    """
    boxes: list[Box] = []
    found = {}
    for place in order:
        others = np.delete(points, place, axis=0)
        for side, box in beside(points[place], names[place], size).items():
            inside = box[0] >= frame[0] and box[1] <= frame[1] and box[2] >= frame[2] and box[3] <= frame[3]
            if inside and not _touched(others, box) and not any(overlap(box, other) for other in boxes):
                boxes.append(box)
                found[place] = side
                break
    return found


def named(names: Sequence[str], sides: Mapping[int, str], places: Sequence[int] | None = None) -> dict[str, Any]:
    """How points with names are drawn: the name on the side that `around` found for it; the others keep theirs for who
    points at them. `places` are those drawn, all by default."""
    drawn = range(len(names)) if places is None else places
    return {
        "mode": "markers+text",
        "text": [written(names[place]) if place in sides else BLANK for place in drawn],
        "textposition": [sides.get(place, "top center") for place in drawn],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def beside(point: Doubles, name: str, size: float) -> dict[str, Box]:
    """The boxes a name would fill around its point, by Plotly's word for the side."""
    x, y = (float(part) for part in point)
    across, tall = wide(name, size), TALL * size
    low, near = y - tall / 2, GAP + 1
    return {
        "top center": (x - across / 2, x + across / 2, y + near, y + near + tall),
        "middle right": (x + near, x + near + across, low, low + tall),
        "middle left": (x - near - across, x - near, low, low + tall),
        "bottom center": (x - across / 2, x + across / 2, y - near - tall, y - near),
    }


def written(text: str) -> str:
    """A text as Plotly shows it letter by letter, whatever tags it seems to hold."""
    return html.escape(text, quote=False)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes cover some of the same ground."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _touched(points: Doubles, box: Box) -> bool:
    x, y = points[:, 0], points[:, 1]
    return bool(((x > box[0] - DOT) & (x < box[1] + DOT) & (y > box[2] - DOT) & (y < box[3] + DOT)).any())


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles of labels along an edge, as near to where they are wanted as they can be without covering each other.

    Neighbours that would touch are pushed apart by equal parts, as one block; all stay between `low` and `high` where
    they fit. In the same unit, often pixels.
    """
    blocks: list[tuple[list[int], float]] = []  # members from low to high, and the block's middle
    for place in sorted(range(len(wanted)), key=lambda place: wanted[place]):
        members, middle = [place], wanted[place]
        while True:
            size = sum(heights[member] for member in members)
            middle = max(min(middle, high - size / 2), low + size / 2)
            if not blocks or blocks[-1][1] + _half(blocks[-1][0], heights) <= middle - size / 2 + 1e-9:
                break
            members = [*blocks.pop()[0], *members]
            middle = float(np.mean([wanted[member] for member in members]))
        blocks.append((members, middle))
    found = [0.0] * len(wanted)
    for members, middle in blocks:
        at = middle - _half(members, heights)
        for member in members:
            found[member] = at + heights[member] / 2
            at += heights[member]
    return found


def thinned(places: Sequence[int], apart: float) -> list[int]:
    """Of places in rising order, those that stand at least `apart` from the last one kept."""
    kept: list[int] = []
    for place in places:
        if not kept or place - kept[-1] >= apart:
            kept.append(place)
    return kept


def shared_order(clusters: Sequence[object]) -> list[int]:
    """Places in their given order, but with the members of a cluster side by side."""
    middles: Mapping[object, float] = {
        cluster: float(np.mean([place for place, other in enumerate(clusters) if other == cluster]))
        for cluster in dict.fromkeys(clusters)
    }
    firsts = list(middles)
    return sorted(range(len(clusters)), key=lambda place: (middles[clusters[place]], firsts.index(clusters[place])))


def _half(members: Sequence[int], heights: Sequence[float]) -> float:
    return sum(heights[member] for member in members) / 2
