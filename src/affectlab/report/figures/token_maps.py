"""Layer x token maps of two texts that differ: where in depth, and from which token on, a reading parts."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import partial

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.report.figures.cells import add_cells, frame, heat_scale, layer_ticks
from affectlab.report.figures.fit import fitted
from affectlab.report.figures.labels import thinned, wide, written
from affectlab.report.figures.panels import Grid, Panel, axes_of, panelled
from affectlab.report.figures.style import Numbers, bare_axes, name_scale, number, scale_room, taken
from affectlab.report.tokens import inline, spaced

TOKEN = 10
"""Size of the tokens below a map."""


def token_maps_figure(
    one: tuple[Sequence[str], Numbers],
    other: tuple[Sequence[str], Numbers],
    *,
    probe: str,
    title: str,
    names: tuple[str, str] = ("", ""),
) -> go.Figure:
    """Readings [layers, tokens] of two texts, one above the other, on one scale; where they differ is outlined. `names`
    stand above them."""
    texts = [list(tokens) for tokens, _ in (one, other)]
    first = taken(one[1], (None, len(texts[0]) or None), "the first text")
    maps = [first, taken(other[1], (len(first), len(texts[1]) or None), "the second text")]
    spans = differing(*texts)
    last = [float(np.nanmean(found[-1])) if np.isfinite(found[-1]).any() else np.nan for found in maps]
    alt = (
        f"Readings of {probe} by layer and token for two texts of {len(texts[0])} and {len(texts[1])} tokens. They "
        f"differ in {_quoted(texts[0], spans[0])} against {_quoted(texts[1], spans[1])}. At the last layer the first "
        f"reads {number(last[0])} on average, the second {number(last[1])}."
    )
    words = {"title": title, "probe": probe, "one": names[0], "other": names[1]}
    return fitted(partial(_token_maps, texts, maps, spans, words), alt)


def differing(one: Sequence[str], other: Sequence[str]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Spans of tokens, from the first to the last, that each text has and the other lacks there.

    >>> differing(["goes", "well", "."], ["goes", "very", "badly", "."])
    ([(1, 1)], [(1, 2)])
    """
    pairs = list(zip(one, other, strict=False))
    start = next((place for place, (a, b) in enumerate(pairs) if a != b), len(pairs))
    ends = zip(reversed(one[start:]), reversed(other[start:]), strict=False)
    tail = next((place for place, (a, b) in enumerate(ends) if a != b), min(len(one), len(other)) - start)
    # What both begin and end with is set aside, since words that recur lead the matcher astray.
    first, second = (list(tokens[start : len(tokens) - tail]) for tokens in (one, other))
    steps = [step for step in SequenceMatcher(None, first, second, autojunk=False).get_opcodes() if step[0] != "equal"]
    left = [(start + i, start + j - 1) for _, i, j, _, _ in steps if j > i]
    right = [(start + i, start + j - 1) for _, _, _, i, j in steps if j > i]
    return left, right


def _token_maps(
    texts: list[list[str]],
    maps: list[Doubles],
    spans: tuple[list[tuple[int, int]], list[tuple[int, int]]],
    words: dict[str, str],
    width: int,
) -> go.Figure:
    layers = len(maps[0])
    height = min(max(9 * layers, 90), 240)
    shown = [[_short(token) for token in tokens] for tokens in texts]
    scaled = f"reading of {words['probe']}"
    room = round(max(wide(token, TOKEN) for tokens in shown for token in tokens)) + 14
    grid = Grid(
        [words["one"], words["other"]],
        height,
        above=room + 14,
        left=44,
        right=10,
        bottom=room + scale_room(scaled, width) + 8,
    )
    note = "Layers upwards, tokens to the right. Outlined: where the two texts differ."
    figure, panels = panelled(words["title"], grid, width=width, note=note)
    most = max(len(tokens) for tokens in texts)
    cell = panels[0].width / most
    scale = heat_scale(np.concatenate([found.ravel() for found in maps]))
    frames = []
    for panel, tokens, found, marked in zip(panels, shown, maps, spans, strict=True):
        told = [f"{place} {token}" for place, token in enumerate(tokens)]
        add_cells(figure, found, ([f"layer {layer}" for layer in range(layers)], told), scale, **panel.place)
        frames += [{**frame((0, layers - 1), span), **panel.refs} for span in marked]
        _token_ticks(figure, panel, tokens, marked, (cell, most))
        figure.update_layout(axes_of(panel, {}, _depth(layers, panel)))
    name_scale(figure.update_layout(shapes=frames), scaled, width)
    return bare_axes(figure)


def _token_ticks(
    figure: go.Figure, panel: Panel, tokens: list[str], marked: list[tuple[int, int]], sizes: tuple[float, int]
) -> None:
    """Tokens below their columns; where there is no room for all, those that differ, and what fits between them."""
    cell, most = sizes
    apart = (TOKEN + 2) / cell
    chosen = {place for first, last in marked for place in range(first, last + 1)}
    places = thinned(sorted(chosen), apart)
    for place in range(len(tokens)):
        if place not in chosen and all(abs(place - other) >= apart for other in places):
            places.append(place)
    places.sort()
    ticks = [f"<b>{written(tokens[place])}</b>" if place in chosen else written(tokens[place]) for place in places]
    looks = {
        "tickvals": places,
        "ticktext": ticks,
        "tickangle": -90,
        "tickfont_size": TOKEN,
        "range": [-0.5, most - 0.5],
    }
    figure.update_layout(axes_of(panel, looks, {}))


def _depth(layers: int, panel: Panel) -> dict[str, object]:
    return {"range": [-0.5, layers - 0.5], **layer_ticks(list(range(layers)), panel.height / 1.6)}


def _short(token: str) -> str:
    text = inline(token).strip("\u201c\u201d").strip() or "\u2423"
    return text if len(text) <= 12 else text[:11] + "\u2026"


def _quoted(tokens: list[str], spans: list[tuple[int, int]]) -> str:
    """The stretches of a text that the other lacks, in quotes."""
    found = [inline("".join(spaced(tokens[first : last + 1])).strip()) for first, last in spans]
    return ", ".join(found) or "nothing"
