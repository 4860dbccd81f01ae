"""A map beside other vectors of the same words: of another writer, recipe, layer or model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from affectlab.errors import InputError
from affectlab.findings import Findings
from affectlab.geometry.axes import oriented
from affectlab.geometry.grams import gram, of_form
from affectlab.geometry.sets import RESAMPLES, compare_sets, shared_words, turned, widest
from affectlab.vectors.vectorset import VectorForm, VectorSet


class Beside(NamedTuple):
    """Vectors that others are held against: at which layer, and in which form both are taken."""

    vectors: VectorSet
    layer: int
    form: VectorForm


def held_beside(one: VectorSet, layer: int, other: VectorSet, at: int | None = None) -> Beside:
    """How `other` is held against `one` at a layer: clean where both have clean vectors, raw otherwise.

    Unless it is said, `other` is taken at the same layer where the models are equally deep, and where it has none or
    they are not, at the layer that it prefers.
    """
    shared_words(one.emotions, other.emotions, "beside")
    if at is None:
        deep = one.header["model"]["blocks"] == other.header["model"]["blocks"]
        at = layer if deep and layer in other.layers else other.default_layer
    other.place(at)
    if one.hash == other.hash and layer == at:
        raise InputError(
            "vectors beside themselves",
            where="beside",
            expected="other vectors, or these at another layer",
            found=f"the same vectors, both at layer {layer}",
            fix="raw beside clean is in every map of clean vectors, as map.raw",
        )
    return Beside(other, at, "raw" if one.clean is None or other.clean is None else "clean")


def with_others(
    found: Findings, vectors: VectorSet, other: Beside, *, resamples: int = RESAMPLES, seed: int = 0
) -> Findings:
    """A map of these vectors with `map.beside.*`, and where words lie in its plane when the others are turned into it.

    The places are [words, 2], nan for words that the others lack.
    """
    words, others, layer = vectors.emotions, other.vectors.emotions, int(found.facts["layer"])
    layers, forms = (layer, other.layer), (other.form, other.form)
    options = {"resamples": resamples, "seed": seed}
    scores = compare_sets(vectors, other.vectors, layers=layers, forms=forms, name="map.beside", **options)
    shared = [(words.index(word), others.index(word)) for word in shared_words(words, others, "beside")]
    mine, theirs = (list(rows) for rows in zip(*shared, strict=True))
    here = widest(gram(of_form(vectors)[vectors.place(layer)]))
    there = of_form(other.vectors, other.form)[other.vectors.place(other.layer)][theirs]
    places = np.full((len(words), 2), np.nan)
    points = oriented(here[None], found.arrays["ratings"].T)[0]
    places[mine] = turned(points[mine], widest(gram(there)))[:, :2]
    told = {"model": other.vectors.header["model"]["id"], "layer": other.layer, "form": other.form}
    return found + Findings(tuple(scores), {"beside": places}, {"beside": told})
