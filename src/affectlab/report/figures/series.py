"""A series of checkpoints: the way of the shifts from the base on, how large they are, and what they go with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import thinned, wide, written
from affectlab.report.figures.lines import end_names, name_room, span_of
from affectlab.report.figures.palette import GREY, HUES, INK, LETTERS, LINE
from affectlab.report.figures.panels import Grid, Panel, axes_of, panelled
from affectlab.report.figures.shifts import sorted_ends
from affectlab.report.figures.style import SMALL, Numbers, annotate, number, taken

NAMED = 3
"""Emotions that are named to each side: those that have moved furthest at the last checkpoint."""
LONGEST = 84
"""Pixels of a checkpoint's name."""
HEIGHT = 300
BASE = "base"


def series_figure(checkpoints: Sequence[str], shifts: Numbers, emotions: Sequence[str], *, title: str) -> go.Figure:
    """Shifts from the base [checkpoints, emotions] along a series, and their size (root mean square).

    The base stands first, where every shift is zero. Emotions that end furthest are named; the others are grey.
    """
    moves = taken(shifts, (len(checkpoints) or None, len(emotions) or None), "series_figure")
    if not np.isfinite(moves).all():
        raise InputError("a shift that is no number", where="series_figure", expected="finite numbers", found="nan")
    order = sorted_ends(moves[-1], NAMED)
    sizes = np.sqrt((moves**2).mean(axis=1))
    ends = ", ".join(f"{emotions[place]} {number(float(moves[-1, place]))}" for place in order)
    alt = (
        f"Shifts of {len(emotions)} emotions from the base over {len(checkpoints)} checkpoints. At the last, "
        f"{checkpoints[-1]}: {ends}. Their size goes from {sizes[0]:.3f} to {sizes[-1]:.3f}."
    )
    return fitted(partial(_series, [BASE, *checkpoints], _from_zero(moves), order, list(emotions), title), alt)


def series_scores_figure(checkpoints: Sequence[str], scores: Mapping[str, Numbers], *, title: str) -> go.Figure:
    """Scores of every checkpoint against the base with their intervals, [checkpoints, (value, low, high)] by name."""
    lines = {name: taken(line, (len(checkpoints) or None, 3), name) for name, line in scores.items()}
    if not lines:
        raise InputError("no score to draw", where="series_scores_figure", expected="one at least", found="none")
    ends = ", ".join(
        f"{name} from {number(float(line[0, 0]))} to {number(float(line[-1, 0]))}" for name, line in lines.items()
    )
    alt = f"Correlations with 95 % intervals over {len(checkpoints)} checkpoints: {ends}."
    return fitted(partial(_scores, list(checkpoints), lines, title), alt)


def _from_zero(moves: Doubles) -> Doubles:
    return np.concatenate([np.zeros((1, moves.shape[1])), moves])


def _series(
    steps: list[str], moves: Doubles, order: list[int], emotions: list[str], title: str, width: int
) -> go.Figure:
    named = {emotions[place]: moves[:, place] for place in order}
    size = {"all emotions": np.sqrt((moves**2).mean(axis=1))}
    panels = ["shift of each emotion", "size of the shift"]
    note = f"From the base on. Named: the emotions that end furthest; grey: the other {len(emotions) - len(order)}."
    figure, (left, right) = _two(panels, [*named, *size], steps, (title, note), width)
    rest = np.delete(moves, order, axis=1)
    gaps = np.concatenate([rest, np.full((1, rest.shape[1]), np.nan)])  # parts one line of the trace from the next
    figure.add_scatter(
        x=np.tile([*range(len(steps)), len(steps) - 1], rest.shape[1]),
        y=gaps.T.ravel(),
        mode="lines",
        line={"color": GREY, "width": 0.7},
        hoverinfo="skip",
        name="others",
        **left.place,
    )
    _lines(figure, left, steps, named, list(zip(HUES, LETTERS, strict=True)), span_of([moves], 0.0))
    _lines(figure, right, steps, size, [(INK, INK)], span_of(list(size.values()), 0.0))
    return figure


