"""What a sweep adds: unit vectors by name, at one or several sites, with what a strength of 1 means there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.checks.controls import SHUFFLED, Controls
from affectlab.core import Floats, Steer, Tokens
from affectlab.errors import InputError
from affectlab.vectors.vectorset import VectorSet


@dataclass(frozen=True, eq=False)
class Directions:
    """Unit vectors to steer with, [directions, sites, width]; a strength is a share of the norm at each site."""

    names: tuple[str, ...]
    units: Floats = field(repr=False)
    sites: tuple[int, ...]
    norms: Floats
    """[sites]: the mean residual norm."""
    source: str = ""
    """The hash of the vectors they came with, for receipts."""

    def __len__(self) -> int:
        return len(self.names)

    def part(self, which: slice | Sequence[int]) -> Directions:
        """Some of them."""
        places = range(len(self.names))[which] if isinstance(which, slice) else which
        names = tuple(self.names[place] for place in places)
        return Directions(names, self.units[list(places)], self.sites, self.norms, self.source)

    def named(self, names: Iterable[str]) -> Directions:
        """Those of these names."""
        return self.part([self.names.index(name) for name in names])

    def steers(self, strengths: Sequence[float], tokens: Tokens) -> list[Steer | None]:
        """Each direction at each strength, one after another; at strength 0 nothing is added."""
        added = np.einsum("k,s,dsw->dksw", strengths, self.norms, self.units).astype(np.float32)
        return [
            Steer(self.sites, delta, tokens, f"{strength:g}*{name}", self.source) if strength else None
            for name, deltas in zip(self.names, added, strict=True)
            for strength, delta in zip(strengths, deltas, strict=True)
        ]


def vector_directions(vectors: VectorSet, sites: Sequence[int], names: Iterable[str] | None = None) -> Directions:
    """The emotions of a vector set, or some of them."""
    units = np.stack([vectors.units(site) for site in sites], axis=1)
    found = Directions(vectors.emotions, units, tuple(sites), norms_at(vectors, sites), vectors.hash)
    return found if names is None else found.named([vectors.emotions[vectors.index(name)] for name in names])


def null_directions(vectors: VectorSet, sites: Sequence[int], count: int, *, seed: int) -> Directions:
    """Random directions, each the same at every site and added with the same norms.

    An emotion's vector hardly turns from one site to the next, so what is added adds up; directions that are drawn anew
    at every site do not, and make a null that is too easily left behind.
    """
    drawn = np.random.default_rng(seed).standard_normal((count, 1, vectors.width))
    unit = np.asarray(drawn / np.linalg.norm(drawn, axis=-1, keepdims=True), dtype=np.float32)
    units = np.repeat(unit, len(sites), axis=1)
    return Directions(tuple(f"random {n}" for n in range(count)), units, tuple(sites), norms_at(vectors, sites))


def control_directions(vectors: VectorSet, given: Controls, sites: Sequence[int], count: int) -> dict[str, Directions]:
    """Of each kind of vector sets that know nothing of the labels, so many directions.

    Shuffled labels give a vector at every site, as true ones do; what is drawn by chance at the middle site serves all.
    """
    found, middle = {}, sites[len(sites) // 2]
    for kind, sets in given.items():
        places = sites if kind == SHUFFLED else [middle] * len(sites)
        units = np.concatenate([np.stack([one.units(place) for place in places], axis=1) for one in sets])[:count]
        if len(units) < count:
            raise InputError("too few null directions", where=kind, expected=str(count), found=str(len(units)))
        names = tuple(f"{kind} {n}" for n in range(count))
        found[kind] = Directions(names, units, tuple(sites), norms_at(vectors, sites))
    return found


def norms_at(vectors: VectorSet, sites: Sequence[int]) -> Floats:
    """The mean residual norm at each site."""
    return np.array([vectors.resid_norm[vectors.place(site)] for site in sites], dtype=np.float32)
