"""Lines: readings along a number, shifts along layers, losses along training. Lines are named where they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import TALL, spread, wide, written
from affectlab.report.figures.palette import HUES, LETTERS, LINE
from affectlab.report.figures.panels import Grid, Panel, axes_of, panelled
from affectlab.report.figures.style import Numbers, annotate, taken
from affectlab.report.figures.style import number as signed

Lines: TypeAlias = Mapping[str, Numbers]
Curve: TypeAlias = tuple[Numbers, Lines, Lines]
"""A ladder's numbers, the readings of each probe at them, and those of its harmless twin."""

NAME = 11.5
"""Size of the names of lines."""
TWINS = "Dotted: a harmless sentence with the same numbers, which stand in equal steps."
STEPS = "Numbers stand in equal steps."


def ladder_figure(
    values: Numbers,
    readings: Lines,
    twins: Lines,
    *,
    title: str,
    number: str = "number",
    reading: str = "reading (centred cosine)",
) -> go.Figure:
    """Readings by number, one line an emotion; thin dotted lines are the harmless twin's."""
    curve = _curve("ladder_figure", (values, readings, twins))
    build = partial(_ladders, {"": curve}, {"title": title, "number": number, "reading": reading})
    return fitted(build, f"Readings by {number}. {_told(curve)}")


def ladders_figure(
    curves: Mapping[str, Curve],
    *,
    title: str,
    number: str = "number",
    reading: str = "reading (centred cosine)",
) -> go.Figure:
    """Many ladders, each in a panel under its name; all panels share one scale of readings."""
    if not curves:
        raise InputError("no ladder to draw", where="curves", expected="one at least", found="none")
    checked = {name: _curve(name, curve) for name, curve in curves.items()}
    build = partial(_ladders, checked, {"title": title, "number": number, "reading": reading})
    told = " ".join(f"{name}: {_told(curve)}" for name, curve in checked.items())
    return fitted(build, f"{len(curves)} ladders, readings by {number}. {told}")


def depth_figure(
    layers: Sequence[int], shifts: Lines, *, title: str, shift: str = "shift (post-trained \u2212 base)"
) -> go.Figure:
    """A value along the layers, one line an emotion, with zero marked: where in depth a difference arises."""
    lines = {name: taken(line, (len(layers) or None,), name) for name, line in shifts.items()}
    if not lines:
        raise InputError("no line to draw", where="shifts", expected="one at least", found="none")
    told = ", ".join(
        f"{name} {signed(float(line[_furthest(line)]))} at layer {layers[_furthest(line)]}"
        for name, line in lines.items()
    )
    alt = f"{shift} at {len(layers)} layers. Furthest from zero: {told}."
    return fitted(partial(_depth, list(layers), lines, {"title": title, "shift": shift}), alt)


def loss_figure(losses: Mapping[str, Numbers], *, title: str) -> go.Figure:
    """The loss of each stage of training along the tokens it has seen, [(tokens, nats a token)], one after another."""
    if not losses:
        raise InputError("no stage of training to draw", where="losses", expected="one at least", found="none")
    stages = {name: taken(points, (None, 2), name) for name, points in losses.items()}
    ends = ", ".join(f"{name} at {points[-1, 1]:.2f}" for name, points in stages.items())
    return fitted(partial(_losses, stages, title), f"Loss in nats a token along training. It ends for {ends}.")


def end_names(panel: Panel, x: float, ends: Mapping[str, tuple[float, str]], span: Doubles) -> list[dict[str, Any]]:
    """Names to the right of the ends of lines, given with height and colour; moved apart where ends are close."""
    low, high = (float(end) for end in span)
    known = {name: (end, colour) for name, (end, colour) in ends.items() if np.isfinite(end)}
    scale = panel.height / (high - low)
    wanted = [(end - low) * scale for end, _ in known.values()]
    middles = spread(wanted, [TALL * NAME] * len(wanted), 0.0, panel.height)
    return [
        {
            "x": x,
            "y": low + middle / scale,
            **panel.refs,
            "text": written(name),
            "showarrow": False,
            "xanchor": "left",
            "xshift": 7,
            "font": {"color": colour, "size": NAME},
        }
        for (name, (_, colour)), middle in zip(known.items(), middles, strict=True)
    ]


def name_room(names: Sequence[str]) -> int:
    """Pixels to keep free for names at the ends of lines."""
    return round(max((wide(name, NAME) for name in names), default=0)) + 12


def span_of(lines: Sequence[Doubles], *also: float) -> Doubles:
    """Lowest and highest of all lines and of further values, with a little room."""
    found = np.concatenate([*(np.ravel(line) for line in lines), np.array(also, dtype=np.float64)])
    found = found[np.isfinite(found)]
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 1.0)
    room = 0.07 * (high - low) or 0.5
    return np.array([low - room, high + room])


