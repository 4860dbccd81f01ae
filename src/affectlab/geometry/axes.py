"""Principal axes of the words, of all of them and of resamples, and how they go with ratings.

    centred Gram matrix = U diag(v) U^T;  places = U sqrt(v);  share of axis k = v_k / sum of v

A word that was drawn w times counts w times: its row and column are scaled by sqrt(w), and the places divided by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dsyevr
from threadpoolctl import threadpool_limits

from affectlab.core import Doubles, Ints
from affectlab.errors import InputError
from affectlab.geometry.grams import GramsAt
from affectlab.stats import pearson

FIRST = 3
"""An axis of arousal is looked for among so many."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Principal axes of a set of vectors, the widest first."""

    places: Doubles = field(repr=False)
    """[emotions, axes]: where each emotion lies"""
    shares: Doubles
    """The share of variance along each axis."""


def principal_axes(vectors: NDArray[Any]) -> Axes:
    """The axes of vectors [emotions, width], centred."""
    centred = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    left, scales, _ = np.linalg.svd(centred, full_matrices=False)
    return Axes(left * scales, scales**2 / (scales**2).sum())


def best_of_first(rows: Doubles) -> float:
    """The largest |r| of the last column with one of the others."""
    return max(abs(float(pearson(rows[:, [axis, -1]]))) for axis in range(rows.shape[1] - 1))


class FirstAxes(NamedTuple):
    """The first axes of several sets of the same words: places [sets, words, 3] and shares of variance [sets, 3]."""

    places: Doubles
    shares: Doubles


def first_axes(products: Doubles, times: Ints) -> FirstAxes:
    """The first axes of Gram matrices [sets, words, words] with each word counted so many times.

    LAPACK's own routine is called, for only the axes that are wanted: this runs a thousand times for each layer.
    """
    total, root, words = times.sum(), np.sqrt(times), len(times)
    rows = products @ times / total
    scaled = products - (rows - (rows @ times / total)[:, None])[:, :, None]
    scaled -= rows[:, None, :]
    scaled *= root[:, None] * root
    variance = np.trace(scaled, axis1=1, axis2=2)
    found = FirstAxes(np.zeros((len(scaled), words, FIRST)), np.zeros((len(scaled), FIRST)))
    last = min(FIRST, words)
    for place, matrix in enumerate(scaled):
        # The transpose of a symmetric matrix is the same one, in the order that LAPACK takes without a copy.
        values, vectors, _, _, failed = dsyevr(matrix.T, range="I", il=words - last + 1, iu=words, overwrite_a=1)
        if failed:
            raise InputError("the principal axes could not be found", found=f"LAPACK's dsyevr says {failed}")
        values = np.maximum(values[last - 1 :: -1], 0.0)
        found.places[place, :, :last] = vectors[:, ::-1] * np.sqrt(values) / root[:, None]
        found.shares[place, :last] = values / variance[place] if variance[place] > 0 else 0.0
    return found


def oriented(places: Doubles, ratings: Doubles) -> Doubles:
    """The same places [sets, words, 3] with the first axis along the first rating and the others along the second.

    Signs of axes mean nothing. Without ratings the word that lies farthest out is on the positive side.
    """
    found = places.copy()
    for axis in range(places.shape[2]):
        rating = ratings[0 if axis == 0 else 1] if len(ratings) > 1 else np.zeros(0)
        for one in found:
            r = weighted_r(one[None, :, axis : axis + 1], rating, np.ones(len(rating)))[0, 0] if rating.size else 0.0
            side = r if r != 0 else one[np.abs(one[:, axis]).argmax(), axis]
            one[:, axis] *= -1.0 if side < 0 else 1.0
    return found


def weighted_r(places: Doubles, rating: Doubles, times: NDArray[Any]) -> Doubles:
    """Pearson's r of each axis of places [sets, words, axes] with a rating (nan: not rated), [sets, axes]."""
    known = np.isfinite(rating)
    weights, values, points = times[known].astype(np.float64), rating[known], places[:, known]
    total = weights.sum()
    if total == 0:
        return np.zeros((len(places), places.shape[2]))
    values = values - weights @ values / total
    points = points - np.einsum("n,snk->sk", weights, points)[:, None] / total
    products = np.einsum("n,snk->sk", weights * values, points)
    norms = np.sqrt((weights * values) @ values * np.einsum("n,snk->sk", weights, points**2))
    return np.asarray(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0))


class Resampled(NamedTuple):
    """Correlations [resamples, sets, ratings, axes] and shares of variance [resamples, sets, axes]."""

    r: Doubles
    shares: Doubles


def resampled_axes(grams_at: GramsAt, draws: Ints, ratings: Doubles, reference: Doubles) -> Resampled:
    """Axes found anew in every resample, each turned to the side of the same axis of all words.

    `draws` [resamples, words] tells how often each word was drawn, `reference` [sets, words, axes] where it lies among
    all. Axes that change their order in a resample are not put back: which comes first is uncertain, and shows.
    """
    sets = len(reference)
    found = Resampled(np.zeros((len(draws), sets, len(ratings), FIRST)), np.zeros((len(draws), sets, FIRST)))
    with threadpool_limits(1):  # the matrices are small: two threads take 1.5 times as long
        for number, every in enumerate(draws):
            drawn = np.flatnonzero(every)
            times = every[drawn]
            axes = first_axes(grams_at(number, drawn), times)
            sides = np.sign(np.einsum("n,snk,snk->sk", times, axes.places, reference[:, drawn]))
            for place, rating in enumerate(ratings):
                found.r[number, :, place] = sides * weighted_r(axes.places, rating[drawn], times)
            found.shares[number] = axes.shares
    return found
