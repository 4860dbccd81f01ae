"""What post-training did: readings of both models against each other, and the largest shifts with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import around, named, wide, written
from affectlab.report.figures.lines import span_of
from affectlab.report.figures.maps import Frame
from affectlab.report.figures.palette import ABOVE, BELOW, GREY, INK, LINE, SOFT
from affectlab.report.figures.panels import Grid, Panel, axes_of, panelled
from affectlab.report.figures.style import BARE, SMALL, Numbers, number, taken

MOST = 12
"""How many of the largest shifts are shown to each side."""
NAMED = 14
ROW = 17


@dataclass(frozen=True, eq=False)
class _Shifts:
    """All that the figure shows, one entry an emotion; `found` is true where the shift passed the control."""

    base: Doubles
    post: Doubles
    names: Sequence[str]
    middle: Doubles
    low: Doubles
    high: Doubles
    found: Sequence[bool]

    def colour(self, place: int) -> str:
        """Of an emotion that rose or fell."""
        return ABOVE if self.middle[place] > 0 else BELOW


def shift_figure(
    base: Numbers,
    post: Numbers,
    names: Sequence[str],
    shifts: Numbers,
    lows: Numbers,
    highs: Numbers,
    found: Sequence[str],
    *,
    title: str,
) -> go.Figure:
    """Readings of the base against the post-trained model, and the shifts furthest up and down with their intervals.

    `found` names the emotions whose shift passes the control of false discoveries; they are filled. `shifts` is
    post-trained minus base, `lows` and `highs` the ends of its 95 % interval.
    """
    size = (len(names) or None,)
    columns = {"base": base, "post": post, "middle": shifts, "low": lows, "high": highs}
    arrays = {name: taken(values, size, name) for name, values in columns.items()}
    strange = [name for name in found if name not in names]
    if strange:
        raise InputError("a shift that was found, of an emotion that is not drawn", where="found", found=strange[0])
    known = np.logical_and.reduce([np.isfinite(array) for array in arrays.values()])
    kept = [names[place] for place in np.flatnonzero(known).tolist()]
    if not kept:
        raise InputError("no emotion has a shift and an interval", where="shift_figure", expected="one at least")
    passed = [name in set(found) for name in kept]
    held = _Shifts(names=kept, found=passed, **{name: array[known] for name, array in arrays.items()})
    return fitted(partial(_shift, held, sorted_ends(held.middle), title), _alt(held))


def sorted_ends(shifts: Doubles, most: int = MOST) -> list[int]:
    """Places of the largest shifts up, from the largest on, then of the largest down, the furthest last."""
    order: list[int] = np.argsort(-shifts, kind="stable").tolist()
    return order if len(order) <= 2 * most else order[:most] + order[-most:]


def _alt(held: _Shifts) -> str:
    order = sorted_ends(held.middle)
    up = [place for place in order[:3] if held.middle[place] > 0]
    down = [place for place in reversed(order[-3:]) if held.middle[place] < 0]
    parts = [
        f"{word}: {', '.join(f'{held.names[place]} {number(float(held.middle[place]))}' for place in places)}."
        for word, places in (("Furthest up", up), ("Furthest down", down))
        if places
    ]
    return (
        f"Readings of {len(held.names)} emotions in the base and the post-trained model, and the largest shifts with "
        f"95 % intervals. {sum(held.found)} shifts pass the control of false discoveries. " + " ".join(parts)
    ).strip()


def _shift(held: _Shifts, order: list[int], title: str, width: int) -> go.Figure:
    room = round(max(wide(held.names[place], SMALL) for place in order)) + 12
    tall = ROW * (len(order) + 1)
    names = ["post-trained against base", "largest shifts, 95 % intervals"]
    note = "Filled: passes the control of false discoveries. Red: up, blue: down."
    if width >= WIDE:
        grid = Grid(names, max(tall, 300), columns=2, between=room + 24)
    else:
        grid = Grid(names, [300, tall], above=62, left=max(54, room))
    figure, (left, right) = panelled(title, grid, width=width, note=note)
    _scatter(figure, left, held)
    _bars(figure, right, held, order)
    return figure


def _scatter(figure: go.Figure, panel: Panel, held: _Shifts) -> None:
    points = np.column_stack([held.base, held.post])
    low, high = float(points.min()), float(points.max())
    edge = 0.06 * (high - low) or 0.5
    low, high = low - edge, high + edge
    span = np.full(2, high - low)
    shown = Frame(np.full(2, low), span, np.array([panel.width, panel.height]))
    far = np.argsort(-np.abs(held.middle), kind="stable")[:NAMED].tolist()
    sides = around(shown(points), held.names, far, shown.box, SMALL - 0.5)
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        line={"color": SOFT, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        **panel.place,
    )
    places = range(len(held.names))
    marked = [held.colour(place) if held.found[place] else GREY for place in places]
    figure.add_scatter(
        x=held.base,
        y=held.post,
        **named(held.names, sides),
        textfont={"size": SMALL - 0.5, "color": INK},
        hovertext=[f"{written(name)}: {number(float(held.middle[place]))}" for place, name in enumerate(held.names)],
        marker={"size": 7, "color": marked, "line": {"width": 0.7, "color": SOFT}},
        **panel.place,
    )
    ends = {"range": [low, high], "nticks": 6}
    figure.update_layout(axes_of(panel, {"title_text": "base", **ends}, {"title_text": "post-trained", **ends}))


def _bars(figure: go.Figure, panel: Panel, held: _Shifts, order: list[int]) -> None:
    zero = {"x": [0, 0], "y": [-0.7, len(order) - 0.3], "line": {"color": LINE, "width": 1.2}}
    figure.add_scatter(mode="lines", hoverinfo="skip", **zero, **panel.place)
    for hue in (ABOVE, BELOW):
        rows = [row for row, place in enumerate(order) if held.colour(place) == hue]
        ends = [[held.low[order[row]], held.high[order[row]], None] for row in rows]
        figure.add_scatter(
            x=[end for line in ends for end in line],
            y=[height for row in rows for height in (row, row, None)],
            mode="lines",
            line={"color": hue, "width": 1.6},
            hoverinfo="skip",
            name="intervals",
            **panel.place,
        )
    colours = [held.colour(place) for place in order]
    filled = [colour if held.found[place] else "rgba(0,0,0,0)" for place, colour in zip(order, colours, strict=True)]
    figure.add_scatter(
        x=held.middle[order],
        y=list(range(len(order))),
        mode="markers",
        marker={"size": 9, "color": filled, "line": {"width": 1.6, "color": colours}},
        hovertext=[
            f"{written(held.names[place])}: {number(float(held.middle[place]))} "
            f"[{number(float(held.low[place]))}, {number(float(held.high[place]))}]"
            for place in order
        ],
        hoverinfo="text",
        cliponaxis=False,
        **panel.place,
    )
    span = span_of([held.low[order], held.high[order]], 0.0)
    names = [written(held.names[place]) for place in order]
    lines = {"range": [len(order) - 0.3, -0.7], "tickvals": list(range(len(order))), "ticktext": names}
    figure.update_layout(
        axes_of(
            panel, {"title_text": "post-trained \u2212 base", "range": span.tolist(), "nticks": 6}, {**lines, **BARE}
        )
    )
