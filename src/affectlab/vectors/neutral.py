"""What all text has in common: the principal components of neutral tokens, from sums that merge exactly.

1. Per site keep n, sum (x - s), sum ||x - s||^2 and Y = sum (x - s) (x - s)^T T, with T a fixed [width, rank].
2. Centre afterwards: with d = mean - s, the covariance sketch is Y - n d (d^T T), the total variance sum - n ||d||^2.
3. Nystrom: C is approximated by Y (T^T Y)^-1 Y^T, by Cholesky and one thin decomposition. It is exact where
   rank = width (T is then the identity) and close for the leading components, which are the ones used.
4. The top k components that together explain half of the (exactly known) variance are projected out of the vectors.

How close is decided by T. Where the variance falls off slowly, a random one misses much of it and takes too many
components for half of the variance (docs/log.md), so T is the range of a first, random sketch of some of the tokens:
one step of a power iteration, made before the pass and the same for all folds, so that sums still add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy.linalg

from affectlab.core import Doubles, Floats
from affectlab.errors import CorpusError, InputError

RANK = 256
SHARE = 0.5
SEED = 171


class NeutralSums:
    """Sums over neutral tokens, per site. Two of them with the same shift add up to that of all tokens."""

    def __init__(
        self,
        sites: int,
        width: int,
        rank: int = RANK,
        shift: Sequence[Doubles | None] | None = None,
        test: Floats | None = None,
    ) -> None:
        self.rank = min(rank, width)
        self.exact = self.rank == width
        self.test = (
            test if test is not None else np.broadcast_to(test_matrix(width, self.rank), (sites, width, self.rank))
        )
        """[sites, width, rank]"""
        self.shift: list[Doubles | None] = [None] * sites if shift is None else list(shift)
        self.count = np.zeros(sites, dtype=np.int64)
        self.first = np.zeros((sites, width))
        self.square = np.zeros(sites)
        self.sketch = np.zeros((sites, width, self.rank))

    def shift_of(self, site: int, first_mean: Callable[[], Doubles]) -> Doubles:
        found = self.shift[site]
        if found is None:
            found = self.shift[site] = first_mean()
        return found

    def add(self, site: int, count: int, first: Doubles, square: float, sketch: Floats | None) -> None:
        self.count[site] += count
        self.first[site] += first
        self.square[site] += square
        if sketch is not None:
            self.sketch[site] += sketch

    def merge(self, other: NeutralSums) -> None:
        """Add the sums of other tokens, taken about the same shift."""
        self.count += other.count
        self.first += other.first
        self.square += other.square
        self.sketch += other.sketch

    def mean(self) -> Doubles:
        """[sites, width]"""
        shift = np.stack([s for s in self.shift if s is not None])
        return np.asarray(shift + self.first / self.count[:, None])

    def components(self, share: float = SHARE) -> tuple[Doubles, tuple[int, ...]]:
        """The leading components of every site, [sites, k_max, width] padded with zeros, and how many each has."""
        found = [self._components(site, share) for site in range(len(self.count))]
        ks = tuple(len(basis) for basis in found)
        padded = np.zeros((len(found), max(ks), self.first.shape[1]))
        for site, basis in enumerate(found):
            padded[site, : len(basis)] = basis
        return padded, ks

    def range(self) -> Floats:
        """An orthonormal basis of the range of the sketch at every site, [sites, width, rank]: a better test matrix."""
        found = [np.linalg.qr(self.centred(site))[0] for site in range(len(self.count))]
        return np.asarray(found, dtype=np.float32)

    def centred(self, site: int) -> Doubles:
        """The sketch of a site about the mean of its tokens, [width, rank]: a sum over tokens."""
        offset = self.first[site] / self.count[site]
        return np.asarray(self.sketch[site] - self.count[site] * np.outer(offset, offset @ self.test[site]))

    def _components(self, site: int, share: float) -> Doubles:
        count = self.count[site]
        offset = self.first[site] / count
        total = self.square[site] - count * float(offset @ offset)
        if count < 2 or total <= 0:
            raise CorpusError(
                "the neutral texts do not vary",
                where="corpus",
                expected="at least two different neutral tokens from the start position on",
                found=f"{count}",
                fix="add neutral texts, or leave them out",
            )
        values, vectors = leading(self.centred(site), self.test[site], self.exact)
        reached = np.cumsum(values) / total
        if reached[-1] < share:
            raise InputError(
                "the sketch of the neutral texts is too small",
                where=f"site {site} of the extraction",
                expected=f"{self.rank} components to explain {share:.0%} of the variance",
                found=f"{reached[-1]:.0%}",
                fix="raise --neutral-rank",
            )
        return np.asarray(vectors[:, : int(np.searchsorted(reached, share)) + 1].T)


def test_matrix(width: int, rank: int) -> Floats:
    """The fixed test matrix: the identity where nothing is sketched, else orthonormal and random."""
    if rank == width:
        return np.eye(width, dtype=np.float32)
    drawn = np.random.default_rng(SEED).standard_normal((width, rank))
    return np.asarray(np.linalg.qr(drawn)[0], dtype=np.float32)


def leading(sketch: Doubles, test: Floats, exact: bool) -> tuple[Doubles, Doubles]:
    """Eigenvalues, falling, and eigenvectors [width, rank] of the covariance behind a sketch."""
    if exact:
        values, vectors = scipy.linalg.eigh((sketch + sketch.T) / 2)
        return values[::-1].clip(min=0), vectors[:, ::-1]
    # A small multiple of the identity keeps the Cholesky factor alive in float arithmetic, and is taken off again.
    nudge = np.sqrt(len(sketch)) * np.finfo(np.float32).eps * np.linalg.norm(sketch)
    nudged = sketch + nudge * test
    core = test.T.astype(np.float64) @ nudged
    factor = scipy.linalg.cholesky((core + core.T) / 2, lower=True)
    half = scipy.linalg.solve_triangular(factor, nudged.T, lower=True).T
    vectors, singular, _ = np.linalg.svd(half, full_matrices=False)
    return (singular**2 - nudge).clip(min=0), vectors


def without(vectors: Doubles, basis: Doubles) -> Doubles:
    """Vectors [sites, emotions, width] with the span of basis [sites, k, width] projected out."""
    along = np.einsum("sew,skw->sek", vectors, basis)
    return np.asarray(vectors - np.einsum("sek,skw->sew", along, basis))
