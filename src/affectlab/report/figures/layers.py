"""Scores by layer: how well emotions are told apart on held-out topics, with chance, null and the chosen layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.lines import end_names, name_room, span_of
from affectlab.report.figures.palette import HUES, INK, SOFT
from affectlab.report.figures.panels import Grid, Panel, axes_of, panelled
from affectlab.report.figures.style import Numbers, annotate, taken


def heldout_figure(
    layers: Sequence[int],
    lines: Mapping[str, Numbers],
    *,
    chosen: int,
    of_folds: Sequence[int] = (),
    chance: Mapping[str, float],
    nulls: Mapping[str, float],
    title: str,
) -> go.Figure:
    """One panel a score: its value by layer, what chance gives, what shuffled labels give, and the layer chosen.

    `chance` and `nulls` are named like the lines; a line may lack either. `of_folds` are the layers at which
    single folds were read, each chosen without its fold.
    """
    scores = {name: taken(line, (len(layers) or None,), name) for name, line in lines.items()}
    if not scores or not {chosen, *of_folds} <= set(layers):
        raise InputError(
            "scores by layer need lines and chosen layers among theirs",
            where="heldout_figure",
            expected="one line at least, and layers of " + ", ".join(map(str, layers)),
            found=f"{len(scores)} lines, layers {', '.join(map(str, [chosen, *of_folds]))}",
        )
    strange = [name for name in (*chance, *nulls) if name not in scores]
    if strange:
        raise InputError("chance or null of a line that is not drawn", expected=", ".join(scores), found=strange[0])
    at = list(layers).index(chosen)
    told = ", ".join(f"{name} {line[at]:.2f}{_against(name, chance, nulls)}" for name, line in scores.items())
    best = ", ".join(
        f"{name} at layer {layers[int(np.nan_to_num(line, nan=-np.inf).argmax())]}" for name, line in scores.items()
    )
    alt = f"Held-out scores at {len(layers)} layers. At the chosen layer {chosen}: {told}. Highest: {best}."
    alt += f" Folds were read where the other folds do best: {_counted(of_folds)}." if of_folds else ""
    return fitted(partial(_heldout, list(layers), scores, _Marks(chosen, of_folds, chance, nulls), title), alt)


class _Marks(NamedTuple):
    """What is drawn beside the lines: layers chosen, and levels by the name of a line."""

    chosen: int
    of_folds: Sequence[int]
    chance: Mapping[str, float]
    nulls: Mapping[str, float]

    def levels(self, name: str) -> dict[str, float]:
        """Those of a line."""
        held = {"chance": self.chance, "shuffled": self.nulls}
        return {word: levels[name] for word, levels in held.items() if name in levels}


def _counted(layers: Sequence[int]) -> str:
    """Each layer once, with how often it was chosen where others were too."""
    counts = sorted(Counter(layers).items())
    if len(counts) == 1:
        return f"all {len(layers)} at layer {counts[0][0]}"
    return ", ".join(f"{count} at layer {layer}" for layer, count in counts)


def _against(name: str, chance: Mapping[str, float], nulls: Mapping[str, float]) -> str:
    parts = [f"chance {chance[name]:.2f}"] if name in chance else []
    parts += [f"shuffled labels {nulls[name]:.2f}"] if name in nulls else []
    return f" ({', '.join(parts)})" if parts else ""


def _heldout(
    layers: list[int],
    lines: Mapping[str, Doubles],
    marks: _Marks,
    title: str,
    width: int,
) -> go.Figure:
    columns = {1: 1, 2: 2, 4: 2}.get(len(lines), 3) if width >= WIDE else 1
    room = name_room(["shuffled 0.00"])
    at = layers.index(marks.chosen)
    names = [f"{name}: {line[at]:.2f}" for name, line in lines.items()]
    grid = Grid(names, 190 if columns > 1 else 160, columns, between=room + 34, above=46, right=room)
    note = f"By layer. Ringed, and in the heading: layer {marks.chosen}, which every other claim uses."
    if marks.of_folds:
        note += f" Triangles: where folds were read for these claims, chosen without them: {_counted(marks.of_folds)}."
    figure, panels = panelled(title, grid, width=width, note=note)
    notes = []
    axes: dict[str, Any] = {}
    for place, (panel, (name, line)) in enumerate(zip(panels, lines.items(), strict=True)):
        levels = marks.levels(name)
        span = span_of([line], *levels.values())
        _score(figure, panel, name, (layers, line, at), HUES[place % len(HUES)])
        notes += _levels(figure, panel, layers, levels, span)
        if marks.of_folds:
            _folds(figure, panel, marks.of_folds, float(span[0]))
        axes |= axes_of(panel, _ticks(layers), {"range": span.tolist(), "nticks": 5})
    annotate(figure.update_layout(axes), notes)
    return figure


def _score(figure: go.Figure, panel: Panel, name: str, score: tuple[list[int], Doubles, int], hue: str) -> None:
    """One score by layer, with a ring around its value at the place chosen."""
    layers, line, at = score
    figure.add_scatter(
        x=layers,
        y=line,
        mode="lines+markers" if len(layers) <= 24 else "lines",
        marker={"size": 5},
        line={"color": hue, "width": 2.4},
        name=name,
        hovertemplate="layer %{x}: %{y:.3f}<extra></extra>",
        **panel.place,
    )
    ring = {"size": 13, "color": "rgba(0,0,0,0)", "line": {"color": hue, "width": 2}}
    look = {"mode": "markers", "marker": ring, "name": f"{name}: chosen", "hoverinfo": "skip"}
    figure.add_scatter(x=[layers[at]], y=[line[at]], **look, **panel.place)


def _folds(figure: go.Figure, panel: Panel, of_folds: Sequence[int], y: float) -> None:
    """A triangle at the foot of a panel for each layer at which folds were read."""
    counts = sorted(Counter(of_folds).items())
    figure.add_scatter(
        x=[layer for layer, _ in counts],
        y=[y] * len(counts),
        mode="markers",
        marker={"symbol": "triangle-up", "size": 9, "color": INK},
        hovertext=[f"{count} of {len(of_folds)} folds were read at layer {layer}" for layer, count in counts],
        hoverinfo="text",
        name="folds",
        cliponaxis=False,
        **panel.place,
    )


def _levels(
    figure: go.Figure, panel: Panel, layers: list[int], levels: Mapping[str, float], span: Doubles
) -> list[dict[str, Any]]:
    """What chance and shuffled labels give, as level lines; their names are returned."""
    for word, level in levels.items():
        look = {"color": SOFT, "width": 1.2, "dash": "dot" if word == "chance" else "dash"}
        line = {"x": [layers[0], layers[-1]], "y": [level] * 2, "line": look}
        figure.add_scatter(mode="lines", name=word, hoverinfo="skip", **line, **panel.place)
    ends = {f"{word} {level:.2f}": (level, SOFT) for word, level in levels.items()}
    return end_names(panel, layers[-1], ends, span)


def _ticks(layers: list[int]) -> dict[str, object]:
    """A tick at every layer where there are few, else at round ones."""
    room = 0.04 * (layers[-1] - layers[0]) or 0.5
    span = {"range": [layers[0] - room, layers[-1] + room]}
    if len(layers) <= 10:
        return {"tickvals": layers, **span}
    return {"nticks": 5, **span}
