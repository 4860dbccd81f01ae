"""Intervals: a number never travels without one.

- `median_interval`: order statistics and the binomial distribution; exact, and free of any assumption but independence.
- `bootstrap`: percentiles of a statistic over resamples of whatever varies (the first axis); `bootstrap_sums` for a
  statistic of sums, `bootstrap_means` for the means of many columns at once.
- `proportion_interval`: Wilson's, for a share.
- `correlation`: Pearson's or Spearman's r between columns, with its interval and its null of permuted names.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr
from scipy.stats import binomtest, rankdata

from affectlab.core import Doubles
from affectlab.errors import InputError

BLOCK_NUMBERS = 4_000_000
"""Numbers resampled at once, so that memory does not grow with the resamples."""


Bounds: TypeAlias = tuple[Doubles, Doubles]
"""The lower and the upper ends of several intervals."""


class Interval(NamedTuple):
    """An estimate, the ends of its interval, and how many independent values it rests on."""

    value: float
    low: float
    high: float
    n: int

    def excludes(self, bound: float) -> bool:
        """Whether the interval lies wholly on one side of a bound; where it does not, the bound is not resolvable.

        >>> Interval(2.3, 2.1, 2.6, 40).excludes(2.2), Interval(2.3, 2.25, 2.6, 40).excludes(2.2)
        (False, True)
        """
        return self.low > bound or self.high < bound


def median_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """The median, between two order statistics that hold the true one with at least this confidence.

    The r-th smallest and r-th largest value, r the largest with P(Binomial(n, 1/2) < r) <= (1 - confidence) / 2.
    With too few values for that (fewer than six at 0.95) the interval is unbounded.

    >>> median_interval([1, 2, 3, 4, 5, 6])
    Interval(value=3.5, low=1.0, high=6.0, n=6)
    """
    ordered = np.sort(_finite(values, fewest=1))
    if ordered.ndim != 1:
        raise InputError("a median needs one list of numbers", found=f"shape {ordered.shape}")
    n = len(ordered)
    rank = int(np.searchsorted(bdtr(np.arange(n), n, 0.5), _tail(confidence), side="right"))
    low, high = (float(ordered[rank - 1]), float(ordered[n - rank])) if rank else (-math.inf, math.inf)
    return Interval(float(np.median(ordered)), low, high, n)


def bootstrap(
    values: ArrayLike,
    statistic: Callable[..., ArrayLike] = np.mean,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """A statistic and its percentile interval over resamples of the first axis, drawn with replacement.

    A statistic with an `axis` is called once for many resamples (axis=1); any other is called for each. Columns stay
    together, so paired values are resampled in pairs. The same seed gives the same interval.

    >>> bootstrap([1.0, 1.0, 1.0, 1.0]).low
    1.0
    """
    data = _finite(values, fewest=2)
    generator = np.random.default_rng(seed)
    at_once = max(1, BLOCK_NUMBERS // data.size)
    results: list[Doubles] = []
    for first in range(0, resamples, at_once):
        chosen = generator.integers(len(data), size=(min(at_once, resamples - first), len(data)))
        results.append(_apply(statistic, data[chosen]))
    low, high = np.quantile(np.concatenate(results), [_tail(confidence), 1 - _tail(confidence)])
    return Interval(float(_apply(statistic, data[None])[0]), float(low), float(high), len(data))


def bootstrap_sums(
    values: ArrayLike,
    statistic: Callable[[Doubles], Doubles],
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """`bootstrap` for a statistic of sums over the first axis: the same draws, but all resampled sums are one product.

    `statistic` is given sums [resamples, ...], the other axes as they are in `values`, and gives a number for each.

    >>> bootstrap_sums([[1.0, 2.0], [3.0, 2.0]], lambda sums: sums[:, 0] / sums[:, 1]).value
    1.0
    """
    data = _finite(values, fewest=2)
    chosen = np.random.default_rng(seed).integers(len(data), size=(resamples, len(data)))
    often = np.stack([np.bincount(drawn, minlength=len(data)) for drawn in chosen]).astype(np.float64)
    sums = (often @ data.reshape(len(data), -1)).reshape(resamples, *data.shape[1:])
    low, high = np.quantile(statistic(sums), [_tail(confidence), 1 - _tail(confidence)])
    return Interval(float(statistic(data.sum(axis=0)[None])[0]), float(low), float(high), len(data))


def bootstrap_means(values: ArrayLike, resamples: int = 2000, seed: int = 0, confidence: float = 0.95) -> Bounds:
    """The ends of the interval of each column's mean; rows are resampled, for all columns together.

    >>> [float(end[0]) for end in bootstrap_means([[1.0], [1.0]])]
    [1.0, 1.0]
    """
    data = _finite(values, fewest=2)
    rows = len(data)
    weights = np.random.default_rng(seed).multinomial(rows, np.full(rows, 1 / rows), size=resamples) / rows
    low, high = np.quantile(weights @ data, [_tail(confidence), 1 - _tail(confidence)], axis=0)
    return np.asarray(low), np.asarray(high)


def proportion_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """A share and its Wilson interval, which stays within 0 and 1 and holds with few trials too.

    >>> [round(end, 3) for end in proportion_interval(0, 10)[1:3]]
    [0.0, 0.278]
    """
    if not 0 <= successes <= trials or trials < 1:
        expected = "0 to as many as the trials, of which there is at least one"
        raise InputError("not a share", expected=expected, found=f"{successes} of {trials}")
    found = binomtest(successes, trials).proportion_ci(1 - 2 * _tail(confidence), method="wilson")
    return Interval(successes / trials, float(found.low), float(found.high), trials)


class Correlation(NamedTuple):
    """r with its interval over resampled pairs, and the 95th percentile of |r| when the pairing is permuted."""

    interval: Interval
    null: float


def correlation(
    x: ArrayLike, y: ArrayLike, *, ranks: bool = False, resamples: int = 2000, seed: int = 0
) -> Correlation:
    """Pearson's r of two lists, or Spearman's of their `ranks`.

    >>> correlation([1, 2, 3, 4], [2, 4, 6, 8]).interval.value
    1.0
    """
    pairs = np.stack([_finite(x, fewest=3), _finite(y, fewest=3)], axis=1)
    generator = np.random.default_rng(seed)
    permuted = np.stack([generator.permutation(pairs[:, 1]) for _ in range(resamples)])
    left = np.broadcast_to(pairs[:, 0], permuted.shape)
    statistic = spearman if ranks else pearson
    null = np.abs(statistic(np.stack([left, permuted], axis=2), axis=1))
    found = bootstrap(pairs, statistic, resamples, seed)
    return Correlation(found, float(np.quantile(null, 0.95)))


def pearson(pairs: Doubles, axis: int = 0) -> Doubles:
    """Pearson's r of the two columns (the last axis) along an axis; 0 where one of them does not vary."""
    centred = pairs - pairs.mean(axis=axis, keepdims=True)
    products = np.prod(centred, axis=-1).sum(axis=axis)
    norms = np.sqrt(np.prod((centred**2).sum(axis=axis), axis=-1))
    return np.asarray(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0))


