"""Vectors from all folds of topics but one, read on the one that is left; and which layer does best without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from affectlab.checks.layers import sums_at
from affectlab.checks.sampled import Sample, emotion_means, placements
from affectlab.core import Convention, Doubles, Floats
from affectlab.errors import InputError
from affectlab.vectors.neutral import without
from affectlab.vectors.sums import Sums, make_vectors

FROM_DEPTH = 0.5
"""Layers before this part of the depth are read and shown, and not chosen: they tell words apart, and stories by their
words, better than any later one, but what is meant and what will be said is only settled later (docs/log.md)."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What some folds give at one layer: unit vectors [emotions, width], and the place they are read about."""

    units: Floats = field(repr=False)
    origin: Doubles = field(repr=False)
    basis: Doubles | None = field(repr=False)
    """[1, components, width]: the neutral components; None without neutral texts."""

    def readings(self, states: Floats, units: Floats | None = None) -> Floats:
        """Readings [stories, emotions] of mean states [stories, width]; with other unit vectors if they are given."""
        shifted = states - self.origin
        if self.basis is not None:
            shifted = shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-30)
        found: Floats = shifted.astype(np.float32) @ (self.units if units is None else units).T
        return found


def learn(one: Sums, folds: Sequence[int], like: Learned | None = None) -> Learned:
    """Vectors of one layer's sums from these folds alone. With `like`, its neutral components and mean are used."""
    share = float(one.header["recipe"]["share"])
    given = one if like is None else replace(one, neutral=[None] * len(one.neutral))
    parts = make_vectors(given, share, folds)
    basis = parts.neutral_basis if like is None else like.basis
    source = (parts.raw if basis is None else without(parts.raw, basis))[0]
    norms = np.linalg.norm(source, axis=1, keepdims=True)
    if basis is None:
        origin = parts.center[0]
    else:
        assert like is not None or parts.neutral_mean is not None
        origin = like.origin if like is not None else parts.neutral_mean[0]  # type: ignore[index]
    return Learned((source / np.where(norms > 0, norms, 1.0)).astype(np.float32), origin, basis)


@dataclass(frozen=True, eq=False)
class Choice:
    """How well every layer does, with each fold held out, and on the folds that are left when one is."""

    layers: tuple[int, ...]
    candidates: tuple[int, ...]
    """Those that may be chosen."""
    folds: tuple[int, ...]
    readings: tuple[Floats, ...] = field(repr=False)
    """For each layer [stories, emotions], every story by vectors of the other folds."""
    inner: Doubles
    """[folds, candidates]: the AUC of the other folds, by vectors that know neither them nor this fold."""

    def of(self, fold: int) -> int:
        """The layer chosen for a fold, without it."""
        return self.candidates[int(self.inner[self.folds.index(fold)].argmax())]

    def nested(self, sample: Sample) -> Floats:
        """Every story read at the layer chosen for its fold, [stories, emotions]."""
        found = self.readings[0].copy()
        for fold in self.folds:
            mine = sample.folds == fold
            found[mine] = self.readings[self.layers.index(self.of(fold))][mine]
        return found


def best_layer(choice: Choice, sample: Sample) -> int:
    """The candidate with the highest AUC over all folds, the lower one if two are equal."""
    every = [auc_of(choice.readings[choice.layers.index(layer)], sample) for layer in choice.candidates]
    return choice.candidates[int(np.argmax(every))]


def candidates_of(sums: Sums) -> tuple[int, ...]:
    """The layers of the second half of the depth; all, where there are vectors for none of these."""
    late = tuple(layer for layer in sums.layers if layer >= FROM_DEPTH * int(sums.header["model"]["blocks"]))
    return late or sums.layers


def convention_of(sums: Sums) -> Convention:
    """How stories are read: a centred cosine, or a projection where there is no neutral text to centre on."""
    return Convention.CENTRED if any(part is not None for part in sums.neutral) else Convention.PROJECTION


def check_folds(sums: Sums) -> None:
    """Raise unless a fold can be held out while a layer is chosen on two others, and has emotions to be told apart."""
    if len(sums.folds) < 3:
        raise InputError(
            "there are too few folds to hold one out and choose a layer on the others",
            where="sums of the extraction",
            expected="stories on at least three topics",
            found=f"{len(sums.folds)} folds",
            fix="extract stories on more topics",
        )
    if ((sums.counts > 0).sum(axis=1) < 2).all():
        raise InputError(
            "no fold has stories of two emotions, so none can be told from another",
            where="sums of the extraction",
            expected="several emotions on the same topics",
            found="one emotion on each",
            fix="extract stories of all emotions on each topic",
        )
    if not len(sums.sample):
        raise InputError("there is no sample of stories to read", where="sums of the extraction", fix="extract anew")


def choose(
    sums: Sums, sample: Sample, *, nested: bool = True, progress: Callable[[int], None] = lambda done: None
) -> Choice:
    """Read every fold at every layer with it held out, and find how the layers do without it."""
    candidates = candidates_of(sums)
    readings, inner = [], np.full((len(sums.folds), len(candidates)), np.nan)
    for place, layer in enumerate(sums.layers):
        one = sums_at(sums, [layer])
        states = one.sample[sample.rows, 0]
        found = np.zeros((len(sample.rows), len(sample.emotions)), dtype=np.float32)
        for number, fold in enumerate(sums.folds):
            others = [other for other in sums.folds if other != fold]
            learned = learn(one, others)
            mine = sample.folds == fold
            found[mine] = learned.readings(states[mine])
            if nested and layer in candidates:
                inner[number, candidates.index(layer)] = inner_auc(one, learned, others, states, sample)
        readings.append(found)
        progress(place + 1)
    return Choice(sums.layers, candidates, sums.folds, tuple(readings), inner)


def inner_auc(one: Sums, learned: Learned, folds: Sequence[int], states: Floats, sample: Sample) -> float:
    """The AUC of these folds, each held out from the others of them in turn."""
    found = np.full(len(sample.labels), np.nan)
    for fold in folds:
        mine = sample.folds == fold
        rest = learn(one, [other for other in folds if other != fold], like=learned)
        found[mine] = placements(rest.readings(states[mine]), sample.labels[mine], sample.folds[mine])
    return float(np.nanmean(emotion_means(found, sample.labels, len(sample.emotions))))


def auc_of(readings: Floats, sample: Sample) -> float:
    right = placements(readings, sample.labels, sample.folds)
    return float(np.nanmean(emotion_means(right, sample.labels, len(sample.emotions))))
