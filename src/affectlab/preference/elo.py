"""Ratings from choices: Bradley and Terry's model with a term for the order, fitted to probabilities.

1. shares[i, j] is the probability that activity i, named first, is chosen over j; log-odds = t_i - t_j + order.
2. The likelihood of all shares, less a weak ridge on t, is maximised by Newton's steps, for many resamples at once.
3. Elo = 1500 + (400 / ln 10) t, where t is 0 in the mean over all activities.
4. Intervals resample what varies: the wordings of the question, and the activities, which are the opponents of each
   other. A resample weighs pair (i, j) by how often both were drawn.
Fisher's intervals would mean nothing here: the shares of a model are exact, and the wins may be certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from affectlab.core import Bools, Doubles, Ints

MEAN, SCALE = 1500.0, 400.0 / np.log(10.0)
RIDGE = 0.05
"""Against about 100 comparisons of each activity: it matters where one always wins, and hardly elsewhere."""
STEPS, ENOUGH, LONGEST = 60, 1e-9, 3.0
"""Newton's steps at most, the change of log-odds that ends them, and the furthest that one of them may go."""
AT_ONCE = 100
"""Resamples fitted together, so that memory does not grow with them."""


class Ratings(NamedTuple):
    """Elo of every activity, [..., activities], and the gain of being named first, [...], in Elo points too."""

    elo: Doubles
    order: Doubles

    def shares(self) -> Doubles:
        """The probabilities that the model expects, [..., activities, activities]."""
        apart = self.elo[..., :, None] - self.elo[..., None, :] + self.order[..., None, None]
        return np.asarray(expit(apart / SCALE))


def fit(shares: Doubles, weights: Doubles, start: Ratings | None = None) -> Ratings:
    """Ratings from shares [..., activities, activities] that weigh so much; what weighs nothing was not asked.

    >>> fit(np.array([[0.0, 0.9], [0.1, 0.0]]), np.array([[0.0, 50.0], [50.0, 0.0]])).elo.round()
    array([1691., 1309.])
    """
    shares, weights = np.broadcast_arrays(np.where(weights > 0, shares, 0.5), weights)
    many = shares.shape[-1]
    given = np.zeros((*shares.shape[:-2], many + 1))
    if start is not None:
        given[..., :many], given[..., many] = (start.elo - MEAN) / SCALE, start.order / SCALE
    for _ in range(STEPS):
        step = _step(shares, weights, given)
        furthest = np.abs(step).max(axis=-1, keepdims=True)
        given = given + step * np.minimum(1.0, LONGEST / np.maximum(furthest, ENOUGH))
        if furthest.max(initial=0.0) < ENOUGH:
            break
    return Ratings(MEAN + SCALE * given[..., :many], SCALE * given[..., many])


def _step(shares: Doubles, weights: Doubles, given: Doubles) -> Doubles:
    """Newton's step from the ratings and the order term, in log-odds."""
    many = shares.shape[-1]
    ratings, order = given[..., :many], given[..., many]
    expected = expit(ratings[..., :, None] - ratings[..., None, :] + order[..., None, None])
    missed, bend = weights * (shares - expected), weights * expected * (1 - expected)
    slope = np.empty_like(given)
    slope[..., :many] = missed.sum(axis=-1) - missed.sum(axis=-2) - RIDGE * ratings
    slope[..., many] = missed.sum(axis=(-1, -2))
    curve = np.empty((*given.shape, many + 1))
    curve[..., :many, :many] = -(bend + np.swapaxes(bend, -1, -2))
    both = bend.sum(axis=-1), bend.sum(axis=-2)
    place = np.arange(many)
    curve[..., place, place] += both[0] + both[1] + RIDGE
    curve[..., :many, many] = curve[..., many, :many] = both[0] - both[1]
    curve[..., many, many] = bend.sum(axis=(-1, -2)) + ENOUGH
    return np.asarray(np.linalg.solve(curve, slope[..., None])[..., 0])


class Draw(NamedTuple):
    """A block of resamples: how often each activity and each wording was drawn, [resamples, ...]."""

    activities: Ints
    wordings: Ints


