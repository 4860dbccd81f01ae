"""How the vectors are arranged: their principal axes, beside what people said of the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Doubles, Floats, Score
from affectlab.errors import InputError
from affectlab.stats import bootstrap, correlation, pearson

FIRST = 3
"""An axis of arousal is looked for among so many."""
PERMUTATIONS = 2000


@dataclass(frozen=True, eq=False)
class Axes:
    """Principal axes of a set of vectors, the widest first."""

    places: Doubles = field(repr=False)
    """[emotions, axes]: where each emotion lies"""
    shares: Doubles
    """The share of variance along each axis."""


def principal_axes(vectors: Floats) -> Axes:
    """The axes of vectors [emotions, width], centred."""
    centred = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    left, scales, _ = np.linalg.svd(centred, full_matrices=False)
    return Axes(left * scales, scales**2 / (scales**2).sum())


def axis_scores(
    vectors: Floats,
    emotions: Sequence[str],
    pleasure: Mapping[str, float],
    arousal: Mapping[str, float],
    *,
    layer: int,
    seed: int = 0,
) -> list[Score]:
    """How the first axes lie beside ratings of pleasure and arousal, over the emotions that are rated.

    Signs of axes mean nothing, so |r|. The axis of arousal is the best of the first three: its null is the 95th
    percentile of the same best when the names are permuted.
    """
    rated = [place for place, name in enumerate(emotions) if name in pleasure and name in arousal]
    if len(rated) < 10:
        raise InputError("too few emotions are rated", where="norms", expected="at least 10", found=str(len(rated)))
    axes = principal_axes(vectors)
    p = np.array([pleasure[emotions[place]] for place in rated])
    a = np.array([arousal[emotions[place]] for place in rated])
    places = axes.places[rated, :FIRST]
    first, second = (places[:, axis] * np.sign(np.corrcoef(places[:, axis], r)[0, 1]) for axis, r in ((0, p), (1, a)))
    shares = {f"variance of axis {axis + 1}": float(axes.shares[axis]) for axis in range(FIRST)}
    pc1, pc2 = correlation(first, p, seed=seed), correlation(second, a, seed=seed)
    best = bootstrap(np.column_stack([places, a]), best_of_first, seed=seed)
    return [
        Score("map.pc1.pleasure", *pc1.interval, "words", 0.0, {"permuted names": pc1.null}, shares, layer),
        Score("map.pc2.arousal", *pc2.interval, "words", 0.0, {"permuted names": pc2.null}, {}, layer),
        Score(
            "map.axes.arousal",
            *best,
            "words",
            0.0,
            {"best with permuted names": _null_of_best(places, a, seed)},
            {},
            layer,
        ),
    ]


def best_of_first(rows: Doubles) -> float:
    """The largest |r| of the last column with one of the others."""
    return max(abs(float(pearson(rows[:, [axis, -1]]))) for axis in range(rows.shape[1] - 1))


def _null_of_best(places: Doubles, ratings: Doubles, seed: int) -> float:
    generator = np.random.default_rng(seed)
    found = [best_of_first(np.column_stack([places, generator.permutation(ratings)])) for _ in range(PERMUTATIONS)]
    return float(np.quantile(found, 0.95))
