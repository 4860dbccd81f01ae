"""Do the vectors that go with liking also cause it? r of change and correlation, over vectors.

1. For each way round of the halves: the change from the activities that were steered, the correlation of the reading
   with Elo from the others. So no activity speaks for both.
2. r over vectors, for each way round; the mean of the two.
3. The interval draws whole clusters of emotions, since neighbours in meaning are neighbours in both.
4. The same over random directions stands beside it: any direction that goes with liking may move it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Bools, Doubles
from affectlab.errors import InputError
from affectlab.preference.readings import weighted
from affectlab.preference.selection import clusters_of, drawn_clusters
from affectlab.stats import Interval, pearson

FEWEST, FEWEST_CLUSTERS, RESAMPLES = 3, 5, 2000


@dataclass(frozen=True, eq=False)
class Related:
    """Change and correlation of every vector, [vectors, ways round]."""

    names: tuple[str, ...]
    changes: Doubles = field(repr=False)
    """Not numbers where the model answered with neither A nor B."""
    correlations: Doubles = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.names) < FEWEST:
            found = str(len(self.names))
            raise InputError("too few vectors for a correlation", expected=f"at least {FEWEST}", found=found)

    @property
    def answered(self) -> Bools:
        """The vectors under which the model still answered with A or B."""
        return np.asarray(np.isfinite(self.changes).all(axis=1))

    @property
    def known(self) -> Related | None:
        """Those vectors alone, if they are enough for a correlation."""
        which = self.answered
        if which.sum() < FEWEST:
            return None
        names = tuple(name for name, there in zip(self.names, which, strict=True) if there)
        return Related(names, self.changes[which], self.correlations[which])

    @property
    def r(self) -> float:
        """Over vectors, in the mean of both ways round."""
        return float(self.weighted(np.ones((1, len(self.names))))[0])

    @property
    def each(self) -> list[float]:
        """The same for each way round."""
        ones = np.ones((1, len(self.names)))
        return [float(_r(self.changes[:, way], self.correlations[:, way], ones)[0]) for way in self._ways]

    @property
    def _ways(self) -> range:
        return range(self.changes.shape[1])

    def weighted(self, times: Doubles) -> Doubles:
        """r of resamples, [resamples]; `times` says how often each vector was drawn."""
        found = [_r(self.changes[:, way], self.correlations[:, way], times) for way in self._ways]
        return np.asarray(np.mean(found, axis=0))

    def by_clusters(self, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
        """r with its interval over whole clusters of emotions; too few of them say nothing of how r varies."""
        if len(clusters_of(self.names)) < FEWEST_CLUSTERS:
            return Interval(self.r, -1.0, 1.0, len(self.names))
        return self._interval(drawn_clusters(self.names, resamples, seed))

    def by_vectors(self, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
        """r with its interval over vectors, where they belong to no clusters."""
        many = len(self.names)
        times = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), size=resamples)
        return self._interval(times.astype(np.float64))

    def _interval(self, times: Doubles) -> Interval:
        several = times[(times > 0).sum(axis=1) >= FEWEST]
        low, high = np.quantile(self.weighted(several), [0.025, 0.975])
        return Interval(self.r, float(low), float(high), len(self.names))

    def permuted(self, resamples: int = RESAMPLES, seed: int = 0) -> float:
        """The 95th percentile of |r| when the changes are dealt out to other names."""
        order = np.random.default_rng(seed).permuted(np.tile(np.arange(len(self.names)), (resamples, 1)), axis=1)
        pairs = np.stack([self.changes[order], np.broadcast_to(self.correlations, (*order.shape, len(self._ways)))])
        found = pearson(np.moveaxis(pairs, 0, -1), axis=1).mean(axis=1)
        return float(np.quantile(np.abs(found), 0.95))

    def of_as_many(self, count: int, resamples: int = RESAMPLES, seed: int = 0) -> float:
        """The 95th percentile of r over so many vectors of their kind, of which these are all we have.

        For each draw they are weighted by chance themselves, and then drawn by their weights.
        """
        generator, many = np.random.default_rng(seed), len(self.names)
        times = generator.multinomial(count, generator.dirichlet(np.ones(many), size=resamples))
        several = times[(times > 0).sum(axis=1) >= FEWEST].astype(np.float64)
        return float(np.quantile(self.weighted(several), 0.95))

    def __add__(self, other: Related) -> Related:
        """The vectors of both."""
        changes, correlations = ((self.changes, other.changes), (self.correlations, other.correlations))
        return Related(self.names + other.names, np.concatenate(changes), np.concatenate(correlations))


def _r(changes: Doubles, correlations: Doubles, times: Doubles) -> Doubles:
    return np.asarray(weighted(changes[:, None], correlations, times)[:, 0])