def draws(activities: int, wordings: int, resamples: int, seed: int) -> Iterator[Draw]:
    """Resamples in blocks; the same seed gives the same ones.

    Of wordings one fewer is drawn than there are: as many of so few would vary too little.
    """
    generator = np.random.default_rng(seed)
    for first in range(0, resamples, AT_ONCE):
        size = min(AT_ONCE, resamples - first)
        drawn = generator.multinomial(activities, np.full(activities, 1 / activities), size=size)
        asked = generator.multinomial(max(wordings - 1, 1), np.full(wordings, 1 / wordings), size=size)
        yield Draw(drawn.astype(np.int64), asked.astype(np.int64))


@dataclass(frozen=True, eq=False)
class Choices:
    """The probability that the first of two activities is chosen, in each wording, [wordings, first, second].

    What was not asked is nan. The share of a pair is the mean over the wordings in which it was asked.
    """

    shares: Doubles = field(repr=False)

    @property
    def wordings(self) -> int:
        return int(self.shares.shape[0])

    @property
    def activities(self) -> int:
        return int(self.shares.shape[1])

    @property
    def asked(self) -> Bools:
        return np.asarray(np.isfinite(self.shares))

    def where(self, kept: Bools) -> Choices:
        """Of these questions alone, [wordings, first, second]."""
        return Choices(np.where(kept, self.shares, np.nan))

    def tables(self, draw: Draw | None = None) -> tuple[Doubles, Doubles]:
        """Shares and weights of every ordered pair, [first, second]; or of every resample, [resamples, first, second].

        On average over pairs all questions about one weigh 1, so the ridge means the same with any number of wordings.
        """
        each = float(self.asked.any(axis=0).sum()) / max(float(self.asked.sum()), 1.0)
        if draw is None:
            sums, counts = np.nansum(self.shares, axis=0), self.asked.sum(axis=0).astype(np.float64)
        else:
            known = (np.nan_to_num(self.shares), self.asked.astype(np.float64))
            sums, counts = (np.tensordot(draw.wordings, one, axes=1) for one in known)
        shares = np.divide(sums, counts, out=np.full_like(sums, 0.5), where=counts > 0)
        if draw is None:
            return shares, each * counts
        return shares, each * counts * draw.activities[:, :, None] * draw.activities[:, None, :]

    def fit(self) -> Ratings:
        """The ratings."""
        return fit(*self.tables())


def centred(elo: Doubles, times: Doubles | Ints) -> Doubles:
    """Elo [..., activities] with mean 1500 over what was drawn, each as often as it was drawn."""
    middle = (elo * times).sum(axis=-1, keepdims=True) / times.sum(axis=-1, keepdims=True)
    return np.asarray(elo - middle + MEAN)


class Bounds(NamedTuple):
    """The ends of 95 % intervals."""

    low: Doubles
    high: Doubles


def intervals(choices: Choices, ratings: Ratings, resamples: int, seed: int) -> tuple[Bounds, Bounds]:
    """Of each activity's Elo, and of the order term.

    An activity's interval rests on the resamples in which it was drawn, brought to the same mean of those drawn.
    """
    elo, order = [], []
    for draw in draws(choices.activities, choices.wordings, resamples, seed):
        found = fit(*choices.tables(draw), start=ratings)
        drawn = draw.activities > 0
        shift = ((ratings.elo - found.elo) * drawn).sum(axis=1, keepdims=True) / drawn.sum(axis=1, keepdims=True)
        elo.append(np.where(drawn, found.elo + shift, np.nan))
        order.append(found.order)
    ends = [0.025, 0.975]
    of_elo = np.nanquantile(np.concatenate(elo), ends, axis=0)
    of_order = np.quantile(np.concatenate(order), ends)
    return Bounds(*of_elo), Bounds(*of_order)


def misfit(choices: Choices, ratings: Ratings) -> tuple[float, float]:
    """How far the shares lie from what the ratings expect, root mean square; and from what equal ratings would."""
    shares, weights = choices.tables()
    total = weights.sum()
    equal = (shares * weights).sum() / total

    def distance(expected: Doubles | float) -> float:
        return float(np.sqrt((weights * (shares - expected) ** 2).sum() / total))

    return distance(ratings.shares()), distance(float(equal))
