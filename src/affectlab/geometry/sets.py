"""Two vector sets on their shared words: raw beside clean, one writer beside another, one model beside another.

Two answers, neither of which needs the same width:
    r           Spearman's of the cosines of all pairs of words (`layers`)
    agreement   1 - Procrustes' disparity: after PCA to as many axes, centred and of one size, how much of one set the
                best rotation of the other explains
A rotation of many axes fits anything a little, so what permuted names give is never 0: it stands beside the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import orthogonal_procrustes
from scipy.spatial import procrustes

from affectlab.core import Doubles, Ints, Score
from affectlab.errors import InputError
from affectlab.geometry.grams import centred, coordinates, cosines, gram, of_form, word_draws
from affectlab.geometry.layers import RankedPairs
from affectlab.vectors.vectorset import VectorForm, VectorSet

RESAMPLES, PERMUTATIONS, DIMS = 1000, 500, 10
FEWEST = 10
"""Words that both sets must have."""


def shared_words(words: Sequence[str], others: Sequence[str], where: str) -> list[str]:
    """The words that both have, in the order of the first; they must be enough to say anything."""
    shared = [word for word in words if word in set(others)]
    if len(shared) < FEWEST:
        expected = f"at least {FEWEST}"
        raise InputError("the two sets share too few words", where=where, expected=expected, found=str(len(shared)))
    return shared


def compare_sets(
    one: VectorSet,
    other: VectorSet,
    *,
    layers: tuple[int, int] | None = None,
    forms: tuple[VectorForm | None, VectorForm | None] = (None, None),
    name: str = "sets",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Score]:
    """Two vector sets at a layer of each (their default ones unless given), on the words that both have."""
    at = layers or (one.default_layer, other.default_layer)
    arrays = [of_form(v, form)[v.place(layer)] for v, form, layer in zip((one, other), forms, at, strict=True)]
    layer = at[0] if at[0] == at[1] else None
    options = {"resamples": resamples, "seed": seed}
    return agreement_scores(arrays[0], one.emotions, arrays[1], other.emotions, name=name, layer=layer, **options)


def agreement_scores(
    one: NDArray[Any],
    words: Sequence[str],
    other: NDArray[Any],
    others: Sequence[str],
    *,
    name: str,
    layer: int | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Score]:
    """`NAME.rsa` and `NAME.procrustes` of vectors [words, width] and [others, any width], on the words in both."""
    shared = shared_words(words, others, name)
    products = np.stack([gram(one[[words.index(w) for w in shared]]), gram(other[[others.index(w) for w in shared]])])
    generator = np.random.default_rng(seed)
    permutations = [generator.permutation(len(shared)) for _ in range(PERMUTATIONS)]
    draws = word_draws(len(shared), resamples, generator)
    return [
        _scored(f"{name}.rsa", _similarity(products, permutations, draws), layer),
        _scored(f"{name}.procrustes", _rotation(products, permutations, draws), layer),
    ]


def agreement(left: Doubles, right: Doubles) -> float:
    """1 - Procrustes' disparity of two sets of points [words, axes]: 1 where a rotation and a scale make them equal."""
    return 1.0 - float(procrustes(left, right)[2])


def widest(products: Doubles) -> Doubles:
    """Points [words, axes] on the widest axes of a Gram matrix, about their middle."""
    return coordinates(centred(products))[:, :DIMS]


def turned(points: Doubles, others: Doubles) -> Doubles:
    """Other points of the same words, turned, scaled and moved to where they fit these best, [words, axes of these]."""
    left, right = _as_wide(points, others)
    middle, right = left.mean(axis=0), right - right.mean(axis=0)
    rotation, size = orthogonal_procrustes(right, left - middle)
    return np.asarray(right @ rotation * size / (right**2).sum() + middle)[:, : points.shape[1]]


def _as_wide(left: Doubles, right: Doubles) -> tuple[Doubles, Doubles]:
    """The same points on as many axes in both."""
    more = right.shape[1] - left.shape[1]
    return np.pad(left, ((0, 0), (0, max(more, 0)))), np.pad(right, ((0, 0), (0, max(-more, 0))))


class _Found(NamedTuple):
    """A value, what permuted names give, what resamples of the words give, and how many words there are."""

    value: float
    permuted: list[float]
    drawn: Doubles
    words: int


def _similarity(products: Doubles, permutations: list[Ints], draws: Ints) -> _Found:
    pairs = RankedPairs(cosines(products))
    ranks = pairs.standard()
    permuted = [float(ranks[0] @ pairs.renamed(ranks[1], order)) for order in permutations]
    return _Found(float(ranks[0] @ ranks[1]), permuted, np.array([pairs.r(t)[0, 1] for t in draws]), pairs.words)


def _rotation(products: Doubles, permutations: list[Ints], draws: Ints) -> _Found:
    left, right = _as_wide(widest(products[0]), widest(products[1]))
    value, words = agreement(left, right), np.arange(len(left))
    permuted = [_explained(left, right[order]) for order in permutations]
    drawn = np.array([_explained(left[rows], right[rows]) for rows in (np.repeat(words, t) for t in draws)])
    # Fewer different words are easier to rotate onto each other, so resamples come out too high.
    return _Found(value, permuted, np.minimum(drawn - np.median(drawn) + value, 1.0), len(words))


def _scored(name: str, found: _Found, layer: int | None) -> Score:
    low, high = (float(end) for end in np.quantile(found.drawn, [0.025, 0.975]))
    nulls = {"permuted names": float(np.quantile(np.abs(found.permuted), 0.95))}
    chance = float(np.mean(found.permuted))
    return Score(name, found.value, low, high, found.words, "words", chance, nulls, {}, layer)


def _explained(left: Doubles, right: Doubles) -> float:
    """The same as `agreement`, in one line and many times faster: (sum of singular values)^2 of unit-size sets."""
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    sizes = np.linalg.norm(left) * np.linalg.norm(right)
    return float((np.linalg.svd(left.T @ right, compute_uv=False).sum() / sizes) ** 2) if sizes > 0 else 0.0
