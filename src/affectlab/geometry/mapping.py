"""The map of a vector set: everything about how the vectors are arranged, gathered as findings.

1. Cosines in the order of hierarchical clustering; k-means with its stability, beside the lexicon's clusters.
2. Principal axes and UMAP; shares of variance; axes beside human ratings, at one layer and at every one.
3. Layers beside layers; raw beside clean vectors.
4. The same of the bare words, where they are given, and of vector sets that know nothing of the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from affectlab import lexicon
from affectlab.checks.controls import Controls
from affectlab.core import Doubles, Floats, Ints, Score
from affectlab.errors import InputError, TooFewError
from affectlab.findings import Findings
from affectlab.geometry.clusters import (
    PAPER,
    Groups,
    agreement,
    best_groups,
    clustered_order,
    group,
    naming_scores,
    numbers,
    stability_scores,
)
from affectlab.geometry.grams import FoldGram, centred, coordinates, cosines, gram, grams, of_form
from affectlab.geometry.human import AROUSAL, SHARES, ByLayer, Words, rated_measures, scores_of
from affectlab.geometry.layers import Likeness, late_layers, late_score, likeness
from affectlab.geometry.norms import FEWEST, RATINGS, Norms, lexicon_norms
from affectlab.geometry.plane import placing
from affectlab.geometry.sets import agreement_scores
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

RESAMPLES = 1000
FEWEST_WORDS = 5
"""Fewer than this make no map."""
FEWEST_GROUPED = 20
"""Groups are looked for among at least so many words."""


def map_vectors(
    vectors: VectorSet,
    *,
    layer: int | None = None,
    norms: Norms | None = None,
    controls: Controls | None = None,
    sums: Sums | None = None,
    baseline: Floats | None = None,
    seed: int = 0,
    progress: Callable[[str], None] = lambda stage: None,
) -> Findings:
    """How the vectors are arranged, at a layer (the default one) and from layer to layer.

    `norms` are the lexicon's unless given. `controls` are vector sets for nulls, `sums` those of the extraction, for
    intervals over folds of topics too; `baseline` [emotions, width] are the bare words, from `bare_word_vectors`.
    `progress` is told each stage as it begins.
    """
    if len(vectors.emotions) < FEWEST_WORDS:
        expected, found = f"at least {FEWEST_WORDS} emotions", str(len(vectors.emotions))
        raise TooFewError("too few emotions for a map", where="vectors", expected=expected, found=found)
    if baseline is not None and (baseline.ndim != 2 or len(baseline) != len(vectors.emotions)):
        expected, found = f"({len(vectors.emotions)}, width)", str(baseline.shape)
        raise InputError("the baseline is no vector for each emotion", where="baseline", expected=expected, found=found)
    at = vectors.default_layer if layer is None else layer
    given = Given(vectors, at, norms or lexicon_norms(), controls or {}, sums, baseline, seed)
    findings = Findings(facts=_facts(given))
    # Thousands of small matrices: threads would wait for each other, and for the process that places the words.
    with placing(coordinates(cosines(centred(given.here))), seed=seed) as places, threadpool_limits(1):
        for stage, work in STAGES.items():
            progress(stage)
            findings += work(given)
        progress("plane")
        return findings + Findings(arrays={"umap": places()})


@dataclass(frozen=True, eq=False)
class Given:
    """What the stages work on: the arguments, with the Gram matrices of every layer and the ratings of every word."""

    vectors: VectorSet
    layer: int
    norms: Norms
    controls: Controls
    sums: Sums | None
    baseline: Floats | None
    seed: int
    products: Doubles = field(init=False, repr=False)
    """[layers, words, words]"""
    ratings: Doubles = field(init=False, repr=False)
    """[ratings, words]"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "products", grams(self.vectors))
        object.__setattr__(self, "ratings", self.norms.table(self.vectors.emotions))

    @property
    def here(self) -> Doubles:
        """The Gram matrix at the layer of the map."""
        found: Doubles = self.products[self.vectors.place(self.layer)]
        return found

    @property
    def bare(self) -> Doubles | None:
        """The Gram matrix of the bare words, where they are given."""
        return None if self.baseline is None else gram(self.baseline)

    def null_grams(self) -> dict[str, Doubles]:
        """Gram matrices at the same layer of every control, [sets, words, words]."""
        return {
            kind: np.stack([gram(of_form(one)[one.place(self.layer)]) for one in sets])
            for kind, sets in self.controls.items()
            if sets
        }


def _facts(given: Given) -> dict[str, Any]:
    return {
        "emotions": list(given.vectors.emotions),
        "layers": list(given.vectors.layers),
        "layer": given.layer,
        "blocks": int(given.vectors.header["model"]["blocks"]),
        "form": "raw" if given.vectors.clean is None else "clean",
        "ratings": list(RATINGS),
        "norms": given.norms.source,
        "rated": int(np.isfinite(given.ratings[:2]).all(axis=0).sum()),
    }


def angles_of_words(given: Given) -> Findings:
    """Cosines at the layer of the map, with their order, and lengths at every layer."""
    angles = cosines(given.here)
    lengths = np.sqrt(np.diagonal(given.products, axis1=1, axis2=2))
    arrays: dict[str, NDArray[Any]] = {"cosines": angles.astype(np.float32), "lengths": lengths}
    return Findings(arrays={**arrays, "order": clustered_order(angles)})


