"""Squares of signed numbers: scenes against probes, layers against axes, layers against layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.report.figures.cells import (
    NUMBERED,
    add_cells,
    add_texts,
    cut,
    frame,
    furthest,
    heat_scale,
    in_cell,
    layer_ticks,
    place_of,
)
from affectlab.report.figures.fit import fitted
from affectlab.report.figures.labels import TALL, wide, wrapped, written
from affectlab.report.figures.style import SMALL, Numbers, bare_axes, name_scale, number, open_figure, scale_room, taken

READING = "reading (centred cosine)"
LEFT, RIGHT = 54, 16


def scenes_figure(
    matrix: Numbers, scenes: Sequence[str], probes: Sequence[str], *, title: str, reading: str = READING
) -> go.Figure:
    """Readings [scenes, probes]: a row is a scene, a column a vector. Outlined: the vector of the scene's own emotion.

    That is the probe with the scene's name; where no name is shared, a square matrix has its diagonal outlined.
    """
    matrix = taken(matrix, (len(scenes) or None, len(probes) or None), "scenes_figure")
    own = {row: list(probes).index(name) for row, name in enumerate(scenes) if name in probes}
    if not own and len(scenes) == len(probes):
        own = {place: place for place in range(len(scenes))}
    tops = {row: int(np.nanargmax(line)) for row, line in enumerate(matrix) if np.isfinite(line).any()}
    missed = [f"{scenes[row]} ({probes[tops[row]]} is)" for row in own if row in tops and tops[row] != own[row]]
    alt = (
        f"{len(scenes)} scenes by {len(probes)} vectors, {reading}. The scene's own emotion is the highest of its row "
        f"in {sum(tops.get(row) == column for row, column in own.items())} of {len(own)} scenes."
        + (f" It is not for {', '.join(missed)}." if missed else "")
    )
    rows = {"rows": "scenes", "columns": "vectors", "own": "the scene's own emotion"}
    words = {"title": title, "reading": reading, **rows}
    return fitted(partial(_scenes, matrix, (scenes, probes), (own, tops), words), alt)


def steered_words_figure(
    matrix: Numbers, names: Sequence[str], *, title: str, rise: str = "rise of log-probability, nats"
) -> go.Figure:
    """How far each vector, when added, raises each word, [vectors, words]; both are the same names."""
    matrix = taken(matrix, (len(names), len(names)), "steered_words_figure")
    own = {place: place for place in range(len(names))}
    tops = {row: int(np.nanargmax(line)) for row, line in enumerate(matrix) if np.isfinite(line).any()}
    alt = (
        f"{len(names)} vectors by as many words, {rise}. A vector raises its own word most in "
        f"{sum(tops.get(row) == row for row in own)} of {len(own)} cases."
    )
    words = {"title": title, "reading": rise, "rows": "the vector added", "columns": "words", "own": "its own word"}
    return fitted(partial(_scenes, matrix, (names, names), (own, tops), words), alt)


def arousal_layers_figure(
    correlations: Numbers, layers: Sequence[int], *, title: str, what: str = "r with human arousal"
) -> go.Figure:
    """Correlations [layers, axes] of principal axes with a rating: depth runs to the right, axes downwards."""
    correlations = taken(correlations, (len(layers) or None, None), "arousal_layers_figure")
    axes = [f"axis {place + 1}" for place in range(correlations.shape[1])]
    best = furthest(correlations)
    alt = f"{what}, of {len(axes)} axes at {len(layers)} layers. " + (
        f"Furthest from zero: {axes[best[1]]} at layer {layers[best[0]]}, {number(float(correlations[best]))}."
        if best
        else "No value is known."
    )
    return fitted(partial(_by_layer, correlations.T, axes, list(layers), {"title": title, "what": what}), alt)


def rsa_figure(
    matrix: Numbers, layers: Sequence[int], *, title: str, what: str = "correlation of two layers' similarities"
) -> go.Figure:
    """How alike the arrangements of emotions are at two layers, [layers, layers]."""
    matrix = taken(matrix, (len(layers) or None, len(layers)), "rsa_figure")
    apart = np.where(np.eye(len(layers), dtype=bool), np.nan, matrix)
    alt = f"{what[0].upper()}{what[1:]}, for {len(layers)} layers."
    if np.isfinite(apart).any():
        row, column = place_of(int(np.nanargmin(apart)), apart)
        near = np.diagonal(matrix, 1)
        alt += (
            f" Neighbouring layers: {number(float(near[np.isfinite(near)].mean()))} on average."
            if np.isfinite(near).any()
            else ""
        )
        alt += f" Least alike: layers {layers[row]} and {layers[column]}, {number(float(apart[row, column]))}."
    return fitted(partial(_square, matrix, list(layers), {"title": title, "what": what}), alt)


def _scenes(
    matrix: Doubles,
    names: tuple[Sequence[str], Sequence[str]],
    marks: tuple[dict[int, int], dict[int, int]],
    words: dict[str, str],
    width: int,
) -> go.Figure:
    scenes, probes = names
    left = round(min(max(wide(name, SMALL) for name in scenes) + 14, width * 0.37))
    told = [wrapped(cut(name, 2.6 * (left - 14)), left - 14, SMALL) for name in scenes]
    longest = max(wide(name, SMALL) for name in probes)
    cell = (width - left - RIGHT) / len(probes)
    numbered = cell >= NUMBERED
    angle = 0 if cell >= longest + 6 else -40 if numbered else -90
    head, right = {0: (24, RIGHT), -40: (0.7 * longest + 16, 0.7 * longest), -90: (longest + 12, RIGHT)}[angle]
    row = max(min(max(cell * 0.75, 22), 32), max(name.count("<br>") + 1 for name in told) * TALL * SMALL + 3)
    note = f"Rows: {words['rows']}. Columns: {words['columns']}. Outlined: {words['own']}. "
    note += "Bold: the highest of its row." if numbered else "Dot: the highest of its row."
    plot, bottom = round(row * len(scenes)), scale_room(words["reading"], width) + 10
    figure = open_figure(
        words["title"], note=note, width=width, plot=plot, left=left, right=round(right), bottom=bottom
    )
    figure.update_layout(margin_t=figure.layout.margin.t + round(head), height=figure.layout.height + round(head))
    add_cells(figure, matrix, names, heat_scale(matrix))
    add_texts(figure, matrix, _scene_texts(matrix, marks[1], numbered))
    figure.update_layout(shapes=[frame((line, line), (column, column)) for line, column in marks[0].items()])
    bare_axes(figure)
    name_scale(figure, words["reading"], width)
    heads = {"tickvals": list(range(len(probes))), "ticktext": [written(name) for name in probes]}
    figure.update_xaxes(side="top", range=[-0.5, len(probes) - 0.5], tickangle=angle, **heads)
    return figure.update_yaxes(range=[len(scenes) - 0.5, -0.5], tickvals=list(range(len(scenes))), ticktext=told)


def _scene_texts(matrix: Doubles, tops: dict[int, int], numbered: bool) -> list[str]:
    """What stands in each cell: numbers, the highest of a row in bold; or, where they do not fit, a dot there."""
    texts = []
    for (row, column), value in np.ndenumerate(matrix):
        top = tops.get(row) == column
        text = in_cell(float(value)) if numbered else "\u25cf" * top
        texts.append(f"<b>{text}</b>" if top and numbered else text)
    return texts


def _by_layer(matrix: Doubles, names: list[str], layers: list[int], words: dict[str, str], width: int) -> go.Figure:
    """A heat map [rows, layers] with few rows."""
    inner = width - LEFT - RIGHT
    figure = open_figure(
        words["title"],
        width=width,
        plot=30 * len(names),
        left=LEFT,
        right=RIGHT,
        bottom=44 + scale_room(words["what"], width),
    )
    add_cells(figure, matrix, (names, [f"layer {layer}" for layer in layers]), heat_scale(matrix))
    if inner / len(layers) >= NUMBERED:
        add_texts(figure, matrix, [in_cell(float(value)) for value in matrix.ravel()])
    bare_axes(figure)
    name_scale(figure, words["what"], width)
    figure.update_xaxes(title_text="layer", range=[-0.5, len(layers) - 0.5], **layer_ticks(layers, inner))
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], tickvals=list(range(len(names))), ticktext=names)
    return figure


def _square(matrix: Doubles, layers: list[int], words: dict[str, str], width: int) -> go.Figure:
    side = min(width - LEFT - RIGHT, 440)
    figure = open_figure(
        words["title"], width=width, plot=side, left=LEFT, right=RIGHT, bottom=48 + scale_room(words["what"], width)
    )
    names = [f"layer {layer}" for layer in layers]
    add_cells(figure, matrix, (names, names), heat_scale(matrix))
    if side / len(layers) >= NUMBERED:
        add_texts(figure, matrix, [in_cell(float(value)) for value in matrix.ravel()])
    bare_axes(figure)
    name_scale(figure, words["what"], width)
    shared = {
        "title_text": "layer",
        "range": [-0.5, len(layers) - 0.5],
        "constrain": "domain",
        **layer_ticks(layers, side),
    }
    figure.update_xaxes(constraintoward="left", **shared)
    return figure.update_yaxes(constraintoward="top", scaleanchor="x", **shared)
