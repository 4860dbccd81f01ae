"""What a model does under steering: rates by strength, readings before a deed, rates against what the words show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import written
from affectlab.report.figures.lines import end_names, name_room, span_of
from affectlab.report.figures.palette import GREY, HUES, LETTERS, LINE, SOFT
from affectlab.report.figures.panels import Grid, Panel, axes_of, panelled
from affectlab.report.figures.style import Numbers, annotate, number, taken

HIGH, NARROW = 300, 210
DEED, OTHER = "before a deed", "runs without one"
BEHIND = {"mode": "lines", "hoverinfo": "skip", "cliponaxis": False}


class Curve(NamedTuple):
    """A measure at each strength, with the ends of its interval."""

    mean: Numbers
    low: Numbers
    high: Numbers


def doses_figure(
    strengths: Numbers,
    curves: Mapping[str, Curve],
    nulls: Numbers,
    *,
    title: str,
    measure: str,
    share: bool = False,
    null: str = "",
) -> go.Figure:
    """A measure by strength, one line an emotion with its intervals. `nulls` are curves, of null directions or of the
    ends of what they reach, [curves, strengths]; the band reaches from the lowest of them to the highest. `null` says
    what it is, unless it is of all directions."""
    if not curves:
        raise InputError("no curve to draw", where="curves", expected="one emotion at least", found="none")
    size = (len(strengths) or None,)
    lines = {name: np.stack([taken(line, size, name) for line in curve]) for name, curve in curves.items()}
    beneath = taken(nulls, (None, len(strengths)), "nulls")
    ends = {name: (_told(line[0, 0], share), _told(line[0, -1], share)) for name, line in lines.items()}
    told = ", ".join(f"{name} from {first} to {last}" for name, (first, last) in ends.items())
    low, high = float(strengths[0]), float(strengths[-1])
    words = {"title": title, "measure": measure, "null": null or f"all {len(beneath)} null directions"}
    alt = (
        f"{measure} at {len(strengths)} strengths of steering, from {number(low)} to {number(high)}: {told}. "
        f"In grey {words['null']}, from {_told(np.nanmin(beneath), share)} to {_told(np.nanmax(beneath), share)}."
    )
    at = taken(strengths, (None,), "strengths")
    return fitted(partial(_doses, at, lines, beneath, words, share), alt)


def trace_figure(deeds: Mapping[str, Numbers], others: Mapping[str, Numbers], *, title: str, reading: str) -> go.Figure:
    """Readings at the last tokens before a deed, and at those of as long runs without one; each is the mean over runs
    and the ends of their spread, [3, tokens]. One panel an emotion."""
    if not deeds or set(deeds) != set(others):
        expected, found = "the same emotions for both kinds, one at least", f"{sorted(deeds)} and {sorted(others)}"
        raise InputError("readings that cannot be drawn", where="trace_figure", expected=expected, found=found)
    pairs = {name: (taken(deeds[name], (3, None), name), taken(others[name], (3, None), name)) for name in deeds}
    told = ", ".join(f"{name} {number(one[0, -1])} against {number(two[0, -1])}" for name, (one, two) in pairs.items())
    alt = f"Readings at the last tokens before a deed, and of runs without one. At the last token: {told}."
    return fitted(partial(_trace, pairs, {"title": title, "reading": reading}), alt)


def visible_figure(
    readings: Mapping[str, Numbers], rates: Mapping[str, Numbers], *, title: str, measure: str, share: bool = False
) -> go.Figure:
    """A measure against the reading of the emotion in what was said, one panel an emotion: points are strengths, from
    the lowest, a ring, up."""
    if not readings or set(readings) != set(rates):
        expected, found = "the same emotions in both, one at least", f"{sorted(readings)} and {sorted(rates)}"
        raise InputError("points that cannot be drawn", where="visible_figure", expected=expected, found=found)
    pairs = {}
    for name, values in readings.items():
        x = taken(values, (None,), name)
        pairs[name] = np.stack([x, taken(rates[name], (len(x),), name)])
    told = ", ".join(
        f"{name}: reading from {number(x[0])} to {number(x[-1])}, {measure} from {_told(y[0], share)} to "
        f"{_told(y[-1], share)}"
        for name, (x, y) in pairs.items()
    )
    alt = f"{measure} against the emotion that stands in the words, from the lowest strength to the highest. {told}."
    return fitted(partial(_visible, pairs, {"title": title, "measure": measure}, share), alt)


def _doses(
    at: Doubles, lines: Mapping[str, Doubles], nulls: Doubles, words: Mapping[str, str], share: bool, width: int
) -> go.Figure:
    grid = Grid([""], HIGH, left=62, right=name_room(list(lines)))
    note = f"Bars: 95 % intervals. Grey: {words['null']}."
    figure, (panel,) = panelled(words["title"], grid, width=width, note=note)
    span = _span([*(line for line in lines.values()), nulls], share)
    band = {"x": [*at, *at[::-1]], "y": [*np.nanmin(nulls, axis=0), *np.nanmax(nulls, axis=0)[::-1]]}
    figure.add_scatter(**band, fill="toself", fillcolor=GREY, opacity=0.35, line={"width": 0}, **BEHIND)
    figure.add_scatter(x=[0, 0], y=span, line={"color": LINE, "width": 1}, **BEHIND)
    for place, (name, (mean, low, high)) in enumerate(lines.items()):
        hue = HUES[place % len(HUES)]
        figure.add_scatter(
            x=at,
            y=mean,
            mode="lines+markers",
            name=name,
            line={"color": hue, "width": 2.2},
            marker={"size": 6},
            error_y={"array": high - mean, "arrayminus": mean - low, "color": hue, "thickness": 1, "width": 0},
            hovertext=[f"{written(name)} at {number(x)}: {_told(y, share)}" for x, y in zip(at, mean, strict=True)],
            hoverinfo="text",
            cliponaxis=False,
        )
    ends = {name: (float(line[0, -1]), LETTERS[place % len(HUES)]) for place, (name, line) in enumerate(lines.items())}
    annotate(figure, end_names(panel, float(at[-1]), ends, span))
    figure.update_xaxes(title_text="strength", range=_wider(at), nticks=6)
    return figure.update_yaxes(title_text=words["measure"], range=span.tolist(), **_ticks(share))


def _trace(pairs: Mapping[str, tuple[Doubles, Doubles]], words: Mapping[str, str], width: int) -> go.Figure:
    grid = _grid(list(pairs), width)
    note = f"Orange: the mean {DEED}; grey: {OTHER}. Shaded: the middle 80 % of runs."
    figure, panels = panelled(words["title"], grid, width=width, note=note)
    span = span_of([line for pair in pairs.values() for line in pair])
    for panel, (name, pair) in zip(panels, pairs.items(), strict=True):
        for hue, kind, (mean, low, high) in zip((SOFT, HUES[1]), (OTHER, DEED), pair[::-1], strict=True):
            at = np.arange(1 - len(mean), 1)
            spread = {"x": [*at, *at[::-1]], "y": [*low, *high[::-1]], "fill": "toself", "fillcolor": hue}
            figure.add_scatter(**spread, opacity=0.2, line={"width": 0}, **BEHIND, **panel.place)
            look: dict[str, Any] = {"color": hue, "width": 2.2}
            figure.add_scatter(x=at, y=mean, mode="lines", name=f"{name}, {kind}", line=look, **panel.place)
        x = {"title_text": "tokens before the deed", "nticks": 5}
        figure.update_layout(axes_of(panel, x, {"range": span.tolist(), "nticks": 5, "title_text": words["reading"]}))
    return figure


def _visible(pairs: Mapping[str, Doubles], words: Mapping[str, str], share: bool, width: int) -> go.Figure:
    grid = _grid(list(pairs), width)
    note = "Points are strengths, joined in their order; the ring is the lowest."
    figure, panels = panelled(words["title"], grid, width=width, note=note)
    span = _span([pair[1] for pair in pairs.values()], share)
    for place, (panel, (name, (x, y))) in enumerate(zip(panels, pairs.items(), strict=True)):
        figure.add_trace(_joined(panel, name, x, y, HUES[place % len(HUES)]))
        across = {"title_text": f"reading of {written(name)} in the words", "range": span_of([x]).tolist(), "nticks": 5}
        up = {"title_text": words["measure"], "range": span.tolist(), **_ticks(share)}
        figure.update_layout(axes_of(panel, across, up))
    return figure


def _joined(panel: Panel, name: str, x: Doubles, y: Doubles, hue: str) -> go.Scatter:
    symbols = ["circle-open", *["circle"] * (len(x) - 1)]
    marker = {"size": 8, "symbol": symbols, "color": hue, "line": {"width": 1.6, "color": hue}}
    look: dict[str, Any] = {"marker": marker, "line": {"color": hue, "width": 1.2}, "cliponaxis": False}
    return go.Scatter(x=x, y=y, mode="lines+markers", name=name, **look, **panel.place)


def _grid(names: list[str], width: int) -> Grid:
    columns = min(len(names), 2) if width >= WIDE else 1
    return Grid(names, NARROW, columns, between=74, above=62, left=62, right=18)


def _span(lines: list[Doubles], share: bool) -> Doubles:
    """Room for all lines; rates begin at zero."""
    span = span_of(lines)
    return np.array([0.0, span[1]]) if share else span


def _ticks(share: bool) -> dict[str, Any]:
    return {"tickformat": ".0%", "nticks": 6} if share else {"nticks": 6}


def _wider(at: Doubles) -> list[float]:
    room = 0.03 * float(at[-1] - at[0])
    return [float(at[0]) - room, float(at[-1]) + room]


def _told(value: float, share: bool) -> str:
    return f"{value:.0%}" if share else number(float(value))
