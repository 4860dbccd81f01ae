"""Sums and vectors at some of their layers only: what a claim at one layer needs of a set of sixty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import NormSums
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet


def sums_at(sums: Sums, layers: Sequence[int]) -> Sums:
    """The sums of these layers alone; vectors made of them are those of all layers, at these."""
    places = [sums.layers.index(layer) for layer in layers]
    norms = NormSums(len(places))
    norms.bins, norms.total = sums.norms.bins[places], sums.norms.total[places]
    return replace(
        sums,
        layers=tuple(layers),
        stories=sums.stories[:, :, places],
        neutral=[None if part is None else _neutral_at(part, places) for part in sums.neutral],
        norms=norms,
        sample=sums.sample[:, places],
        header={**sums.header, "layers": list(layers)},
    )


def vectors_at(vectors: VectorSet, layers: Sequence[int]) -> VectorSet:
    """The vectors of these layers alone."""
    places = [vectors.place(layer) for layer in layers]

    def chosen(array: Any) -> Any:
        return None if array is None else array[places]

    return replace(
        vectors,
        layers=tuple(layers),
        raw=chosen(vectors.raw),
        clean=chosen(vectors.clean),
        center=chosen(vectors.center),
        neutral_mean=chosen(vectors.neutral_mean),
        neutral_basis=chosen(vectors.neutral_basis),
        neutral_k=chosen(vectors.neutral_k),
        resid_norm=chosen(vectors.resid_norm),
        resid_norm_median=chosen(vectors.resid_norm_median),
        header={**vectors.header, "layers": list(layers)},
    )


def _neutral_at(part: NeutralSums, places: Sequence[int]) -> NeutralSums:
    chosen = list(places)
    shift = [part.shift[place] for place in chosen]
    found = NeutralSums(len(chosen), part.first.shape[1], part.rank, shift, part.test[chosen])
    found.count, found.first, found.square = part.count[chosen], part.first[chosen], part.square[chosen]
    found.sketch = part.sketch[chosen]
    return found
