"""Where emotions lie: places in a plane, coloured by what is known of them, named where names do not collide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.report.figures.style import INK, SIGNED, SOFT, open_figure

WIDTH, HEIGHT = 860, 660
LETTER, LABEL_HEIGHT, GAP, DOT = 6.6, 13.0, 6.0, 4.0
"""Sizes in pixels: a letter's width, the height of a label, how far above its point it stands, a point's radius."""


def map_figure(
    places: Doubles,
    names: Sequence[str],
    shades: Doubles,
    *,
    title: str,
    axes: tuple[str, str],
    shade: str,
) -> go.Figure:
    """Places [emotions, 2], coloured by signed shades; those without one (nan) are grey."""
    figure = open_figure(title, width=WIDTH, height=HEIGHT)
    known = np.isfinite(shades)
    reach = float(np.abs(shades[known]).max()) if known.any() else 1.0
    named = set(readable(places, names))
    for chosen, looks in (
        (~known, {"color": "#c9c6bf"}),
        (known, _coloured(shades[known], reach, shade)),
    ):
        picked = np.flatnonzero(chosen).tolist()
        figure.add_scatter(
            x=places[picked, 0],
            y=places[picked, 1],
            mode="markers+text",
            text=[names[place] if place in named else "" for place in picked],
            hovertext=[names[place] for place in picked],
            hoverinfo="text",
            textposition="top center",
            textfont={"size": 10.5, "color": INK},
            marker={"size": 8, "line": {"width": 0.6, "color": SOFT}, **looks},
            showlegend=False,
            cliponaxis=False,
        )
    figure.update_xaxes(title_text=axes[0])
    figure.update_yaxes(title_text=axes[1])
    return figure


def readable(places: Doubles, names: Sequence[str]) -> list[int]:
    """Which names can be written without covering each other or a point; those far from the middle come first."""
    spans = np.ptp(places, axis=0)
    scale = np.array([WIDTH - 160, HEIGHT - 110]) / np.where(spans > 0, spans, 1.0)
    points = places * scale
    order = np.argsort(-np.linalg.norm(points - points.mean(axis=0), axis=1), kind="stable")
    boxes: list[tuple[float, float, float, float]] = []
    found = []
    for place in order.tolist():
        half, (x, y) = LETTER * len(names[place]) / 2, points[place].tolist()
        box = (x - half, x + half, y + GAP, y + GAP + LABEL_HEIGHT)
        inside = ((points > [box[0] - DOT, box[2] - DOT]) & (points < [box[1] + DOT, box[3] + DOT])).all(axis=1)
        if np.any(np.delete(inside, place)) or any(_overlap(box, other) for other in boxes):
            continue
        boxes.append(box)
        found.append(place)
    return found


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _coloured(shades: Doubles, reach: float, name: str) -> dict[str, object]:
    bar = {"title": {"text": name, "side": "right"}, "thickness": 10, "len": 0.5, "outlinewidth": 0, "tickcolor": SOFT}
    return {"color": shades, "colorscale": SIGNED, "cmin": -reach, "cmax": reach, "colorbar": bar}
