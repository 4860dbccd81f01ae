"""Figures of the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

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
SHADE = "rated pleasure (grey: not rated)"


def map_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `map` found."""
    yield from _similarity(found)
    yield FigureBlock("pca", places_figure(found), "The two widest axes of the vectors, coloured by rated pleasure.")
    if "beside" in found.arrays:
        yield FigureBlock(
            "beside", beside_figure(found), "The vectors that these were held against, in the same plane."
        )
    if "umap" in found.arrays:
        figure = map_figure(
            found.arrays["umap"],
            found.facts["emotions"],
            _ratings(found)[PLEASURE],
            title="Neighbours in the plane (UMAP)",
            axes=("", ""),
            shade=SHADE,
            note=_source(found),
        )
        caption = "UMAP keeps neighbours together; distances between far groups and the directions mean nothing."
        yield FigureBlock("umap", figure, caption)
    yield from _axes(found)
    yield from _norms(found)
    yield from _layers(found)


def places_figure(found: Findings) -> go.Figure:
    """Where the emotions lie along the two widest axes, which the map has turned to rise with the ratings."""
    shares = _shares(found)
    return map_figure(
        found.arrays["pca"][:, :2],
        found.facts["emotions"],
        _ratings(found)[PLEASURE],
        title="Where the emotion concepts lie",
        axes=(f"first axis, {shares[0]:.0%} of the variance", f"second axis, {shares[1]:.0%}"),
        shade=SHADE,
        note=_source(found),
    )


def beside_figure(found: Findings) -> go.Figure:
    """Where the same words lie in the vectors that these were held against, turned into the plane of the map."""
    places, other = found.arrays["beside"], found.facts["beside"]
    shared = np.flatnonzero(np.isfinite(places).all(axis=1)).tolist()
    return map_figure(
        places[shared],
        [found.facts["emotions"][place] for place in shared],
        _ratings(found)[PLEASURE][shared],
        title=f"The same words in the vectors of {other['model']}, layer {other['layer']}",
        axes=("along the first axis of the map", "along the second"),
        shade=SHADE,
        note=f"Turned and scaled to where they fit the map best. {_source(found)}".strip(),
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
    caption = f"{caption} {_source(found)}".strip()
    yield FigureBlock("axes", figure, caption)


def _norms(found: Findings) -> Iterator[FigureBlock]:
    ratings, places = _ratings(found), found.arrays["pca"]
    correlations = found.arrays["correlations"][_here(found)]
    for number, (rating, key) in enumerate(((PLEASURE, "norms"), (AROUSAL, "norms-arousal"))):
        along = correlations[found.facts["ratings"].index(rating)]
        if not np.isfinite(along).any():
            continue
        axis = 0 if not number else int(np.nanargmax(np.abs(along)))
        r = float(along[axis])  # an axis has no direction of its own: it is drawn so that it rises with the rating
        figure = norms_figure(
            places[:, axis] * (-1.0 if r < 0 else 1.0),
            ratings[rating],
            found.facts["emotions"],
            title=f"Axis {axis + 1} beside rated {rating}",
            axis=f"place on axis {axis + 1}",
            rating=f"rated {rating}",
            r=abs(r),
            note=_source(found),
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
    """What people said of each word, by rating, in the norms that the map was made with; nan where nobody did."""
    return dict(zip(found.facts["ratings"], found.arrays["ratings"].T, strict=True))


def _source(found: Findings) -> str:
    """Whose ratings these are, for the note of a figure; nothing where no word is rated."""
    rated = found.facts["norms"] and np.isfinite(found.arrays["ratings"]).any()
    return f"Ratings: {found.facts['norms']}." if rated else ""
