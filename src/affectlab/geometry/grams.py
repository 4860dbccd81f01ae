"""All that geometry needs of vectors [words, width]: their inner products [words, words].

Angles, lengths, distances and principal axes of the words follow from the Gram matrix alone, so a resample never goes
back to the width of the model:
    words drawn again    a choice of rows and columns, each with the number of times it was drawn
    folds drawn again    a weighted sum of blocks, one for each pair of folds
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from affectlab.core import Doubles, Floats, Ints
from affectlab.errors import InputError, TooFewError
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorForm, VectorSet

GramsAt: TypeAlias = Callable[[int, Ints], Doubles]
"""The Gram matrices [sets, drawn, drawn] of some words in a resample, by its number."""
TINY = 1e-10
"""Axes with less than this share of the widest one's variance are rounding."""


def gram(vectors: NDArray[Any]) -> Doubles:
    """Inner products [words, words] of vectors [words, width], in double precision."""
    exact = np.asarray(vectors, dtype=np.float64)
    return np.asarray(exact @ exact.T)


def of_form(vectors: VectorSet, form: VectorForm | None = None) -> Floats:
    """The vectors [layers, words, width] as they are: clean where there are any, raw on request."""
    return vectors.raw if form == "raw" or vectors.clean is None else vectors.clean


def grams(vectors: VectorSet, form: VectorForm | None = None) -> Doubles:
    """The Gram matrix at every layer, [layers, words, words]."""
    return np.stack([gram(layer) for layer in of_form(vectors, form)])


def cosines(products: Doubles) -> Doubles:
    """Cosines between the words, of a Gram matrix or several; 0 beside a vector of no length, and 1 with itself."""
    lengths = np.sqrt(np.diagonal(products, axis1=-2, axis2=-1))
    scales = lengths[..., :, None] * lengths[..., None, :]
    found = np.divide(products, scales, out=np.zeros_like(products), where=scales > 0)
    places = np.arange(found.shape[-1])
    found[..., places, places] = 1.0
    return np.asarray(np.clip(found, -1.0, 1.0))


def coordinates(products: Doubles) -> Doubles:
    """Points [words, axes] with exactly these inner products, the widest axis first; as few as are needed."""
    values, vectors = scipy.linalg.eigh(products)
    kept = values > max(values[-1], 0.0) * TINY
    return np.ascontiguousarray((vectors[:, kept] * np.sqrt(values[kept]))[:, ::-1])


def centred(products: Doubles) -> Doubles:
    """The Gram matrix of the same vectors less their mean."""
    rows = products.mean(axis=-1, keepdims=True)
    return np.asarray(products - rows - np.swapaxes(rows, -1, -2) + rows.mean(axis=-2, keepdims=True))


def fixed(products: Doubles) -> GramsAt:
    """Gram matrices [sets, words, words] that stay what they are: words alone are drawn."""
    flat, words = products.reshape(len(products), -1), products.shape[1]

    def at(resample: int, drawn: Ints) -> Doubles:
        return np.asarray(flat.take(drawn[:, None] * words + drawn, axis=1))

    return at


class FoldGram:
    """The Gram matrix of the emotion vectors at one layer when folds of topics are drawn anew.

    An emotion's mean is a ratio of sums over the drawn folds, so its products with the others are weighted sums of
    products between folds. The neutral components stay those of all folds.
    """

    def __init__(self, vectors: VectorSet, sums: Sums, layer: int, form: VectorForm | None = None) -> None:
        if sums.emotions != vectors.emotions or sums.layers != vectors.layers or sums.stories.shape[3] != vectors.width:
            expected = "sums of the same emotions and layers"
            raise InputError("the sums belong to other vectors", where="sums", expected=expected)
        place, folds = vectors.place(layer), list(sums.folds)
        self.counts = sums.counts[folds].astype(np.float64)
        parts = sums.stories[folds, :, place] - self.counts[:, :, None] * vectors.center[place].astype(np.float64)
        if form != "raw" and vectors.clean is not None and vectors.neutral_basis is not None:
            basis = vectors.neutral_basis[place].astype(np.float64)
            parts = parts - (parts @ basis.T) @ basis
        shape = parts.shape[:2]
        self.blocks = gram(parts.reshape(shape[0] * shape[1], -1)).reshape(*shape, *shape)

    def __call__(self, times: Ints, drawn: Ints) -> Doubles:
        """The Gram matrix of some words with each fold as many times as it was drawn."""
        folds = np.flatnonzero(times)
        weights = times[folds, None] / (times[folds] @ self.counts[np.ix_(folds, drawn)])
        blocks = self.blocks[np.ix_(folds, drawn, folds, drawn)]
        return np.asarray(np.einsum("fe,fegh,gh->eh", weights, blocks, weights, optimize=True))

    def draws(self, resamples: int, generator: np.random.Generator) -> Ints:
        """How often each fold is drawn in each resample; draws that leave an emotion without a story are not used."""
        count, found = len(self.counts), np.zeros((0, len(self.counts)), dtype=np.int64)
        if not self.counts.sum(axis=0).all():
            raise TooFewError("an emotion has no story in the sums", where="sums")
        for _ in range(1000):
            times = generator.multinomial(count, np.full(count, 1 / count), size=resamples)
            found = np.concatenate([found, times[(times @ self.counts > 0).all(axis=1)]])
            if len(found) >= resamples:
                return found[:resamples]
        fix = "give stories of every emotion on more topics"
        raise TooFewError("too few folds hold every emotion to be drawn again", where="sums", fix=fix)


def word_draws(words: int, resamples: int, generator: np.random.Generator) -> Ints:
    """How often each word is drawn, [resamples, words]; a draw of fewer than three different words is not used."""
    found = generator.multinomial(words, np.full(words, 1 / words), size=resamples)
    while (few := (found > 0).sum(axis=1) < 3).any():
        found[few] = generator.multinomial(words, np.full(words, 1 / words), size=int(few.sum()))
    return found
