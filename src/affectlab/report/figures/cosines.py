"""How alike emotions are: all cosines in clustering order, with clusters marked and named at the edge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.cells import frame, heat_scale, place_of
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import TALL, shared_order, spread, wide, written
from affectlab.report.figures.palette import INK, SOFT
from affectlab.report.figures.style import (
    EDGE,
    SMALL,
    Numbers,
    annotate,
    bare_axes,
    name_scale,
    number,
    open_figure,
    scale_room,
    taken,
)

RIGHT, LEADER = 16, 14
"""Pixels to the right of the square, and of the line that leads from a block to its name."""
NAMED, EMOTION = 13, 10
"""Pixels that a row must be high for its emotion to be named, and the size of those names."""


def cosines_figure(cosines: Numbers, names: Sequence[str], clusters: Sequence[object], *, title: str) -> go.Figure:
    """Cosines [emotions, emotions] in the order given, but with the members of a cluster side by side.

    `clusters` tells each emotion's cluster, by name or by number. Where emotions are few, they are named as well.
    """
    cosines = taken(cosines, (len(names) or None, len(names)), "cosines_figure")
    told = [str(cluster) for cluster in clusters]
    if len(told) != len(names):
        raise InputError(
            "every emotion needs a cluster", where="cosines_figure", expected=f"{len(names)}", found=f"{len(told)}"
        )
    order = shared_order(told)
    cosines, names, told = cosines[np.ix_(order, order)], [names[i] for i in order], [told[i] for i in order]
    return fitted(partial(_cosines, cosines, names, told, title), _alt(cosines, names, told))


def _alt(cosines: Doubles, names: Sequence[str], clusters: Sequence[str]) -> str:
    apart = ~np.eye(len(names), dtype=bool) & np.isfinite(cosines)
    text = f"Cosines between {len(names)} emotions in clustering order, {len(set(clusters))} clusters."
    if not apart.any():
        return text
    same = np.equal.outer(np.array(clusters), np.array(clusters))
    parts = [
        f"{number(float(cosines[chosen].mean()))} {where}"
        for chosen, where in ((apart & same, "within clusters"), (apart & ~same, "between them"))
        if chosen.any()
    ]
    high = place_of(int(np.where(apart, cosines, -np.inf).argmax()), cosines)
    low = place_of(int(np.where(apart, cosines, np.inf).argmin()), cosines)
    return (
        f"{text} Mean cosine: {', '.join(parts)}. Most alike: {names[high[0]]} and {names[high[1]]}, "
        f"{number(float(cosines[high]))}; least: {names[low[0]]} and {names[low[1]]}, {number(float(cosines[low]))}."
    )


def _cosines(cosines: Doubles, names: Sequence[str], clusters: Sequence[str], title: str, width: int) -> go.Figure:
    count = len(names)
    blocks = [(name, len(list(members))) for name, members in groupby(clusters)]
    beside = width >= WIDE  # names of clusters stand at their blocks; else numbers do, and the names stand below
    labels = [written(name) if beside else str(place + 1) for place, (name, _) in enumerate(blocks)]
    left = round(min(max(wide(label, SMALL) for label in labels), 200)) + LEADER + 6
    side = min(width - left - RIGHT, 520)
    inner = round(max(wide(name, EMOTION) for name in names) + 8) if side / count >= NAMED else 0
    side -= inner
    below = "" if beside else "<br>".join(f"{place + 1}  {written(name)}" for place, (name, _) in enumerate(blocks))
    list_room = 0 if beside else round(len(blocks) * TALL * SMALL) + 10
    bottom = scale_room("cosine", width) + list_room + 8
    figure = open_figure(title, width=width, plot=side, left=left + inner, right=RIGHT, bottom=bottom)
    told = [written(name) for name in names]
    figure.add_heatmap(
        z=cosines.astype(np.float32),
        x=told,
        y=told,
        hovertemplate="%{y}, %{x}: %{z:+.2f}<extra></extra>",
        **heat_scale(np.where(np.eye(count, dtype=bool), np.nan, cosines)),
    )
    bare_axes(figure)
    name_scale(figure, "cosine", width)
    fixed = {"constrain": "domain", "type": "category", "showticklabels": False}
    figure.update_xaxes(constraintoward="left", range=[-0.5, count - 0.5], **fixed)
    figure.update_yaxes(constraintoward="top", scaleanchor="x", range=[count - 0.5, -0.5], **fixed)
    if inner:
        ticks = {"tickvals": list(range(count)), "ticktext": told, "tickfont_size": EMOTION}
        figure.update_yaxes(showticklabels=True, **ticks)
    _name_blocks(figure, [size for _, size in blocks], labels, (side, inner))
    if below:
        place = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": EDGE - left - inner}
        place |= {"y": 0, "yref": "paper", "yanchor": "top", "yshift": -6}
        font = {"size": SMALL, "color": INK}
        figure.add_annotation(text=below, align="left", borderpad=0, showarrow=False, font=font, **place)
    return figure


def _name_blocks(figure: go.Figure, sizes: Sequence[int], labels: Sequence[str], room: tuple[float, int]) -> None:
    """Frames around the blocks, and their names at the left edge, moved apart, each with a line from its block."""
    side, inner = room
    cell = side / sum(sizes)
    starts = np.cumsum([0, *sizes])[:-1].tolist()
    middles = [start + size / 2 for start, size in zip(starts, sizes, strict=True)]
    places = spread([middle * cell for middle in middles], [TALL * SMALL] * len(sizes), 0.0, side)
    notes, leads = [], []
    for text, middle, place in zip(labels, middles, places, strict=True):
        height = {"y": place / cell - 0.5, "font": {"size": SMALL, "color": INK}}
        edge = {"x": 0, "xref": "paper", "xanchor": "right", "xshift": -LEADER - inner, "showarrow": False}
        notes.append({"text": text, **height, **edge})
        ends = {"x0": -LEADER + 2 - inner, "x1": -2 - inner, "y0": place / cell - 0.5, "y1": middle - 0.5}
        pixels = {"xref": "paper", "xsizemode": "pixel", "xanchor": 0}
        leads.append({"type": "line", **ends, **pixels, "line": {"color": SOFT, "width": 0.8}})
    frames = [
        frame((start, start + size - 1), (start, start + size - 1), width=1.2)
        for start, size in zip(starts, sizes, strict=True)
    ]
    annotate(figure.update_layout(shapes=[*frames, *leads]), notes)
