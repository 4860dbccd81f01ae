"""Figures of the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from affectlab import lexicon
from affectlab.core import Doubles
from affectlab.findings import Findings
from affectlab.report.figures import (
    arousal_layers_figure,
    axes_figure,
    cosines_figure,
    map_figure,
    norms_figure,
    rsa_figure,
)
from affectlab.report.html.study import FigureBlock

PLEASURE, AROUSAL = "pleasure", "arousal"
SHOWN = 8
"""Axes whose variance is drawn."""


def map_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `map` found."""
    yield from _similarity(found)
    yield FigureBlock("pca", places_figure(found), "The two widest axes of the vectors, coloured by rated pleasure.")
    if "umap" in found.arrays:
        figure = map_figure(
            found.arrays["umap"],
            found.facts["emotions"],
            _ratings(found)[PLEASURE],
            title="Neighbours in the plane (UMAP)",
            axes=("", ""),
            shade="rated pleasure (grey: not rated)",
        )
        caption = "UMAP keeps neighbours together; distances between far groups and the directions mean nothing."
        yield FigureBlock("umap", figure, caption)
    yield from _axes(found)
    yield from _norms(found)
    yield from _layers(found)


def places_figure(found: Findings) -> go.Figure:
    """Where the emotions lie along the two widest axes, pleasure to the right where people's ratings say which way."""
    places = np.array(found.arrays["pca"][:, :2], dtype=np.float64)
    shares = _shares(found)
    ratings = _ratings(found)
    for axis, name in enumerate((PLEASURE, AROUSAL)):
        places[:, axis] *= _sign(places[:, axis], ratings[name])
    return map_figure(
        places,
        found.facts["emotions"],
        ratings[PLEASURE],
        title="Where the emotion concepts lie",
        axes=(f"first axis, {shares[0]:.0%} of the variance", f"second axis, {shares[1]:.0%}"),
        shade="rated pleasure (grey: not rated)",
    )


def _similarity(found: Findings) -> Iterator[FigureBlock]:
    order = found.arrays["order"].tolist()
    names, cosines = found.facts["emotions"], found.arrays["cosines"].astype(np.float64)
    groups = found.arrays["groups10"] if "groups10" in found.arrays else np.zeros(len(names), dtype=np.int64)
    called = group_names(cosines, names, groups.tolist())
    figure = cosines_figure(
        cosines[np.ix_(order, order)],
        [names[place] for place in order],
        [called[place] for place in order],
        title="How alike the vectors are",
    )
    caption = (
        "Cosines between vectors, in the order of hierarchical clustering. Framed: the ten groups that k-means finds, "
        "each named by its two most central words."
    )
    yield FigureBlock("similarity", figure, caption)


def group_names(cosines: Doubles, names: Sequence[str], groups: Sequence[int]) -> list[str]:
    """For each word the name of its group: the two of its words that are most alike to all of it."""
    called = {}
    for group in set(groups):
        members = [place for place, other in enumerate(groups) if other == group]
        means = cosines[np.ix_(members, members)].mean(axis=1)
        called[group] = ", ".join(names[members[place]] for place in np.argsort(-means, kind="stable")[:2].tolist())
    return [called[group] for group in groups]


def _axes(found: Findings) -> Iterator[FigureBlock]:
    correlations = found.arrays["correlations"][_here(found)]
    shown = min(SHOWN, correlations.shape[1], len(_shares(found)))
    lines = {
        rating: correlations[place, :shown]
        for place, rating in enumerate(found.facts["ratings"])
        if np.isfinite(correlations[place]).any()
    }
    figure = axes_figure(_shares(found)[:shown], lines, title="What the widest axes hold")
    caption = "The share of all differences that lies along each axis, and its correlation with what people rated."
    yield FigureBlock("axes", figure, caption)


def _norms(found: Findings) -> Iterator[FigureBlock]:
    ratings, places = _ratings(found), found.arrays["pca"]
    correlations = found.arrays["correlations"][_here(found)]
    for number, (rating, key) in enumerate(((PLEASURE, "norms"), (AROUSAL, "norms-arousal"))):
        known = np.isfinite(ratings[rating])
        if known.sum() < 3:
            continue
        axis = 0 if not number else int(np.nanargmax(np.abs(correlations[found.facts["ratings"].index(rating)][:3])))
        values = places[known, axis] * _sign(places[:, axis], ratings[rating])
        names = [name for name, there in zip(found.facts["emotions"], known, strict=True) if there]
        r = float(np.corrcoef(values, ratings[rating][known])[0, 1])
        figure = norms_figure(
            values,
            ratings[rating][known],
            names,
            title=f"Axis {axis + 1} beside rated {rating}",
            axis=f"place on axis {axis + 1}",
            rating=f"rated {rating}",
            r=r,
        )
        yield FigureBlock(key, figure, f"Each word that people rated: its place on the axis, and its rated {rating}.")


def _layers(found: Findings) -> Iterator[FigureBlock]:
    layers = found.facts["layers"]
    if AROUSAL in found.facts["ratings"] and len(layers) > 1:
        place = found.facts["ratings"].index(AROUSAL)
        shown = found.arrays["correlations"][:, place, :SHOWN]
        if np.isfinite(shown).any():
            figure = arousal_layers_figure(shown, layers, title="Which axis is arousal, from layer to layer")
            yield FigureBlock("arousal", figure, "The axis that carries arousal may change with depth.")
    if "rsa" in found.arrays:
        figure = rsa_figure(found.arrays["rsa"], layers, title="Layers beside layers")
        yield FigureBlock("rsa", figure, "How alike the whole arrangement of emotions is at two layers.")


def _here(found: Findings) -> int:
    return int(found.facts["layers"].index(found.facts["layer"]))


def _shares(found: Findings) -> Doubles:
    return np.asarray(found.arrays["shares"][_here(found)], dtype=np.float64)


def _ratings(found: Findings) -> Mapping[str, Doubles]:
    """What people said of each word, by rating; nan where nobody did."""
    if "human" in found.arrays:
        return dict(zip(found.facts["ratings"], found.arrays["human"], strict=True))
    rated = {emotion.name: emotion for emotion in lexicon.emotions()}

    def of(name: str, rating: str) -> float:
        value = getattr(rated[name], rating) if name in rated else None
        return np.nan if value is None else float(value)

    return {rating: np.array([of(name, rating) for name in found.facts["emotions"]]) for rating in (PLEASURE, AROUSAL)}


def _sign(values: Doubles, ratings: Doubles) -> float:
    """The direction of an axis means nothing: turn it so that it rises with the rating."""
    known = np.isfinite(ratings)
    if known.sum() < 3:
        return 1.0
    return -1.0 if np.corrcoef(values[known], ratings[known])[0, 1] < 0 else 1.0
