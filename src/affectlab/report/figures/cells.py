"""What heat maps share: coloured cells with what they hold, numbers in them, outlines, and ticks that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.report.figures.labels import BLANK, wide, written
from affectlab.report.figures.palette import INK, letters_on
from affectlab.report.figures.style import SMALL, number, reach, signed_scale

NUMBERED = 31
"""Pixels that a cell must be wide for its number to be written in it."""


def add_cells(
    figure: go.Figure,
    matrix: Doubles,
    names: tuple[Sequence[str], Sequence[str]],
    scale: dict[str, Any],
    **place: str,
) -> None:
    """A heat map whose rows and columns are counted from 0; pointing at a cell tells its names and its number."""
    rows, columns = names
    told = [
        [
            f"{written(row)}, {written(column)}: {number(float(value))}"
            for column, value in zip(columns, line, strict=True)
        ]
        for row, line in zip(rows, matrix, strict=True)
    ]
    gap = 1 if max(matrix.shape) <= 16 else 0
    figure.add_heatmap(z=matrix, text=told, hoverinfo="text", xgap=gap, ygap=gap, **scale, **place)


def add_texts(figure: go.Figure, matrix: Doubles, texts: Sequence[str], size: float = SMALL, **place: str) -> None:
    """Texts in the cells, row by row, in letters that can be read on the cell's colour."""
    rows, columns = np.indices(matrix.shape)
    figure.add_scatter(
        x=columns.ravel(),
        y=rows.ravel(),
        mode="text",
        text=[text or BLANK for text in texts],
        textfont={"size": size, "color": letters_on(matrix / reach(matrix))},
        hoverinfo="skip",
        cliponaxis=False,
        **place,
    )


def heat_scale(values: Any) -> dict[str, Any]:
    """The scale of signed values in a heat map's words."""
    scale = signed_scale(values)
    return {"zmin": scale.pop("cmin"), "zmax": scale.pop("cmax"), "hoverongaps": False, **scale}


def frame(rows: tuple[int, int], columns: tuple[int, int], *, width: float = 2) -> dict[str, Any]:
    """A shape around cells, from the first to the last row and column."""
    (top, bottom), (first, last) = rows, columns
    sides = {"x0": first - 0.5, "x1": last + 0.5, "y0": top - 0.5, "y1": bottom + 0.5}
    return {"type": "rect", **sides, "line": {"color": INK, "width": width}}


def in_cell(value: float) -> str:
    """A number as short as a cell needs it: sign and two figures.

    >>> in_cell(0.456), in_cell(-0.04), in_cell(1.0)
    ('.46', '\u2212.04', '1.0')
    """
    if not np.isfinite(value):
        return ""
    text = f"{abs(value):.2f}" if abs(value) < 0.995 else f"{abs(value):.1f}"
    return ("\u2212" if value < 0 and text != "0.00" else "") + text.removeprefix("0")


def cut(name: str, width: float, size: float = SMALL) -> str:
    """A name as far as it fits, with an ellipsis where it does not."""
    while wide(name, size) > width and len(name) > 3:
        name = name.removesuffix("\u2026")[:-1].rstrip() + "\u2026"
    return written(name)


def layer_ticks(layers: Sequence[int], pixels: float) -> dict[str, Any]:
    """Ticks of layers that are counted from 0 along an axis: every one that fits, at even distances."""
    apart = wide(str(max(layers)), SMALL) + 8
    least = apart * len(layers) / pixels
    every = next((step for step in (1, 2, 5, 10, 20, 50, 100) if step >= least), len(layers))
    places = list(range(0, len(layers), every))
    return {"tickvals": places, "ticktext": [str(layers[place]) for place in places]}


def furthest(matrix: Doubles) -> tuple[int, int] | None:
    """Row and column of the number furthest from zero; None where there is no number."""
    if not np.isfinite(matrix).any():
        return None
    return place_of(int(np.nanargmax(np.abs(matrix))), matrix)


def place_of(cell: int, matrix: Doubles) -> tuple[int, int]:
    """Row and column of a cell that is counted row by row."""
    row, column = divmod(cell, matrix.shape[1])
    return row, column
