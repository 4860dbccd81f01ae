"""Mean and median residual norm over any number of tokens, in constant memory.

Norms are counted in bins that are 0.1 % wide, so the median is exact to that; the mean is exact. It is the mean of
norms, not the norm of a mean: averaging first shrinks it (by 60 % in one replication).
"""

from __future__ import annotations

import numpy as np

from affectlab.core import Doubles

LOWEST, HIGHEST, WIDTH = -20.0, 30.0, np.log2(1.001)
"""Powers of two between which norms are told apart, and the width of a bin in powers of two."""
BINS = int((HIGHEST - LOWEST) / WIDTH) + 1


def bins_of(norms: Doubles) -> Doubles:
    """How many of these norms fall into each bin."""
    with np.errstate(divide="ignore"):
        places = (np.log2(norms) - LOWEST) / WIDTH
    places = np.nan_to_num(places, nan=0, neginf=0, posinf=BINS - 1).clip(0, BINS - 1).astype(np.int64)
    return np.bincount(places, minlength=BINS).astype(np.float64)


class NormSums:
    """Counts and sums per site; merge by adding."""

    def __init__(self, sites: int) -> None:
        self.bins = np.zeros((sites, BINS))
        self.total = np.zeros(sites)

    def add(self, site: int, bins: Doubles, total: float) -> None:
        self.bins[site] += bins
        self.total[site] += total

    def mean(self) -> Doubles:
        return np.asarray(self.total / self.bins.sum(axis=1))

    def median(self) -> Doubles:
        """The middle of the bin in which half of the tokens are reached."""
        cumulative = np.cumsum(self.bins, axis=1)
        middle = np.array([int(np.searchsorted(line, line[-1] / 2)) for line in cumulative])
        return np.asarray(2.0 ** (LOWEST + (middle + 0.5) * WIDTH))
