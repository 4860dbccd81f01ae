"""Counts and shares as bars that can be read from a distance: texts by what became of them, variance by axis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.cells import NUMBERED, add_cells, add_texts, heat_scale, in_cell
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import TALL, wide, wrapped, written
from affectlab.report.figures.palette import HUES, INK
from affectlab.report.figures.panels import Grid, axes_of, panelled
from affectlab.report.figures.style import BARE, SMALL, Numbers, name_scale, number, open_figure, scale_room, taken

SLIM, WORTH = 22, 0.2
"""Pixels of a cell that can hold a short number, and |r| from which on it is written there."""
R = "r with people's ratings"


def screening_figure(accepted: int, reasons: Mapping[str, int], given_up: int, *, title: str) -> go.Figure:
    """Texts accepted, and texts rejected by reason; a planned text may be rejected several times before it is
    accepted or given up."""
    rejected = dict(sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])))
    counts = {"accepted": accepted, **{f"rejected: {reason}": count for reason, count in rejected.items()}}
    tries = sum(counts.values())
    alt = f"Of {tries:,} texts that were written, {accepted:,} were accepted" + (
        f"; the commonest reason to reject one was {next(iter(rejected))} ({next(iter(rejected.values())):,})."
        if rejected
        else "; none was rejected."
    )
    return fitted(partial(_screening, counts, given_up, title), f"{alt} {given_up:,} of those planned were given up.")


def axes_figure(
    shares: Numbers,
    correlations: Mapping[str, Numbers],
    *,
    title: str,
) -> go.Figure:
    """Share of the variance per principal axis, and below each axis its correlation with people's ratings.

    `correlations` holds r of the first axes for each rating (pleasure, arousal, dominance); the later may be missing.
    """
    shares = taken(shares, (None,), "shares")
    rows = {name: taken(values, (None,), name)[: len(shares)] for name, values in correlations.items()}
    matrix = np.full((len(rows), len(shares)), np.nan)
    for line, values in zip(matrix, rows.values(), strict=True):
        line[: len(values)] = values
    if not np.isfinite(shares).all():
        raise InputError("a share of variance that is not a number", where="shares", expected="finite numbers")
    alt = f"Share of variance of {len(shares)} axes: {', '.join(f'{share:.0%}' for share in shares[:3])} for the first."
    for name, line in zip(rows, matrix, strict=True):
        if np.isfinite(line).any():
            best = int(np.nanargmax(np.abs(line)))
            alt += f" {name} goes most with axis {best + 1} (r = {number(float(line[best]))})."
    return fitted(partial(_axes, shares, list(rows), matrix, title), alt)


def _screening(counts: Mapping[str, int], given_up: int, title: str, width: int) -> go.Figure:
    tries = sum(counts.values())
    told = [f"{count:,} ({count / max(tries, 1):.1%})" for count in counts.values()]
    right = round(max(wide(text, SMALL) for text in told)) + 10
    room = min(max(wide(name, SMALL) for name in counts), (width - right) * 0.45)
    names = [wrapped(written(name), room, SMALL) for name in counts]
    tall = max(name.count("<br>") + 1 for name in names) * TALL * SMALL + 14
    note = f"{tries:,} texts were written. {given_up:,} of those planned were given up."
    plot, left = round(tall * len(counts)), round(room) + 14
    figure = open_figure(title, note=note, width=width, plot=plot, left=left, right=right, bottom=30)
    figure.add_bar(
        x=list(counts.values()),
        y=list(range(len(counts))),
        orientation="h",
        marker_color=[HUES[2], *[HUES[1]] * (len(counts) - 1)],
        text=told,
        textposition="outside",
        textfont={"size": SMALL, "color": INK},
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure.update_yaxes(autorange="reversed", **BARE, tickvals=list(range(len(counts))), ticktext=names)
    ticks = 5 if width >= WIDE else 3  # as many as stand side by side without being turned
    figure.update_xaxes(nticks=ticks, tickangle=0, tickformat=",d", rangemode="tozero")
    return figure.update_layout(bargap=0.35)


def _axes(shares: Doubles, rows: list[str], matrix: Doubles, title: str, width: int) -> go.Figure:
    left = max(54, round(max((wide(name, SMALL) for name in rows), default=0)) + 12)
    heights = [190.0, 27.0 * len(rows)] if rows else [190.0]
    names = ["share of the variance", R][: len(heights)]
    bottom = 42 + (scale_room(R, width) if rows else 0)
    grid = Grid(names, heights, above=30, left=left, bottom=bottom)
    figure, panels = panelled(title, grid, width=width)
    cell = panels[0].width / len(shares)
    count = len(shares)
    figure.add_bar(
        x=list(range(count)),
        y=shares,
        marker_color=HUES[0],
        text=[f"{share:.0%}" for share in shares] if cell >= 26 else None,
        textposition="outside",
        textangle=0,
        textfont={"size": SMALL, "color": INK},
        cliponaxis=False,
        hovertemplate="axis %{customdata}: %{y:.1%}<extra></extra>",
        customdata=list(range(1, count + 1)),
        **panels[0].place,
    )
    every = max(1, round(18 / cell + 0.49))
    places = list(range(0, count, every))
    ticks = {"range": [-0.5, count - 0.5], "tickvals": places, "ticktext": [str(place + 1) for place in places]}
    top = max(float(shares.max()), 1e-9) * 1.12
    figure.update_layout(axes_of(panels[0], ticks, {"tickformat": ".0%", "range": [0, top], "nticks": 5}))
    if rows:
        axes = [f"axis {place + 1}" for place in range(count)]
        add_cells(figure, matrix, (rows, axes), heat_scale(matrix), **panels[1].place)
        least = 0.0 if cell >= NUMBERED else WORTH  # where cells are small, the numbers of pale ones are left out
        texts = [in_cell(float(value)) if abs(value) >= least else "" for value in matrix.ravel()]
        if cell >= SLIM:
            add_texts(figure, matrix, texts, SMALL if cell >= NUMBERED else 9, **panels[1].place)
        name_scale(figure, R, width)
        lines = {
            "range": [len(rows) - 0.5, -0.5],
            "tickvals": list(range(len(rows))),
            "ticktext": [written(name) for name in rows],
            **BARE,
        }
        figure.update_layout(axes_of(panels[1], {**ticks, **BARE, "title_text": "axis"}, lines))
    return figure.update_layout(bargap=0.3)
