"""Layers beside layers, and sets beside sets: do the same words stay near each other?

Representational similarity: Spearman's r of the cosines of all pairs of different words. Where words are drawn again, a
pair counts as often as both its words were drawn; a word drawn twice is no pair. Ranks are those within the resample,
found from one sorting: the rank of a pair is how many drawn pairs lie below it, plus the middle of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectlab.core import Doubles, Ints, Score
from affectlab.geometry.baseline import BARE
from affectlab.geometry.grams import cosines, word_draws

RESAMPLES, PERMUTATIONS = 1000, 200


class Likeness(NamedTuple):
    """Spearman's r between all layers (or sets), and the ends of its interval over words, [layers, layers]."""

    r: Doubles
    low: Doubles
    high: Doubles
    late: Doubles
    """The mean over late layers in every resample, [resamples]."""


class RankedPairs:
    """The cosines of all pairs of words in several sets [sets, words, words], sorted once.

    Whole numbers up to 2^24 are exact in single precision, which halves what a thousand resamples have to move.
    """

    def __init__(self, angles: Doubles) -> None:
        self.words = angles.shape[1]
        self.first, self.second = np.triu_indices(self.words, 1)
        values = angles[:, self.first, self.second]
        order = np.argsort(values, axis=1, kind="stable")
        ordered, places = np.take_along_axis(values, order, axis=1), np.arange(values.shape[1])
        new = np.diff(ordered, axis=1, prepend=-np.inf) > 0
        self.ties = not new.all()
        starts = np.maximum.accumulate(np.where(new, places, 0), axis=1)
        last = np.append(new[:, 1:], np.ones((len(new), 1), dtype=np.bool_), axis=1)
        ends = np.minimum.accumulate(np.where(last, places, len(places))[:, ::-1], axis=1)[:, ::-1]
        self.order = order.astype(np.int32)
        self.begins, self.ends = np.empty_like(self.order), np.empty_like(self.order)
        np.put_along_axis(self.begins, order, starts.astype(np.int32), axis=1)
        np.put_along_axis(self.ends, order, (ends + 1).astype(np.int32), axis=1)

    def standard(self, times: NDArray[Any] | None = None) -> Doubles:
        """Ranks of the drawn pairs [sets, pairs], scaled so that the product of two rows is Spearman's r."""
        times = np.ones(self.words) if times is None else times
        weights = (times[self.first] * times[self.second]).astype(np.float32)
        drawn = np.flatnonzero(weights)
        below = np.zeros((len(self.order), len(weights) + 1), dtype=np.float32)
        np.cumsum(weights.take(self.order), axis=1, out=below[:, 1:])
        ends = np.stack([row.take(place.take(drawn)) for row, place in zip(below, self.ends, strict=True)])
        weights = weights[drawn].astype(np.float64)
        if self.ties:
            ends += np.stack([row.take(place.take(drawn)) for row, place in zip(below, self.begins, strict=True)])
        else:
            ends += ends - weights.astype(np.float32)
        ranks = ends.astype(np.float64)
        ranks -= (ranks @ weights / weights.sum())[:, None]
        ranks *= np.sqrt(weights)
        norms = np.linalg.norm(ranks, axis=1, keepdims=True)
        return np.asarray(np.divide(ranks, norms, out=np.zeros_like(ranks), where=norms > 0))

    def r(self, times: NDArray[Any] | None = None) -> Doubles:
        """Spearman's r between the sets, [sets, sets]."""
        ranks = self.standard(times)
        return np.asarray(ranks @ ranks.T)

    def renamed(self, ranks: Doubles, order: Ints) -> Doubles:
        """The same ranks [pairs], as if the words had been given each other's names."""
        square = np.zeros((self.words, self.words))
        square[self.first, self.second] = square[self.second, self.first] = ranks
        return np.asarray(square[np.ix_(order, order)][self.first, self.second])


def likeness(products: Doubles, late: Ints, *, resamples: int = RESAMPLES, seed: int = 0) -> Likeness:
    """Layers beside layers, of Gram matrices [layers, words, words]; `late` are the places of the late layers."""
    pairs = RankedPairs(cosines(products))
    draws = word_draws(pairs.words, resamples, np.random.default_rng(seed))
    found = np.stack([pairs.r(times) for times in draws])
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    return Likeness(pairs.r(), low, high, np.array([between(one, late) for one in found]))


def between(r: Doubles, late: Ints) -> float:
    """The mean r between different layers among the late ones."""
    return float(r[np.ix_(late, late)][np.triu_indices(len(late), 1)].mean())


def late_layers(layers: tuple[int, ...], blocks: int) -> Ints:
    """Places of the layers from early-middle (a third of the depth) to the last."""
    return np.flatnonzero(np.array(layers) >= blocks // 3)


def late_score(
    products: Doubles,
    found: Likeness,
    late: Ints,
    nulls: Mapping[str, list[Doubles]],
    *,
    bare: Doubles | None = None,
    seed: int = 0,
) -> Score:
    """`rsa.late`: the mean r between layers from early-middle to the last.

    It does not depend on labels. Permuted names give each layer names of its own. Vectors of shuffled labels may well
    reach it, since what is left of single stories also goes through all layers.

    Bare words have one layer, so they give no such number and no margin. What stands beside it is how alike the late
    layers are to them, of whom `bare` is the Gram matrix.
    """
    pairs = RankedPairs(cosines(products[late]))
    ranks, generator = pairs.standard(), np.random.default_rng(seed)
    permuted = []
    for _ in range(PERMUTATIONS):
        dealt = np.stack([pairs.renamed(one, generator.permutation(pairs.words)) for one in ranks])
        permuted.append(between(dealt @ dealt.T, np.arange(len(late))))
    others = {
        kind: [between(RankedPairs(cosines(one[late])).r(), np.arange(len(late))) for one in sets]
        for kind, sets in nulls.items()
    }
    every = {"permuted names": permuted, **others}
    quantiles = {kind: float(np.quantile(values, 0.95)) for kind, values in every.items()}
    baselines = {"the first layer beside these": float(found.r[0, late[late > 0]].mean())} if late[0] > 0 else {}
    if bare is not None:
        baselines[BARE] = float((ranks @ RankedPairs(cosines(bare[None])).standard()[0]).mean())
    low, high = (float(end) for end in np.quantile(found.late, [0.025, 0.975]))
    return Score("rsa.late", between(found.r, late), low, high, pairs.words, "words", 0.0, quantiles, baselines)
