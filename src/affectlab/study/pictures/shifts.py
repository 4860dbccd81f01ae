"""Figures of base against post-trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from affectlab.findings import Findings
from affectlab.report.figures import depth_figure, series_figure, series_scores_figure, shift_figure
from affectlab.report.html.study import FigureBlock

MEASURES = {
    "shift and arousal": "shift.arousal",
    "shift and pleasure": "shift.pleasure",
    "agreement of the prompts": "agreement",
}
"""What is followed from layer to layer and from checkpoint to checkpoint, by the names that people see."""


def shift_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `compare` found."""
    arrays = found.arrays
    if "shift" not in arrays:
        return
    caption = (
        'Mean readings at the ":" over all prompts. A filled dot: the shift is more than what chance would give among '
        "so many words (false discoveries are controlled)."
    )
    yield FigureBlock("shift", pair_figure(found, "Before and after post-training"), caption)
    lines = {name: arrays[f"by_layer.{key}"][:, 0] for name, key in MEASURES.items() if f"by_layer.{key}" in arrays}
    if lines:
        figure = depth_figure(
            arrays["layers"].tolist(), lines, title="The shift from layer to layer", shift="correlation over emotions"
        )
        caption = (
            "At each layer: the shift of an emotion against its rated arousal and pleasure, and the shifts on "
            "challenging prompts against those on neutral ones."
        )
        yield FigureBlock("temperament", figure, caption)
    yield from series_figures(found)


def pair_figure(found: Findings, title: str) -> go.Figure:
    """The base against the last checkpoint."""
    arrays, facts = found.arrays, found.facts
    return shift_figure(
        arrays["base"],
        arrays["post"],
        facts["emotions"],
        arrays["shift"],
        arrays["shift.low"],
        arrays["shift.high"],
        facts["moved"],
        title=title,
    )


def series_figures(found: Findings) -> Iterator[FigureBlock]:
    """The way from the base to the last checkpoint, where there are several."""
    posts = checkpoint_names(found.facts["posts"])
    if len(posts) < 2:
        return
    figure = series_figure(posts, found.arrays["series.shift"], found.facts["emotions"], title="The way of the shifts")
    caption = f"Shifts of the mean reading from the base, {found.facts['base']['id']}, at every checkpoint."
    yield FigureBlock("series", figure, caption)
    scores = {name: rows for name, key in MEASURES.items() if (rows := _along(found, key, len(posts)))}
    if scores:
        figure = series_scores_figure(posts, scores, title="What the shifts go with, checkpoint by checkpoint")
        caption = "Correlations over emotions, as in the scores; the last checkpoint is the one that is compared."
        yield FigureBlock("series-scores", figure, caption)


def checkpoint_names(posts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of checkpoints, with their revisions where the same model stands for several."""
    names = [str(post["id"]) for post in posts]
    revisions = [str(post.get("revision", ""))[:8] for post in posts]
    return [
        f"{name}@{revision}" if names.count(name) > 1 and revision else name
        for name, revision in zip(names, revisions, strict=True)
    ]


def _along(found: Findings, key: str, count: int) -> list[tuple[float, float, float]]:
    """A score at every checkpoint of the series, with its interval; nothing where one of them lacks it."""
    names = [*(f"temperament.series.{number}.{key}" for number in range(1, count)), f"temperament.{key}"]
    if not all(name in found for name in names):
        return []
    return [(found[name].value, found[name].low, found[name].high) for name in names]
