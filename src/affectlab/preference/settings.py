"""How preferences are measured: what is asked, where and how strongly activities are steered, how much is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from affectlab.core import Convention
from affectlab.preference.selection import COUNT
from affectlab.sweeps import steered_sites
from affectlab.vectors.vectorset import VectorSet


@dataclass(frozen=True)
class How:
    """`sites` are steered together (the middle ones if none is named), readings are taken at `layer` (the one that the
    vectors prefer). `every` asks each pair in every wording and not in one. So many `emotions`, random `directions` and
    vector `sets` of shuffled labels are steered; under nulls each steered activity meets so many `opponents`, and no
    more."""

    sites: tuple[int, ...] = ()
    layer: int | None = None
    strength: float = 0.5
    every: bool = True
    emotions: int = COUNT
    directions: int = 200
    sets: int = 20
    opponents: int = 4
    by_layer: bool = False
    """Also steer each layer alone, on the same part of the questions as the random directions."""
    convention: Convention = Convention.CENTRED
    resamples: int = 500
    seed: int = 0

    def sites_of(self, vectors: VectorSet) -> tuple[int, ...]:
        """The layers that are steered: those named, or those from half to two thirds of the depth."""
        if self.sites:
            for site in self.sites:
                vectors.place(site)
            return tuple(sorted(set(self.sites)))
        return steered_sites(vectors)

    def layer_of(self, vectors: VectorSet) -> int:
        """Where readings are taken."""
        layer = vectors.default_layer if self.layer is None else self.layer
        vectors.place(layer)
        return layer


QUICK = How(every=False, directions=40, sets=3, opponents=2, resamples=300)
"""A first look: every ordered pair once, in one of the wordings."""
