"""Which layer vectors prefer. It stands in their header, and whatever reads them reads them there by default: a study,
and each of its commands given by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from affectlab.checks.heldout import chosen_layer
from affectlab.errors import InputError
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

HELD_OUT, TWO_THIRDS = "held-out", "two-thirds"
"""Ways to choose a layer; its number is another."""


class Preferred(NamedTuple):
    """Vectors with the layer they prefer, and why it is that one."""

    vectors: VectorSet
    why: str

    @property
    def layer(self) -> int:
        return self.vectors.default_layer


def prefer_layer(vectors: VectorSet, sums: Sums, asked: str | int = HELD_OUT) -> Preferred:
    """Write the layer that was asked for into the header of vectors. By default stories that are held out choose it.

    Where these cannot choose, since they are too few, say, the header names none: vectors without such a layer are read
    at two thirds of the depth.
    """
    if asked == TWO_THIRDS:
        return Preferred(vectors, "two thirds of the depth, as asked for")
    if asked != HELD_OUT:
        vectors.place(int(asked))
        return Preferred(_with(vectors, int(asked)), "as asked for")
    try:
        layer = chosen_layer(sums)
    except InputError as error:
        return Preferred(vectors, f"two thirds of the depth, since none can be chosen: {error.what}")
    return Preferred(_with(vectors, layer), "which tells emotions best in stories that are held out")


def _with(vectors: VectorSet, layer: int) -> VectorSet:
    return replace(vectors, header={**vectors.header, "layer": layer})