def _groups(given: Given) -> Findings:
    words, layer, seed = given.vectors.emotions, given.layer, given.seed
    if len(words) < FEWEST_GROUPED:
        return Findings(facts={"groups": f"fewer than {FEWEST_GROUPED} words: none were looked for"})
    points = coordinates(cosines(given.here))
    bare = None if given.bare is None else coordinates(cosines(given.bare))
    best, silhouettes = best_groups(points, seed)
    ten = group(points, PAPER, seed)
    scores = [
        *stability_scores(points, best, "map.groups.stability", layer, bare=bare, seed=seed),
        *stability_scores(points, ten, "map.groups10.stability", layer, bare=bare, seed=seed),
    ]
    cluster_of = {emotion.name: emotion.cluster for emotion in lexicon.emotions()}
    known = np.array([place for place, word in enumerate(words) if word in cluster_of], dtype=np.int64)
    if len({cluster_of[words[place]] for place in known}) > 1 and len(known) >= FEWEST_GROUPED:
        scores += _naming(given, known, [cluster_of[words[place]] for place in known])
    facts = {"k": best.k, "silhouettes": {str(k): value for k, value in silhouettes.items()}}
    return Findings(tuple(scores), {"groups": best.labels, "groups10": ten.labels}, facts)


def _naming(given: Given, known: Ints, names: list[str]) -> list[Score]:
    """Ten groups of the words that the lexicon knows, beside its clusters, with the same of bare words and controls."""

    def groups(products: Doubles) -> Groups:
        return group(coordinates(cosines(products[np.ix_(known, known)])), PAPER, given.seed)

    bare = None if given.bare is None else groups(given.bare)
    name, layer, seed = "map.groups10.lexicon", given.layer, given.seed
    score, *margin = naming_scores(groups(given.here), names, name, layer, bare=bare, seed=seed)
    nulls = {
        kind: float(np.quantile([agreement(numbers(names), groups(one).labels) for one in products], 0.95))
        for kind, products in given.null_grams().items()
    }
    return [replace(score, nulls={**score.nulls, **nulls}), *margin]


def _axes(given: Given) -> Findings:
    """At the layer of the map: axes beside ratings, which figures show, and beside bare words."""
    products = given.here[None]
    if given.bare is not None:
        products = np.concatenate([products, given.bare[None]])
    folds = None if given.sums is None else FoldGram(given.vectors, given.sums, given.layer)
    words = Words(products, given.ratings, given.layer, folds, given.null_grams())
    measures = {**rated_measures(words), **SHARES}
    scores = scores_of(words, measures, resamples=RESAMPLES, seed=given.seed)
    return Findings(tuple(scores), {"ratings": given.ratings.T})


def layers_of_words(given: Given, resamples: int | None = None) -> Findings:
    """Every layer: axes beside ratings, and layers beside layers. The two share the processor."""
    late = late_layers(given.vectors.layers, int(given.vectors.header["model"]["blocks"]))
    options = {"resamples": resamples or RESAMPLES, "seed": given.seed}
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(likeness, given.products, late, **options) if len(late) > 1 else None
        axes = ByLayer(given.products, given.ratings, **options)
        found = waiting.result() if waiting else None
    place = given.vectors.place(given.layer)
    arrays: dict[str, NDArray[Any]] = {
        "pca": axes.places[place],
        "shares": axes.shares,
        "shares_low": axes.shares_low,
        "shares_high": axes.shares_high,
        "correlations": axes.r,
        "correlations_low": axes.r_low,
        "correlations_high": axes.r_high,
    }
    rated = np.isfinite(axes.r[:, AROUSAL]).all()
    facts = {"axis of arousal": (axes.carrier(AROUSAL) + 1).tolist()} if rated else {}
    return Findings(arrays=arrays, facts=facts) + (_late(given, found, late) if found else Findings())


def _late(given: Given, found: Likeness, late: Ints) -> Findings:
    nulls = {kind: [grams(one) for one in sets] for kind, sets in given.controls.items() if sets}
    score = late_score(given.products, found, late, nulls, bare=given.bare, seed=given.seed)
    arrays: Mapping[str, NDArray[Any]] = {"rsa": found.r, "rsa_low": found.low, "rsa_high": found.high}
    return Findings((score,), arrays, {"late layers": [given.vectors.layers[place] for place in late]})


def _sets(given: Given) -> Findings:
    """Raw beside clean, and the vectors beside bare words."""
    vectors, place = given.vectors, given.vectors.place(given.layer)
    if len(vectors.emotions) < FEWEST:
        return Findings()
    others = {"map.bare": given.baseline, "map.raw": None if vectors.clean is None else vectors.raw[place]}
    scores: list[Score] = []
    for name, other in others.items():
        if other is not None:
            here, words = of_form(vectors)[place], vectors.emotions
            options = {"layer": given.layer, "resamples": RESAMPLES, "seed": given.seed}
            scores += agreement_scores(here, words, other, words, name=name, **options)
    return Findings(tuple(scores))


STAGES: Mapping[str, Callable[[Given], Findings]] = {
    "angles": angles_of_words,
    "groups": _groups,
    "axes": _axes,
    "layers": layers_of_words,
    "sets": _sets,
}
"""By the names that `progress` is told."""
