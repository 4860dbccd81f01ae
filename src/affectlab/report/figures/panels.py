"""Several pairs of axes in one figure: panels in rows, each with its name above it, measured in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import plotly.graph_objects as go

from affectlab.report.figures.labels import TALL, wrapped, written
from affectlab.report.figures.palette import INK
from affectlab.report.figures.style import AXIS, NOTE, open_figure

BOLD = 1.12
"""How much wider bold letters are."""


class Panel(NamedTuple):
    """One pair of axes: Plotly's number for it ("" or "2", "3", ...), and its size in pixels."""

    axis: str
    width: float
    height: float

    @property
    def place(self) -> dict[str, str]:
        """What puts a trace or a shape on these axes."""
        return {"xaxis": f"x{self.axis}", "yaxis": f"y{self.axis}"}

    @property
    def refs(self) -> dict[str, str]:
        """What puts an annotation on these axes."""
        return {"xref": f"x{self.axis}", "yref": f"y{self.axis}"}


@dataclass(frozen=True)
class Grid:
    """Panels with names (none: no line for it), in so many columns; a height for all, or one for each row.

    `between` and `above` are the pixels that stay free between columns, and between rows.
    """

    names: Sequence[str]
    height: float | Sequence[float]
    columns: int = 1
    between: float = 40
    above: float = 44
    left: int = 54
    right: int = 18
    bottom: int = 50

    @property
    def heights(self) -> list[float]:
        """Of each row."""
        rows = math.ceil(len(self.names) / self.columns)
        return [self.height] * rows if isinstance(self.height, (int, float)) else list(self.height)


def panelled(title: str, grid: Grid, *, width: int, note: str = "") -> tuple[go.Figure, list[Panel]]:
    """An empty figure in our style with the panels of `grid`, from the upper left one on."""
    inner = width - grid.left - grid.right
    across = (inner - (grid.columns - 1) * grid.between) / grid.columns
    room = (across + min(grid.between, grid.right) - 6) / BOLD
    titles = [f"<b>{wrapped(written(name), room, NOTE)}</b>" if name else "" for name in grid.names]
    lines = [
        max((text.count("<br>") + 1 if text else 0) for text in titles[row * grid.columns : (row + 1) * grid.columns])
        for row in range(len(grid.heights))
    ]
    rooms = [line * TALL * NOTE + 4 * bool(line) for line in lines]
    tops = [sum(rooms[: row + 1]) + sum(grid.heights[:row]) + grid.above * row for row in range(len(grid.heights))]
    whole = tops[-1] + grid.heights[-1]
    figure = open_figure(
        title, width=width, plot=round(whole), note=note, left=grid.left, right=grid.right, bottom=grid.bottom
    )
    found, notes = [], []
    axes: dict[str, Any] = {}
    for place, text in enumerate(titles):
        row, column = divmod(place, grid.columns)
        panel = Panel(str(place + 1) if place else "", across, grid.heights[row])
        start = column * (across + grid.between) / inner
        ends = (start, min(start + across / inner, 1.0))
        top = 1 - tops[row] / whole
        low = max(top - panel.height / whole, 0.0)
        x = AXIS | {"domain": ends, "anchor": f"y{panel.axis}"}
        y = AXIS | {"domain": (low, top), "anchor": f"x{panel.axis}"}
        axes |= axes_of(panel, x, y)
        notes += [_name(text, start, top)] if text else []
        found.append(panel)
    figure.update_layout({**axes, "annotations": notes})
    return figure, found


def axes_of(panel: Panel, x: dict[str, Any], y: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings of a panel's axes, in the words of `update_layout`."""
    return {f"xaxis{panel.axis}": x, f"yaxis{panel.axis}": y}


def _name(text: str, x: float, y: float) -> dict[str, Any]:
    place = {"x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 2}
    return {"text": text, **place, "showarrow": False, "align": "left", "font": {"size": NOTE, "color": INK}}
