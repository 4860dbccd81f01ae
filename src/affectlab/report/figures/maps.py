"""Where emotions lie: places in a plane, and axes against what people say. Names stand where they do not collide."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles, Ints
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import Box, around, named, written
from affectlab.report.figures.palette import ABOVE, GREY, HUES, INK, SOFT
from affectlab.report.figures.style import (
    Numbers,
    name_scale,
    number,
    open_figure,
    scale_room,
    signed_scale,
    taken,
)

LEFT, RIGHT, NAME = 54, 18, 11
ROOM = 0.06
"""Room around the outermost points, as a share of the axes' length."""
OUTLIERS = 8


class Frame(NamedTuple):
    """Axes of a plane: what they span, and how many pixels they take."""

    low: Doubles
    span: Doubles
    pixels: Doubles

    def __call__(self, places: Doubles) -> Doubles:
        """Places as pixels from the lower left corner."""
        return (places - self.low) / self.span * self.pixels

    @property
    def box(self) -> Box:
        """Where names may stand: over the right margin too, not over the numbers of the axes."""
        return (0.0, float(self.pixels[0]) + RIGHT, 0.0, float(self.pixels[1]) + 8)


def map_figure(
    places: Numbers,
    names: Sequence[str],
    shades: Numbers,
    *,
    title: str,
    axes: tuple[str, str],
    shade: str,
    note: str = "",
) -> go.Figure:
    """Places [emotions, 2], coloured by signed shades; those without one (nan) are grey."""
    places = taken(places, (len(names) or None, 2), "places")
    shades = taken(shades, (len(names),), "shades")
    _finite(places, "places")
    build = partial(_map, places, names, shades, title=title, axes=axes, shade=shade, note=written(note))
    return fitted(build, _map_alt(places, names, shades, axes, shade))


def norms_figure(
    axis_values: Numbers,
    ratings: Numbers,
    names: Sequence[str],
    *,
    title: str,
    axis: str,
    rating: str,
    r: float,
    note: str = "",
) -> go.Figure:
    """Values of an axis against people's ratings, with the line of least squares; those furthest from it are named.

    Emotions without a rating (nan) are left out. `r` is their correlation, as it was measured; `note` stands after it.
    """
    pairs = np.column_stack(
        [taken(ratings, (len(names) or None,), "ratings"), taken(axis_values, (len(names),), "axis")]
    )
    known = np.isfinite(pairs).all(axis=1)
    if not known.any():
        raise InputError("no emotion has both a rating and a value", where="norms_figure", expected="one at least")
    pairs, kept = pairs[known], [names[place] for place in np.flatnonzero(known).tolist()]
    line = np.polyfit(pairs[:, 0], pairs[:, 1], 1) if len(pairs) > 1 and np.ptp(pairs[:, 0]) > 0 else None
    gaps = pairs[:, 1] - (pairs[:, 1].mean() if line is None else np.polyval(line, pairs[:, 0]))
    order = np.argsort(-np.abs(gaps), kind="stable")
    told = f"r = {number(r)}, {len(kept)} emotions. Named: those furthest from the line. {written(note)}".strip()
    alt = (
        f"{len(kept)} emotions: {axis} against {rating}. Their correlation is {number(r)}. "
        f"Furthest from the line: {', '.join(kept[place] for place in order[:3].tolist())}."
    )
    looks = {"title": title, "axis": axis, "rating": rating, "note": told}
    return fitted(partial(_norms, pairs, kept, line, order[:OUTLIERS], looks), alt)


def frame(places: Doubles, width: int, height: int) -> Frame:
    """Axes around all places, in a figure at least `width` pixels wide whose axes are `height` pixels high."""
    span = np.ptp(places, axis=0)
    span = np.where(span > 0, span, 1.0) * (1 + 2 * ROOM)
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    return Frame(middle - span / 2, span, np.array([width - LEFT - RIGHT, height], dtype=np.float64))


def readable(places: Doubles, names: Sequence[str], width: int) -> dict[int, str]:
    """Which names of a map can be written, and on which side; those far from the middle come first."""
    shown = frame(places, width, _height(width))
    points = shown(places)
    order = np.argsort(-np.linalg.norm(points - points.mean(axis=0), axis=1), kind="stable")
    return around(points, names, order.tolist(), shown.box, NAME)


