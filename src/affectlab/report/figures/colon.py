"""What the readings at the colon and at the user's last token foretell of the reply, one point an emotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import around, named, written
from affectlab.report.figures.lines import span_of
from affectlab.report.figures.maps import LEFT, NAME, RIGHT, Frame
from affectlab.report.figures.palette import ABOVE, BELOW, INK, SOFT
from affectlab.report.figures.style import Numbers, number, open_figure, taken

NAMED = 60
"""Emotions that are named where there is room: those furthest from the mean."""
APART = 6
"""Pixels between the points of a line that names keep clear of."""
Ends: TypeAlias = tuple[float, float, float]
"""A value and the ends of its interval."""


@dataclass(frozen=True, eq=False)
class _Foretelling:
    """All that the figure shows: correlations with the reply [emotions, (user, colon)], their means with the ends of
    their intervals, and what nulls reach, by name."""

    pairs: Doubles
    names: Sequence[str]
    user: Ends
    colon: Ends
    nulls: Mapping[str, float]

    @property
    def above(self) -> Doubles:
        """By how much more the colon foretells, for each emotion."""
        return np.asarray(self.pairs[:, 1] - self.pairs[:, 0])

    @property
    def cross(self) -> tuple[Doubles, Doubles]:
        """Lines through the means, as long as their intervals."""
        (user, *across), (colon, *along) = self.user, self.colon
        return np.array([[end, colon] for end in across]), np.array([[user, end] for end in along])


def colon_figure(
    user: Numbers,
    colon: Numbers,
    names: Sequence[str],
    *,
    means: tuple[Ends, Ends],
    nulls: Mapping[str, float],
    title: str,
) -> go.Figure:
    """How well the reply's reading is foretold at the user's last token and at the colon, one point an emotion.

    `means` are those of `user` and of `colon` over emotions, with the ends of their intervals; `nulls` are what the
    mean at the colon reaches where no emotion is known, by name.
    """
    pairs = np.column_stack([taken(user, (len(names) or None,), "user"), taken(colon, (len(names),), "colon")])
    if not np.isfinite(pairs).all():
        raise InputError("a correlation that is no number", where="colon_figure", expected="finite numbers")
    held = _Foretelling(pairs, list(names), *means, nulls)
    return fitted(partial(_colon, held, title), _alt(held))


def _alt(held: _Foretelling) -> str:
    order = np.argsort(-held.above, kind="stable").tolist()
    ends = [f"{held.names[place]} ({number(float(held.above[place]))})" for place in (order[0], order[-1])]
    against = "".join(f", where {name} reach {number(null)}" for name, null in held.nulls.items())
    return (
        f"Correlation with the reply, {len(held.names)} emotions: at the colon against at the user's last token. On "
        f"average {_told(held.colon)} at the colon{against}, and {_told(held.user)} at the user's last token. The "
        f"colon foretells more for {int((held.above > 0).sum())} emotions, most for {ends[0]}, least for {ends[1]}."
    )


def _told(mean: Ends) -> str:
    value, low, high = (number(float(part)) for part in mean)
    return f"{value} [{low}, {high}]"


def _colon(held: _Foretelling, title: str, width: int) -> go.Figure:
    height = 420 if width >= WIDE else 320
    note = "Red: the colon foretells more; blue: the user's last token. Cross: the mean, with 95\u00a0% intervals."
    note += "".join(f" Dashed: the mean that {written(name)} reach." for name in held.nulls)
    figure = open_figure(title, note=note, width=width, plot=height, left=LEFT, right=RIGHT)
    low, high = span_of([held.pairs, np.array([held.user, held.colon])], *held.nulls.values()).tolist()
    shown = Frame(np.full(2, low), np.full(2, high - low), np.array([width - LEFT - RIGHT, height]))
    levels = [np.array([[low, null], [high, null]]) for null in held.nulls.values()]
    equal = np.array([[low, low], [high, high]])
    _line(figure, equal, {"color": SOFT, "width": 1.2, "dash": "dot"})
    for level in levels:
        _line(figure, level, {"color": SOFT, "width": 1.2, "dash": "dash"})
    _emotions(figure, held, shown, [_dotted(shown(line)) for line in (*held.cross, *levels, equal)])
    for line in held.cross:
        _line(figure, line, {"color": INK, "width": 3})
    figure.update_xaxes(title_text="r with the reply, at the user's last token", range=[low, high], nticks=6)
    return figure.update_yaxes(title_text="r with the reply, at the colon", range=[low, high], nticks=6)


def _line(figure: go.Figure, ends: Doubles, look: dict[str, Any]) -> None:
    figure.add_scatter(x=ends[:, 0], y=ends[:, 1], mode="lines", line=look, hoverinfo="skip")


def _emotions(figure: go.Figure, held: _Foretelling, shown: Frame, clear: Sequence[Doubles]) -> None:
    """A point for each emotion, with names that cover no point and none of the lines that must be kept clear."""
    points = shown(held.pairs)
    far = np.argsort(-np.linalg.norm(points - points.mean(axis=0), axis=1), kind="stable")[:NAMED]
    sides = around(np.concatenate([points, *clear]), held.names, far.tolist(), shown.box, NAME)
    figure.add_scatter(
        x=held.pairs[:, 0],
        y=held.pairs[:, 1],
        **named(held.names, sides),
        textfont={"size": NAME, "color": INK},
        hovertext=[
            f"{written(name)}: {number(colon)} at the colon, {number(user)} at the user's last token"
            for name, (user, colon) in zip(held.names, held.pairs.tolist(), strict=True)
        ],
        marker={"size": 7, "color": [ABOVE if above > 0 else BELOW for above in held.above]},
    )


def _dotted(line: Doubles) -> Doubles:
    """Points along a line, in pixels."""
    count = int(np.linalg.norm(line[1] - line[0]) // APART) + 2
    return np.linspace(line[0], line[1], count)
