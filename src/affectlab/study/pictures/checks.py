"""Figures of the checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from affectlab.findings import Findings
from affectlab.report.claims.verdicts import SHUFFLED
from affectlab.report.figures import (
    depth_figure,
    heldout_figure,
    ladders_figure,
    lens_figure,
    scenes_figure,
    steered_words_figure,
    token_maps_figure,
)
from affectlab.report.html.study import FigureBlock

MEASURES = {
    "auc": "AUC",
    "top1": "its own word reads highest",
    "top5": "its own word is among the five highest",
    "cluster": "the highest word is of its own cluster",
}
"""Scores of held-out stories, as a reader is told of them."""
DIFFERENCES = {
    "degree": "a word of degree",
    "number": "a number",
    "negation": "a negation",
    "person": "who is meant",
}
"""What the two texts of a pair differ in, by theme."""
LENS_ROWS = 12
"""Emotions in the table of tokens."""
MAPS = 4
"""Pairs of texts that are drawn by layer and token."""


def check_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `validate` found."""
    for draw in (_held_out, _lens, _steering, _scenes, _depth, _ladders, _pairs):
        yield from draw(found)


def _held_out(found: Findings) -> Iterator[FigureBlock]:
    facts = found.facts.get("heldout")
    if facts is None:
        return
    curves = found.arrays["heldout.by_layer"]
    measures = facts["measures"]
    figure = heldout_figure(
        found.arrays["heldout.layers"].tolist(),
        {MEASURES[name]: curves[place, 0] for place, name in enumerate(measures)},
        chosen=int(facts["layer"]),
        chance={MEASURES[name]: float(facts["chance"][name]) for name in measures},
        nulls={MEASURES[name]: found[f"heldout.{name}"].nulls.get(SHUFFLED, np.nan) for name in measures},
        title="Stories on topics that the vectors were not made from",
    )
    caption = (
        "How well the emotion of a held-out story is read at each layer: the AUC, and shares of stories. The marked "
        "layer is the one that all other claims use; it was chosen on these topics with each fold held out in turn."
    )
    yield FigureBlock("heldout", figure, caption)


def _lens(found: Findings) -> Iterator[FigureBlock]:
    if "lens" not in found.facts:
        return
    tokens = found.facts["lens"]["tokens"]
    places = found.arrays["lens.places"]
    focus = found.facts.get("scenes", {}).get("focus") or list(tokens)
    names = [name for name in focus if name in tokens][:LENS_ROWS]
    top, bottom = (
        {name: [(str(token), float(score)) for token, score in tokens[name][end]] for name in names}
        for end in ("top", "bottom")
    )
    figure = lens_figure(top, bottom, title="Words that each vector makes more and less likely")
    caption = (
        f"Each vector read through the model's own unembedding. On average {np.mean(places):.0%} of all tokens score "
        "lower than the emotion's own word."
    )
    yield FigureBlock("lens", figure, caption)


def _steering(found: Findings) -> Iterator[FigureBlock]:
    if "steering" not in found.facts:
        return
    facts = found.facts["steering"]
    figure = steered_words_figure(
        found.arrays["steering.you.matrix"], facts["words"], title="What the model says it feels, when steered"
    )
    caption = (
        f"Asked how it feels: how far each vector, added at {facts['strength']:g} of the residual norm, raises the "
        "log-probability of each word. The same asked of somebody else stands in the claim beside it."
    )
    yield FigureBlock("steering", figure, caption)


def _scenes(found: Findings) -> Iterator[FigureBlock]:
    if "scenes.matrix" not in found.arrays:
        return
    focus = found.facts["scenes"]["focus"]
    figure = scenes_figure(
        found.arrays["scenes.matrix"],
        [f"{name} scenes" for name in focus],
        focus,
        title="Scenes that imply an emotion and never name it",
    )
    caption = 'Mean reading at the ":" before the answer. Each row is told in several scenes of its own.'
    yield FigureBlock("scenes", figure, caption)


def _ladders(found: Findings) -> Iterator[FigureBlock]:
    curves = {}
    for name, facts in found.facts.get("ladders", {}).items():
        told, twin = (found.arrays[f"ladders.{name}.{kind}"] for kind in ("told", "twin"))
        probes = list(facts["rises"])
        curves[facts["wording"].replace("{N}", "N")] = (
            found.arrays[f"ladders.{name}.numbers"].tolist(),
            dict(zip(probes, told, strict=True)),
            dict(zip(probes, twin, strict=True)),
        )
    if curves:
        figure = ladders_figure(curves, title="Readings as one number in a sentence grows", number="N")
        caption = 'Read at the ":" before the answer to each sentence. N is the number.'
        yield FigureBlock("ladders", figure, caption)


def _pairs(found: Findings) -> Iterator[FigureBlock]:
    pairs = found.facts.get("pairs", {})
    for number, (key, facts) in enumerate(_spread(pairs.get("maps", {}))):
        probe = next(iter(facts["higher"]))
        maps = [(facts[f"tokens_{member}"], found.arrays[f"pairs.{key}.{member}"][0]) for member in ("one", "other")]
        differ = DIFFERENCES[key.split(".")[0]]
        names = (facts["one"], facts["other"])
        figure = token_maps_figure(*maps, probe=probe, title=f"{probe}, by layer and token", names=names)
        caption = f"Two texts that differ in {differ}, read at every token and layer with the vector of {probe}."
        yield FigureBlock("pairs" if not number else f"pairs-{number}", figure, caption)


def _spread(maps: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Some of the pairs, of as many themes as there are, and not neighbours in their list."""
    themes = list(dict.fromkeys(key.split(".")[0] for key in maps))
    each = -(-MAPS // max(len(themes), 1))
    ordered = []
    for theme in themes:
        keys = [key for key in maps if key.split(".")[0] == theme]
        ordered += [keys[place] for place in range(0, len(keys), max(1, len(keys) // each))][:each]
    return [(key, maps[key]) for key in ordered[:MAPS]]


def _depth(found: Findings) -> Iterator[FigureBlock]:
    if "scenes.by_layer" not in found.arrays:
        return
    layers = found.arrays["scenes.layers"].tolist()
    places = {'at the ":"': "scenes.by_layer", "over the human's words": "scenes.user.by_layer"}
    lines = {name: found.arrays[key] - 0.5 for name, key in places.items()}
    title = "Where in depth an implied emotion is read"
    figure = depth_figure(layers, lines, title=title, shift="rank above chance (0.5 at most)")
    caption = "The rank of the implied emotion among all scenes, less 0.5, which is chance, at each layer."
    yield FigureBlock("depth", figure, caption)
