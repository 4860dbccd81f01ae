"""What a measurement gives where there is nothing to find: vector sets that know nothing of the labels.

shuffled vectors    the whole pipeline on the same stories with their labels dealt out anew
random vectors      directions drawn by chance: alike in all directions, or with the covariance of neutral tokens

Both are vector sets, so that a check runs on them by the very code that it runs on the vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.vectors.extract import vector_set
from affectlab.vectors.neutral import NeutralSums, leading
from affectlab.vectors.sums import Components, Sums
from affectlab.vectors.vectorset import VectorSet

Controls: TypeAlias = Mapping[str, Sequence[VectorSet]]
"""Vector sets of each kind of null, by its name."""
SHUFFLED, ISOTROPIC, MATCHED = "shuffled story labels", "random directions", "random directions, neutral covariance"


def controls(vectors: VectorSet, sums: Sums, count: int, *, seed: int = 0) -> Controls:
    """So many vector sets of each kind of null; of the third kind where there are neutral texts."""
    share = float(sums.header["recipe"]["share"])
    neutral = sums.neutral_of(range(len(sums.counts)))
    # The neutral texts have no labels to shuffle.
    components = None if neutral is None else neutral.components(share)
    found = {
        SHUFFLED: [shuffled_vectors(sums, share, seed + place, components) for place in range(count)],
        ISOTROPIC: [random_vectors(vectors, "isotropic", seed + place) for place in range(count)],
    }
    if neutral is not None:
        spectra = _spectra(neutral)
        found[MATCHED] = [_matched(vectors, spectra, seed + place) for place in range(count)]
    return found


def nulls_of(statistic: Callable[[VectorSet], float], given: Controls, *, sided: bool = True) -> dict[str, float]:
    """The 95th percentile of a statistic over the vector sets of each kind; of its size where it may have any sign."""
    found = {}
    for name, sets in given.items():
        values = np.array([statistic(one) for one in sets])
        found[name] = float(np.quantile(values if sided else np.abs(values), 0.95))
    return found


def shuffled_vectors(sums: Sums, share: float, seed: int, components: Components | None = None) -> VectorSet:
    """Vectors of the same stories with their labels dealt out anew within each fold; everything after that is the same.
    `components` are the neutral ones, where they are known.

    They are made of the sampled stories, so the sample must hold every emotion.
    """
    return vector_set(shuffled_sums(sums, seed), share, components)


def shuffled_sums(sums: Sums, seed: int) -> Sums:
    """The sums that the sampled stories give when their labels are dealt out anew within each fold."""
    if not len(sums.sample):
        raise InputError("there is no sample of stories to shuffle", where="sums", fix="extract with stories")
    generator = np.random.default_rng(seed)
    labels = sums.sample_labels.copy()
    for fold in np.unique(sums.sample_folds):
        mine = np.flatnonzero(sums.sample_folds == fold)
        labels[mine] = generator.permutation(labels[mine])
    stories, counts = np.zeros_like(sums.stories), np.zeros_like(sums.counts)
    np.add.at(stories, (sums.sample_folds, labels), sums.sample.astype(np.float64))
    np.add.at(counts, (sums.sample_folds, labels), 1)
    header = {**sums.header, "control": f"shuffled labels, seed {seed}"}
    return replace(sums, stories=stories, counts=counts, sample_labels=labels, header=header)


def random_vectors(
    vectors: VectorSet, kind: Literal["isotropic", "matched"], seed: int, neutral: NeutralSums | None = None
) -> VectorSet:
    """A vector set whose directions are drawn by chance at every layer; centre, neutral mean and norms stay."""
    if kind == "isotropic":
        shape = (len(vectors.layers), len(vectors.emotions), vectors.width)
        return _with(vectors, np.random.default_rng(seed).standard_normal(shape), kind, seed)
    if neutral is None:
        raise InputError("there is no neutral covariance to match", where="sums", fix="extract with neutral texts")
    return _matched(vectors, _spectra(neutral), seed)


class _Spectrum(NamedTuple):
    """The covariance of neutral tokens at a site, as far as its sketch holds it, and what is left of the variance, for
    each direction alike."""

    values: Doubles
    directions: Doubles
    rest: float


def _spectra(neutral: NeutralSums) -> list[_Spectrum]:
    found, width = [], neutral.first.shape[1]
    for place, count in enumerate(neutral.count):
        tokens = int(count)
        offset = neutral.first[place] / tokens
        total = (neutral.square[place] - tokens * float(offset @ offset)) / tokens
        values, directions = leading(neutral.centred(place) / tokens, neutral.test[place], neutral.exact)
        found.append(_Spectrum(values, directions, max(total - float(values.sum()), 0.0) / width))
    return found


def _matched(vectors: VectorSet, spectra: Sequence[_Spectrum], seed: int) -> VectorSet:
    generator, count = np.random.default_rng(seed), len(vectors.emotions)
    sites = []
    for values, directions, rest in spectra:
        drawn = (generator.standard_normal((count, len(values))) * np.sqrt(values)) @ directions.T
        sites.append(drawn + np.sqrt(rest) * generator.standard_normal((count, vectors.width)))
    return _with(vectors, np.stack(sites), "matched", seed)


def _with(vectors: VectorSet, drawn: Doubles, kind: str, seed: int) -> VectorSet:
    single = drawn.astype(np.float32)
    header = {**vectors.header, "control": f"random directions, {kind}, seed {seed}"}
    return replace(vectors, raw=single, clean=None if vectors.clean is None else single, header=header)
