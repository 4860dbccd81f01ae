"""What all figures share: open axes, few lines, one place for the title and one for the scale of colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.labels import wrapped, written
from affectlab.report.figures.palette import INK, SIGNED, SOFT

Numbers: TypeAlias = Sequence[Any] | NDArray[Any]
"""What numpy takes for an array of numbers. Figures turn it into float64 and check its shape."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
TITLE, NOTE, SMALL = 15, 12, 11
"""Sizes of letters: of the title, of the line beneath it, of what is least."""
EDGE = 4
BARE = {"showline": False, "ticks": "", "ticklabelstandoff": 4}
AXIS: dict[str, Any] = {
    "showgrid": False,
    "zeroline": False,
    "showline": True,
    "linecolor": SOFT,
    "ticks": "outside",
    "ticklen": 4,
    "tickcolor": SOFT,
    "automargin": False,
    "title": {"standoff": 8, "font": {"color": SOFT, "size": NOTE}},
    "tickfont": {"color": SOFT, "size": SMALL},
}
"""Our looks of an axis. They are given when it is made: to update it afterwards takes plotly ten times as long."""
SCALE = 34
"""Pixels that the scale of colours takes at the foot of a figure, without its name."""


def open_figure(
    title: str, *, width: int, plot: int, note: str = "", left: int = 54, right: int = 18, bottom: int = 50
) -> go.Figure:
    """An empty figure in our style, for a page at least `width` pixels wide, whose axes are `plot` pixels high.

    Its background is clear, so that a page shows through, and its width is the page's. `note` stands below the title.
    """
    lines = wrapped(title, width - 2 * EDGE, TITLE).count("<br>") + 1
    notes = wrapped(note, width - 2 * EDGE, NOTE).count("<br>") + 1 if note else 0
    top = round(8 + lines * TITLE * 1.3 + notes * NOTE * 1.35 + (16 if note else 10))
    layout = {
        "template": "none",
        "title": _title(title, note, width),
        "font": {"family": FONT, "size": 12, "color": INK},
        "height": top + plot + bottom,
        "autosize": True,
        "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"font": {"family": FONT}},
        "showlegend": False,
        "xaxis": AXIS,
        "yaxis": AXIS,
    }
    # Made with its layout and not updated: plotly would put its own template in first, and take it out again.
    return go.Figure(layout=layout)


def bare_axes(figure: go.Figure) -> go.Figure:
    """Axes without line or ticks, for cells that speak for themselves."""
    return figure.update_xaxes(**BARE).update_yaxes(**BARE)


def signed_scale(values: Any) -> dict[str, Any]:
    """Colours of signed values, the same distance to both sides of zero, and their scale at the foot of the figure."""
    top = reach(values)
    ends = [-top, 0, top]
    bar = {
        "orientation": "h",
        "thickness": 8,
        "len": 150,
        "lenmode": "pixels",
        "x": 0,
        "xref": "container",
        "xanchor": "left",
        "xpad": EDGE + 18,
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "ypad": 6,
        "tickvals": ends,
        "ticktext": [number(end) if end else "0" for end in ends],
        "tickfont": {"size": SMALL, "color": SOFT},
        "ticks": "",
        "outlinewidth": 0,
    }
    return {"colorscale": SIGNED, "cmin": -top, "cmax": top, "colorbar": bar}


def scale_room(name: str, width: int) -> int:
    """Pixels that the scale of colours takes at the foot of a figure, with its name above it."""
    lines = wrapped(name, width - 2 * EDGE, SMALL).count("<br>") + 1
    return SCALE + round(lines * SMALL * 1.35)


def annotate(figure: go.Figure, notes: Iterable[dict[str, Any]]) -> None:
    """Add many annotations at once; one by one, Plotly checks all that are there each time."""
    figure.update_layout(annotations=[*figure.layout.annotations, *notes])


def name_scale(figure: go.Figure, name: str, width: int) -> None:
    """Say above the scale of colours what it measures; Plotly's own name for it would cover it."""
    margin = figure.layout.margin
    figure.add_annotation(
        text=wrapped(written(name), width - 2 * EDGE, SMALL),
        x=0,
        xref="paper",
        xanchor="left",
        xshift=EDGE - margin.l,
        y=0,
        yref="paper",
        yanchor="bottom",
        yshift=SCALE - margin.b,
        align="left",
        borderpad=0,
        showarrow=False,
        font={"size": SMALL, "color": SOFT},
    )


def reach(values: Any) -> float:
    """The largest finite distance from zero; 1 where there is none."""
    found = np.abs(np.asarray(values, dtype=np.float64))
    found = found[np.isfinite(found)]
    return float(found.max()) if found.size and found.max() > 0 else 1.0


def number(value: float) -> str:
    """A signed number in two figures after the point, with a true minus; three where it would vanish.

    >>> number(-0.456), number(0.0312)
    ('\u22120.46', '+0.031')
    """
    if not np.isfinite(value):
        return "none"
    places = 2 if abs(value) >= 0.095 or value == 0 else 3
    return f"{value:+.{places}f}".replace("-", "\u2212")


def taken(values: Any, shape: Sequence[int | None], where: str) -> Doubles:
    """Numbers as an array of the shape that a figure needs (None: any length above 0), or an error that says so."""
    found: Doubles = np.asarray(values, dtype=np.float64)
    fits = found.ndim == len(shape) and all(
        size > 0 and size == (want if want is not None else size) for size, want in zip(found.shape, shape, strict=True)
    )
    if not fits:
        wanted = " x ".join("at least 1" if want is None else str(want) for want in shape)
        raise InputError(
            "numbers that this figure cannot draw",
            where=where,
            expected=f"an array of {wanted}",
            found="nothing" if found.size == 0 else " x ".join(map(str, found.shape)) or "one number",
        )
    return found


def _title(title: str, note: str, width: int) -> dict[str, Any]:
    text = wrapped(title, width - 2 * EDGE, TITLE)
    looks: dict[str, Any] = {
        "text": text,
        "x": 0,
        "xref": "container",
        "xanchor": "left",
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "pad": {"l": EDGE, "t": 8 if text.count("<br>") == 0 else 19},  # Plotly lifts a title of several lines
        "font": {"size": TITLE, "color": INK},
    }
    if note:
        looks["subtitle"] = {"text": wrapped(note, width - 2 * EDGE, NOTE), "font": {"size": NOTE, "color": SOFT}}
    return looks
