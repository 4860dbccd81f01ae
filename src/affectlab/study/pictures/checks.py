"""Figures of the checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from affectlab.checks.colon import correlations
from affectlab.checks.scenes import PERMUTATIONS
from affectlab.core import Score
from affectlab.findings import Findings
from affectlab.report.claims.verdicts import SHUFFLED
from affectlab.report.figures import (
    colon_figure,
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
    for draw in (_held_out, _lens, _steering, _scenes, _depth, _ladders, _colon, _pairs):
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
        of_folds=list(facts["layer_of_fold"].values()),
        chance={MEASURES[name]: float(facts["chance"][name]) for name in measures},
        nulls={MEASURES[name]: found[f"heldout.{name}"].nulls.get(SHUFFLED, np.nan) for name in measures},
        title="Stories on topics that the vectors were not made from",
    )
    caption = (
        "How well the emotion of a held-out story is read at each layer: the AUC, and shares of stories. The ringed "
        f"layer has the highest AUC of those from {facts['candidates'][0]} on, each fold of topics held out in turn. "
        "The claims here do not rest on it: each fold is read at the layer that is best for the others (triangles). "
        f"{_close(found)}"
    )
    yield FigureBlock("heldout", figure, caption)


def _close(found: Findings) -> str:
    """By how much the layers chosen for folds beat the next best ones, on the folds that chose them."""
    ordered = np.sort(found.arrays["heldout.inner"], axis=1)[:, ::-1].mean(axis=0)
    if len(ordered) < 2:
        return "There was no other to choose."
    return f"These have an AUC of {ordered[0]:.3f} there, on average, and of {ordered[1]:.3f} at their next best layer."


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
    rank, diagonal = (_p(found.facts["scenes"]["scenes"]["p"][key]) for key in ("rank", "diagonal"))
    caption = (
        'Mean reading at the ":" before the answer. Each row is told in several scenes of its own. Dealt out to the '
        f"scenes by chance, {PERMUTATIONS:,} times, emotions rank as high with {rank}, and are as often the highest of "
        f"their rows with {diagonal}."
    )
    yield FigureBlock("scenes", figure, caption)


def _p(value: float) -> str:
    return f"p = {value:.2g}" if value >= 0.001 else "p < 0.001"


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


def _colon(found: Findings) -> Iterator[FigureBlock]:
    if "colon.colon" not in found.arrays:
        return
    user, colon, reply = (found.arrays[f"colon.{place}"].astype(np.float64) for place in ("user", "colon", "reply"))
    shuffled = found["colon.reply"].nulls.get(SHUFFLED)
    figure = colon_figure(
        correlations(user, reply),
        correlations(colon, reply),
        found.facts["heldout"]["emotions"],
        means=(_ends(found["colon.user"]), _ends(found["colon.reply"])),
        nulls={} if shuffled is None else {"shuffled labels": shuffled},
        title="How well the reading before an answer foretells it",
    )
    caption = (
        f"Each emotion's reading, over {len(reply)} prompts, correlated with its mean reading in the reply: at the "
        "colon, and at the last token of what the user said. Above the dotted line the colon foretells more."
    )
    yield FigureBlock("colon", figure, caption)


def _ends(score: Score) -> tuple[float, float, float]:
    return score.value, score.low, score.high


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
