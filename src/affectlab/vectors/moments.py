"""Sums over hidden states, taken where the hidden states are. What leaves the device is small and adds up exactly.

For stories: the mean over positions >= start of every text, [texts, sites, width].
For neutral texts, over tokens at positions >= start, about a fixed shift s (the mean of the first batch, so that large
constant dimensions do not eat the precision):
    count n,  first = sum (x - s),  square = sum ||x - s||^2,  sketch = sum (x - s) (x - s)^T T
with T [width, rank] a fixed test matrix. All are plain sums, so folds merge by addition.

A reducer adds nothing up until `commit`: a batch that breaks off, or is broken off, leaves no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from affectlab.core import Bools, Doubles, Floats
from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import NormSums, bins_of

Hidden: TypeAlias = Float[Tensor, "tokens width"] | Floats
"""A batch's hidden states as the backend has them."""


class _TokensFromStart:
    """Shared by the reducers: which of the tokens handed over stand at positions >= start."""

    def __init__(self, sites: tuple[int, ...], start: int) -> None:
        self.sites, self.start = sites, start
        self.segments: list[tuple[int, int]] = []

    def begin(self, rows: Sequence[int], lengths: Sequence[int]) -> None:
        ends = np.cumsum(lengths)
        begins = ends - np.asarray(lengths) + self.start
        self.segments = [(int(a), int(b)) for a, b in zip(begins, ends, strict=True)]

    def kept(self, hidden: Float[Tensor, "tokens width"]) -> Float[Tensor, "kept width"]:
        return torch.cat([hidden[first:last] for first, last in self.segments])


def _wide(hidden: Tensor) -> Tensor:
    """float64 where the device has it."""
    return hidden.float() if hidden.device.type == "mps" else hidden.double()


class TextMeans(_TokensFromStart):
    """A reducer: the mean hidden state of every text of a batch, and if asked the norms of its tokens."""

    def __init__(self, sites: tuple[int, ...], start: int, norms: NormSums | None = None) -> None:
        super().__init__(sites, start)
        self.norms = norms
        self._means: dict[int, Tensor] = {}
        self._bins: dict[int, tuple[Doubles, float]] = {}
        self.means: Doubles = np.zeros((0, len(sites), 0))

    def add(self, site: int, hidden: Hidden) -> None:
        hidden = torch.as_tensor(hidden)
        self._means[site] = torch.stack([_wide(hidden[first:last]).mean(dim=0) for first, last in self.segments])
        if self.norms is not None:
            self._bins[site] = _norm_counts(self.kept(hidden))

    def end(self) -> None:
        self.means = torch.stack([self._means[site].cpu() for site in self.sites], dim=1).double().numpy()

    def commit(self) -> None:
        if self.norms is not None:
            for index, site in enumerate(self.sites):
                self.norms.add(index, *self._bins[site])


class NeutralMoments(_TokensFromStart):
    """A reducer: the sums over neutral tokens from which components, means and norms are made."""

    def __init__(self, sites: tuple[int, ...], start: int, sums: NeutralSums, norms: NormSums) -> None:
        super().__init__(sites, start)
        self.sums, self.norms = sums, norms
        self._parts: dict[int, tuple[int, Doubles, float, Floats | None]] = {}
        self._bins: dict[int, tuple[Doubles, float]] = {}

    def add(self, site: int, hidden: Hidden) -> None:
        tokens = self.kept(torch.as_tensor(hidden)).float()
        index = self.sites.index(site)
        shift = self.sums.shift_of(index, lambda: tokens.double().mean(dim=0).cpu().numpy())
        self._bins[site] = _norm_counts(tokens)
        centred = tokens - torch.from_numpy(shift).to(tokens)
        self._parts[site] = (
            len(centred),
            _wide(centred).sum(dim=0).cpu().double().numpy(),
            float(_wide(centred.square()).sum()),
            self._sketch(index, centred),
        )

    def _sketch(self, index: int, centred: Float[Tensor, "tokens width"]) -> Floats:
        if self.sums.exact:
            product = centred.T @ centred
        else:
            product = centred.T @ (centred @ torch.tensor(self.sums.test[index]).to(centred))
        found: Floats = product.cpu().numpy()
        return found

    def end(self) -> None:
        """Nothing is left to be done on the device."""

    def commit(self) -> None:
        for index, site in enumerate(self.sites):
            self.sums.add(index, *self._parts[site])
            self.norms.add(index, *self._bins[site])


def _norm_counts(tokens: Float[Tensor, "tokens width"]) -> tuple[Doubles, float]:
    """Histogram of log norms, and the sum of norms."""
    norms = torch.linalg.vector_norm(tokens, dim=-1, dtype=torch.float32).double().cpu().numpy()
    return bins_of(norms), float(norms.sum())


class PooledTokens:
    """A reducer: means of chosen tokens as a convention sees them, so that pool . unit vector = the mean reading.

    h for a projection, h / ||h|| for a cosine, (h - c) / ||h - c|| for a centred cosine with centre c.
    """

    def __init__(self, sites: tuple[int, ...], pools: Sequence[Bools], center: Floats | None, unit: bool) -> None:
        self.sites, self.pools, self.center, self.unit = sites, pools, center, unit
        self._parts: dict[int, list[Tensor]] = {}
        self._segments: list[tuple[int, int]] = []
        self._rows: Sequence[int] = ()
        self.means: list[Floats] = []

    def begin(self, rows: Sequence[int], lengths: Sequence[int]) -> None:
        ends = np.cumsum(lengths).tolist()
        self._rows, self._segments = rows, [(end - size, end) for end, size in zip(ends, lengths, strict=True)]
        self._parts = {}

    def add(self, site: int, hidden: Hidden) -> None:
        seen = torch.as_tensor(hidden).float()
        if self.center is not None:
            seen = seen - torch.from_numpy(self.center[self.sites.index(site)]).to(seen)
        if self.unit:
            seen = seen / torch.linalg.vector_norm(seen, dim=-1, keepdim=True).clamp(min=1e-30)
        self._parts[site] = [
            torch.stack([seen[first:last][torch.from_numpy(pool).to(seen.device)].mean(dim=0) for pool in pools])
            for (first, last), pools in zip(self._segments, (self.pools[row] for row in self._rows), strict=True)
        ]

    def end(self) -> None:
        """`means`: for each row of the batch [pools, sites, width]."""
        self.means = [
            torch.stack([self._parts[site][place].cpu() for site in self.sites], dim=1).numpy()
            for place in range(len(self._rows))
        ]