def _scores(steps: list[str], lines: Mapping[str, Doubles], title: str, width: int) -> go.Figure:
    room = name_room(list(lines))
    grid = Grid([""], HEIGHT, left=60, right=room, bottom=_below(steps))
    note = "Each checkpoint against the base, with 95 % intervals."
    figure, (panel,) = panelled(title, grid, width=width, note=note)
    for place, line in enumerate(lines.values()):
        figure.add_scatter(
            x=[x for step in range(len(steps)) for x in (step, step, None)],
            y=[end for _, low, high in line.tolist() for end in (low, high, None)],
            mode="lines",
            line={"color": HUES[place % len(HUES)], "width": 1.4},
            hoverinfo="skip",
            name="intervals",
            **panel.place,
        )
    values = {name: line[:, 0] for name, line in lines.items()}
    span = span_of(list(lines.values()), 0.0)
    _lines(figure, panel, steps, values, list(zip(HUES, LETTERS, strict=True)), span)
    return figure.update_yaxes(title_text="correlation over emotions")


def _two(
    panels: list[str], lines: Sequence[str], steps: list[str], words: tuple[str, str], width: int
) -> tuple[go.Figure, list[Panel]]:
    room, title, note = name_room(lines), words[0], words[1]
    beside = width >= WIDE
    grid = Grid(
        panels,
        HEIGHT if beside else HEIGHT - 60,
        columns=2 if beside else 1,
        between=room + 56,
        above=_below(steps) + 24,
        left=60,
        right=room,
        bottom=_below(steps),
    )
    return panelled(title, grid, width=width, note=note)


def _lines(
    figure: go.Figure,
    panel: Panel,
    steps: list[str],
    lines: Mapping[str, Doubles],
    colours: Sequence[tuple[str, str]],
    span: Doubles,
) -> None:
    """Lines along the checkpoints with zero marked, named where they end."""
    zero = {"x": [0, len(steps) - 1], "y": [0, 0], "line": {"color": LINE, "width": 1}}
    figure.add_scatter(mode="lines", hoverinfo="skip", name="zero", **zero, **panel.place)
    for place, (name, line) in enumerate(lines.items()):
        figure.add_scatter(
            x=list(range(len(line))),
            y=line,
            mode="lines+markers",
            marker_size=5,
            name=name,
            line={"color": colours[place % len(colours)][0], "width": 2.2},
            hovertext=[
                f"{written(name)}, {written(step)}: {number(float(at))}" for step, at in zip(steps, line, strict=True)
            ],
            hoverinfo="text",
            **panel.place,
        )
    ends = {
        name: (float(line[-1]), colours[place % len(colours)][1]) for place, (name, line) in enumerate(lines.items())
    }
    axes = axes_of(panel, _ticks(steps, panel), {"range": span.tolist(), "nticks": 6})
    annotate(figure.update_layout(axes), end_names(panel, len(steps) - 1, ends, span))


def _ticks(steps: list[str], panel: Panel) -> dict[str, Any]:
    """The checkpoints below the line, aslant; where there is no room for all, some, the last one always."""
    apart = (SMALL + 5) / max(panel.width / max(len(steps) - 1, 1), 1e-9)
    last = len(steps) - 1
    places = [last - place for place in thinned(list(range(len(steps))), apart)][::-1]
    return {
        "range": [-0.2, last + 0.2],
        "tickvals": places,
        "ticktext": [_ending(steps[place]) for place in places],
        "tickangle": -40,
    }


def _ending(name: str) -> str:
    """The end of a checkpoint's name, which tells it from the others."""
    most = int(LONGEST / wide("m", SMALL))
    return written(name if len(name) <= most else f"\u2026{name[1 - most :]}")


def _below(steps: list[str]) -> int:
    """Pixels that the names of the checkpoints take below an axis."""
    return round(0.7 * min(max(wide(step, SMALL) for step in steps), LONGEST)) + 26