def _ladders(curves: Mapping[str, Curve], words: Mapping[str, str], width: int) -> go.Figure:
    columns = min(len(curves), 3) if width >= WIDE else 1
    probes = list(dict.fromkeys(probe for _, readings, _ in curves.values() for probe in readings))
    room = name_room(probes)
    grid = Grid(
        list(curves),
        320 if len(curves) == 1 else 150,
        columns,
        between=room + 34,
        left=66 if len(curves) == 1 else 54,
        right=room,
    )
    note = TWINS if any(twins for _, _, twins in curves.values()) else STEPS
    if len(curves) > 1:  # one axis title would not do for all rows
        note = f"{words['reading']} by {words['number']}. {note}"
        note = note[0].upper() + note[1:]
    figure, panels = panelled(words["title"], grid, width=width, note=note)
    span = span_of([np.asarray(line) for _, *sides in curves.values() for side in sides for line in side.values()])
    notes = []
    axes: dict[str, Any] = {}
    for panel, (values, readings, twins) in zip(panels, curves.values(), strict=True):
        steps = list(range(len(values)))
        for probe, line in readings.items():
            hue = HUES[probes.index(probe) % len(HUES)]
            told = [
                f"{written(probe)} at {value:,g}: {signed(float(at))}" for value, at in zip(values, line, strict=True)
            ]
            look = {"name": probe, "hovertext": told, "hoverinfo": "text", "line": {"color": hue, "width": 2.5}}
            figure.add_scatter(x=steps, y=line, mode="lines+markers", marker_size=5, **look, **panel.place)
        for probe, line in twins.items():
            hue = HUES[probes.index(probe) % len(HUES)] if probe in probes else HUES[-1]
            look = {"name": f"{probe}, harmless twin", "line": {"color": hue, "width": 1.3, "dash": "dot"}}
            figure.add_scatter(x=steps, y=line, mode="lines", hoverinfo="name", **look, **panel.place)
        ends = {probe: (float(line[-1]), LETTERS[probes.index(probe) % len(HUES)]) for probe, line in readings.items()}
        notes += end_names(panel, steps[-1], ends, span)
        axes |= axes_of(panel, _steps(list(values), panel.width), {"range": span.tolist(), "nticks": 5})
    annotate(figure.update_layout(axes), notes)
    if len(curves) == 1:
        figure.update_xaxes(title_text=words["number"]).update_yaxes(title_text=words["reading"])
    return figure


def _steps(values: Sequence[float], width: float) -> dict[str, object]:
    """Ticks at equal steps, as many as can be read, the first and the last always."""
    told = [_short(value) for value in values]
    fits = max(int(width / (wide(max(told, key=len), 11) + 7)), 2)
    count = len(values)
    every = -(-count // fits)
    shown = [place for place in range(count) if (count - 1 - place) % every == 0]
    return {
        "range": [-0.25, count - 0.75 if count > 1 else 0.25],
        "tickvals": shown,
        "ticktext": [told[place] for place in shown],
    }


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if abs(value) >= 1000 and value % 100 == 0 else f"{value:g}"


def _depth(layers: list[int], lines: Mapping[str, Doubles], words: Mapping[str, str], width: int) -> go.Figure:
    grid = Grid([""], 320, left=66, right=name_room(list(lines)))
    figure, (panel,) = panelled(words["title"], grid, width=width)
    span = span_of(list(lines.values()), 0.0)
    figure.add_hline(y=0, line={"color": LINE, "width": 1}, layer="below")
    for place, (name, line) in enumerate(lines.items()):
        hue = HUES[place % len(HUES)]
        figure.add_scatter(x=layers, y=line, mode="lines", name=name, line={"color": hue, "width": 2.2})
    ends = {name: (float(line[-1]), LETTERS[place % len(HUES)]) for place, (name, line) in enumerate(lines.items())}
    annotate(figure, end_names(panel, layers[-1], ends, span))
    figure.update_xaxes(title_text="layer", range=[layers[0] - 0.5, layers[-1] + 0.5])
    figure.update_yaxes(title_text=words["shift"], range=span.tolist())
    return figure


def _losses(stages: Mapping[str, Doubles], title: str, width: int) -> go.Figure:
    grid = Grid([""], 320, left=60, right=24)
    figure, _ = panelled(title, grid, width=width)
    before = 0.0
    for place, (name, points) in enumerate(stages.items()):
        tokens, loss = points[:, 0] + before, points[:, 1]
        before = float(tokens[-1])
        hue = {"color": HUES[place % len(HUES)], "width": 2}
        figure.add_scatter(x=tokens / 1e6, y=loss, mode="lines", name=name, line=hue)
        figure.add_annotation(
            x=tokens[-1] / 1e6,
            y=np.log10(loss[-1]),
            text=f"{written(name)} {loss[-1]:.2f}",
            showarrow=False,
            yshift=-14,
            xanchor="right",
            font={"color": LETTERS[place % len(HUES)]},
        )
    ticks = [0.3, 0.4, 0.5, 0.7, 1, 2, 4, 8]
    figure.update_xaxes(title_text="million tokens")
    figure.update_yaxes(title_text="loss, nats a token", type="log", tickvals=ticks, ticktext=[f"{t:g}" for t in ticks])
    return figure


def _curve(name: str, curve: Curve) -> Curve:
    """A ladder whose lines all have as many readings as it has numbers."""
    values, readings, twins = curve
    count = (len(values) or None,)
    if not readings:
        raise InputError("a ladder without a probe", where=name, expected="one line at least", found="none")
    sides = [
        {probe: taken(line, count, f"{name}: {probe}") for probe, line in side.items()} for side in (readings, twins)
    ]
    return taken(values, (None,), name).tolist(), sides[0], sides[1]


def _told(curve: Curve) -> str:
    """What the lines of a ladder do from its first number to its last."""
    values, readings, _ = curve
    moves = [
        f"{probe} goes from {signed(float(line[0]))} to {signed(float(line[-1]))}" for probe, line in readings.items()
    ]
    return f"from {values[0]:,g} to {values[-1]:,g}, {', '.join(moves)}."


def _furthest(line: Doubles) -> int:
    return int(np.nan_to_num(np.abs(line), nan=-1.0).argmax())
