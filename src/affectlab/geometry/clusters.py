"""Groups of words: the order of hierarchical clustering, k-means, and how firm its groups are.

All on unit vectors, so that direction alone counts. Points are coordinates with the same inner products as the vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from affectlab.core import Doubles, Ints, Score
from affectlab.geometry.baseline import above
from affectlab.geometry.grams import word_draws

MOST, STARTS, PAPER = 20, 10, 10
"""Groups are tried from 2 to so many, from so many starts each; the paper has ten."""
RESAMPLES, FREE, PERMUTATIONS = 40, 8, 500
FEW_STARTS = 3
"""Starts in a resample, where one fit of many matters less."""


def clustered_order(angles: Doubles) -> Ints:
    """The order in which hierarchical clustering (average linkage of 1 - cosine) puts the words side by side."""
    distances = squareform(np.clip(1 - angles, 0, None), checks=False)
    return np.asarray(leaves_list(optimal_leaf_ordering(linkage(distances, "average"), distances)), dtype=np.int64)


class Groups(NamedTuple):
    """The group of each word, numbered in the order in which they first occur."""

    labels: Ints
    silhouette: float
    """-1 to 1: how much nearer words are to their own group than to the next."""

    @property
    def k(self) -> int:
        return int(self.labels.max()) + 1


def group(points: Doubles, k: int, seed: int = 0) -> Groups:
    """K-means with k groups; the best of ten starts."""
    labels = _numbered(_fit(points, k, seed, STARTS).labels_)
    return Groups(labels, float(silhouette_score(points, labels)))


def best_groups(points: Doubles, seed: int = 0) -> tuple[Groups, dict[int, float]]:
    """The number of groups with the highest silhouette, and the silhouette of every number tried."""
    found = {k: group(points, k, seed) for k in range(2, min(MOST, len(points) - 1) + 1)}
    best = max(found, key=lambda k: found[k].silhouette)
    return found[best], {k: one.silhouette for k, one in found.items()}


def stability(points: Doubles, groups: Groups, *, resamples: int = RESAMPLES, seed: int = 0) -> Doubles:
    """Adjusted Rand index between the groups and those found among resampled words, [resamples].

    Words that were not drawn go to the nearest centre. 1 is the same groups, 0 no more than chance.
    """
    draws = word_draws(len(points), resamples, np.random.default_rng(seed))
    found = []
    for number, times in enumerate(draws):
        drawn = np.flatnonzero(times)
        fitted = _fit(points[drawn], min(groups.k, len(drawn)), seed + number, FEW_STARTS, times[drawn])
        found.append(agreement(groups.labels, fitted.predict(points)))
    return np.array(found)


def stability_scores(
    points: Doubles, groups: Groups, name: str, layer: int | None, *, bare: Doubles | None = None, seed: int = 0
) -> list[Score]:
    """The median stability over resamples of the words, with the middle 95 % of them.

    Its null are words that spread as far along every axis but have no groups: places dealt out anew along each axis.
    With points of the bare words, as many groups of theirs in the same resamples stand beside it.
    """
    found = stability(points, groups, seed=seed)
    generator, free = np.random.default_rng(seed), []
    for number in range(FREE):
        dealt = generator.permuted(points, axis=0)
        labels = Groups(_numbered(_fit(dealt, groups.k, seed, FEW_STARTS).labels_), 0.0)
        free.append(float(np.median(stability(dealt, labels, resamples=5, seed=seed + number))))
    low, high = (float(end) for end in np.quantile(found, [0.025, 0.975]))
    nulls = {"places dealt out along each axis": float(np.quantile(free, 0.95))}
    score = Score(name, float(np.median(found)), low, high, len(points), "words", 0.0, nulls, {}, layer)
    if bare is None:
        return [score]
    others = stability(bare, group(bare, groups.k, seed), seed=seed)
    return above(score, float(np.median(others)), found - others)


def agreement(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The adjusted Rand index of two groupings: scikit-learn's, without its checks, which take most of its time.

    Pairs of words that are together in both, over those that chance puts there: 1 for the same groups, 0 for chance.
    """
    table = np.bincount(one * (int(other.max()) + 1) + other)
    pairs = [float((counts * (counts - 1) / 2).sum()) for counts in (table, np.bincount(one), np.bincount(other))]
    expected = pairs[1] * pairs[2] / (len(one) * (len(one) - 1) / 2)
    most = (pairs[1] + pairs[2]) / 2
    return (pairs[0] - expected) / (most - expected) if most != expected else 1.0


def numbers(names: Sequence[str]) -> Ints:
    """A number for each name, the same for the same name."""
    return np.asarray(np.unique(np.array(names), return_inverse=True)[1], dtype=np.int64)


def naming_scores(
    groups: Groups, names: Sequence[str], name: str, layer: int | None, *, bare: Groups | None = None, seed: int = 0
) -> list[Score]:
    """How well the groups agree with named clusters: the adjusted Rand index, 1 for the same, 0 for chance.

    The interval is over the different words of each resample; the null permutes the names. Groups of the bare words
    stand beside it, in the same resamples.
    """
    known, labels = numbers(names), groups.labels
    generator = np.random.default_rng(seed)
    null = [agreement(generator.permutation(known), labels) for _ in range(PERMUTATIONS)]
    draws = word_draws(len(labels), PERMUTATIONS, generator) > 0
    found = np.array([agreement(known[drawn], labels[drawn]) for drawn in draws])
    low, high = (float(end) for end in np.quantile(found, [0.025, 0.975]))
    value, nulls = agreement(known, labels), {"permuted names": float(np.quantile(null, 0.95))}
    score = Score(name, value, low, high, len(labels), "words", 0.0, nulls, {}, layer)
    if bare is None:
        return [score]
    others = np.array([agreement(known[drawn], bare.labels[drawn]) for drawn in draws])
    return above(score, agreement(known, bare.labels), found - others)


def _fit(points: Doubles, k: int, seed: int, starts: int, weights: Ints | None = None) -> KMeans:
    return KMeans(k, n_init=starts, random_state=seed).fit(points, sample_weight=weights)


def _numbered(labels: NDArray[Any]) -> Ints:
    """The same groups, numbered in the order in which they first occur."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)