def spearman(pairs: Doubles, axis: int = 0) -> Doubles:
    """Pearson's r of ranks, ties sharing theirs."""
    return pearson(np.asarray(rankdata(pairs, axis=axis), dtype=np.float64), axis=axis)


def _apply(statistic: Callable[..., ArrayLike], samples: Doubles) -> Doubles:
    """The statistic of each sample, [samples]."""
    if _has_axis(statistic):
        results = np.asarray(statistic(samples, axis=1), dtype=np.float64)
    else:
        results = np.array([statistic(sample) for sample in samples], dtype=np.float64)
    if results.shape != samples.shape[:1]:
        raise InputError("a statistic must give one number", found=f"shape {results.shape[1:]}")
    return results


def _has_axis(statistic: Callable[..., ArrayLike]) -> bool:
    try:
        return "axis" in inspect.signature(statistic).parameters
    except ValueError:  # some functions written in C have no signature
        return False


def _tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError("not a confidence", expected="a number between 0 and 1, such as 0.95", found=str(confidence))
    return (1 - confidence) / 2


def _finite(values: ArrayLike, fewest: int) -> Doubles:
    data = np.asarray(values, dtype=np.float64)
    if data.ndim == 0 or data.size == 0 or len(data) < fewest:
        raise InputError("too few values for an interval", expected=f"at least {fewest}", found=str(data.size))
    if not np.isfinite(data).all():
        raise InputError("values that are not finite", found=f"{int((~np.isfinite(data)).sum())} of {data.size}")
    return data