def _height(width: int) -> int:
    return 560 if width >= WIDE else 400


def _map(
    places: Doubles,
    names: Sequence[str],
    shades: Doubles,
    width: int,
    *,
    title: str,
    axes: tuple[str, str],
    shade: str,
    note: str,
) -> go.Figure:
    known = np.isfinite(shades)
    bottom = 50 + (scale_room(shade, width) if known.any() else 0)
    figure = open_figure(title, note=note, width=width, plot=_height(width), left=LEFT, right=RIGHT, bottom=bottom)
    sides = readable(places, names, width)
    coloured = {"color": shades[known], **signed_scale(shades)} if known.any() else {}
    for chosen, looks in ((~known, {"color": GREY}), (known, coloured)):
        picked = np.flatnonzero(chosen).tolist()
        figure.add_scatter(
            x=places[picked, 0],
            y=places[picked, 1],
            **named(names, sides, picked),
            hovertext=[_told(written(names[place]), float(shades[place]), shade) for place in picked],
            textfont={"size": NAME, "color": INK},
            marker={"size": 8, "line": {"width": 0.7, "color": SOFT}, **looks},
        )
    _span(figure, frame(places, width, _height(width)))
    if coloured:
        name_scale(figure, shade, width)
    for name, update in zip(axes, (figure.update_xaxes, figure.update_yaxes), strict=True):
        # Numbers along an axis that has no name would mean nothing.
        update(title_text=name, **({} if name else {"showticklabels": False, "ticks": ""}))
    return figure


def _norms(
    pairs: Doubles,
    names: Sequence[str],
    line: Doubles | None,
    outliers: Ints,
    looks: dict[str, str],
    width: int,
) -> go.Figure:
    height = 380 if width >= WIDE else 300
    shown = frame(pairs, width, height)
    sides = around(shown(pairs), names, outliers.tolist(), shown.box, NAME)
    figure = open_figure(looks["title"], note=looks["note"], width=width, plot=height, left=LEFT, right=RIGHT)
    if line is not None:
        ends = np.array([pairs[:, 0].min(), pairs[:, 0].max()])
        figure.add_scatter(
            x=ends, y=np.polyval(line, ends), mode="lines", line={"color": SOFT, "width": 1.5}, hoverinfo="skip"
        )
    figure.add_scatter(
        x=pairs[:, 0],
        y=pairs[:, 1],
        **named(names, sides),
        textfont={"size": NAME, "color": INK},
        hovertext=[written(name) for name in names],
        marker={"size": 8, "color": [ABOVE if place in sides else HUES[0] for place in range(len(names))]},
    )
    _span(figure, shown)
    figure.update_xaxes(title_text=looks["rating"]).update_yaxes(title_text=looks["axis"])
    return figure


def _span(figure: go.Figure, shown: Frame) -> None:
    ends = np.column_stack([shown.low, shown.low + shown.span])
    figure.update_xaxes(range=ends[0].tolist()).update_yaxes(range=ends[1].tolist())


def _told(name: str, shade: float, what: str) -> str:
    return f"{name}: {number(shade)} {what}" if np.isfinite(shade) else name


def _map_alt(places: Doubles, names: Sequence[str], shades: Doubles, axes: tuple[str, str], shade: str) -> str:
    ends = [names[int(place)] for column in places.T for place in (column.argmin(), column.argmax())]
    text = (
        f"Map of {len(names)} emotions by {axes[0]} and {axes[1]}. From left to right it goes from {ends[0]} to "
        f"{ends[1]}, from below to above from {ends[2]} to {ends[3]}."
    )
    known = np.flatnonzero(np.isfinite(shades))
    if not known.size:
        return text
    low, high = (names[int(known[place])] for place in (shades[known].argmin(), shades[known].argmax()))
    return f"{text} Coloured by {shade}: lowest {low}, highest {high}."


def _finite(places: Doubles, where: str) -> None:
    if not np.isfinite(places).all():
        raise InputError(
            "a place that is not a number cannot be drawn",
            where=where,
            expected="finite numbers",
            found="nan or infinity",
        )
