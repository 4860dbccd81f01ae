"""Held-out topics: can vectors from some topics tell whose emotion a story on other topics tells of?

1. For each fold of topics, centre, vectors and neutral components are made of the other folds alone (`make_vectors`).
2. The sampled stories of the fold are read: cos(mean state - neutral mean, vector), or where there are no neutral texts
   (mean state - centre) . unit vector. Nothing is run: the sums of the extraction hold all that is needed.
3. The layer at which a fold is read is chosen without it, among those of the second half of the depth: by the AUC of
   each of the other folds, read with vectors from what is left (the neutral components stay those of all folds but the
   one that is held out). The score pools the folds, each at the layer chosen for it.
4. The layer for all other claims is the best one with every fold held out in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from affectlab.checks.baselines import baselines
from affectlab.checks.controls import ISOTROPIC, MATCHED, SHUFFLED, random_vectors, shuffled_sums
from affectlab.checks.layers import sums_at
from affectlab.checks.sampled import (
    MEASURES,
    UNKNOWN,
    Measured,
    Sample,
    Stories,
    chances,
    emotion_means,
    measured,
    names_by_chance,
    placements,
    rightness,
    sample_of,
    values_of,
)
from affectlab.checks.topics import Choice, best_layer, candidates_of, check_folds, choose, convention_of, learn
from affectlab.core import Convention, Doubles, Floats, Ints, Score
from affectlab.findings import Findings
from affectlab.vectors.extract import vector_set
from affectlab.vectors.sums import Sums

_Values: TypeAlias = Mapping[str, Doubles]
PERMUTATIONS = 100
LAYER_RESAMPLES = 200
"""For the band around a curve over layers."""


def held_out(
    sums: Sums,
    stories: Stories = UNKNOWN,
    *,
    nulls: int = 20,
    seed: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> Findings:
    """Whether vectors tell the emotion of stories on topics that they were not made from: by AUC, the highest reading,
    the five highest, and the cluster of the highest.

    `progress` hears how many layers are done. The nulls of shuffled labels are the same at the chosen layers, which
    were chosen without the fold that is scored.
    """
    check_folds(sums)
    sample = sample_of(sums, stories)
    choice = choose(sums, sample, progress=progress)
    best = best_layer(choice, sample)
    final = choice.nested(sample)
    beside = {name: _measures(each, sample) for name, each in baselines(sums, stories, sample).items()}
    null = _nulls(sums, sample, choice, final, nulls, seed)
    scores = _scores(_measures(final, sample), beside, null, choice, sample, seed=seed, convention=convention_of(sums))
    return Findings(scores, _arrays(choice, final, sample, seed), {"heldout": _facts(choice, sample, best, null)})


def chosen_layer(sums: Sums) -> int:
    """The layer for all claims but this one: the best by AUC with every fold held out in turn."""
    check_folds(sums)
    sample = sample_of(sums)
    return best_layer(choose(sums_at(sums, candidates_of(sums)), sample, nested=False), sample)


def _nulls(sums: Sums, sample: Sample, choice: Choice, final: Floats, count: int, seed: int) -> dict[str, _Values]:
    """For each kind of null the values of every measure."""
    found: dict[str, _Values] = {"permuted names": names_by_chance(final, sample, PERMUTATIONS, seed)}
    layers = sorted({choice.of(fold) for fold in sums.folds})
    sites = {layer: _Site(sums_at(sums, [layer]), layer, sample, choice) for layer in layers}
    kinds = [SHUFFLED, ISOTROPIC] + [MATCHED] * (convention_of(sums) is Convention.CENTRED)
    for kind in kinds if count else ():
        drawn = [_drawn(sites, kind, seed + number, sample) for number in range(count)]
        found[kind] = {name: np.array([values[name] for values in drawn]) for name in drawn[0]}
    return found


class _Site:
    """One layer with the folds that are read there, for nulls."""

    def __init__(self, one: Sums, layer: int, sample: Sample, choice: Choice) -> None:
        self.one, self.layer = one, layer
        self.states = one.sample[sample.rows, 0]
        self.folds = [fold for fold in one.folds if choice.of(fold) == layer]
        self.others = {fold: [other for other in one.folds if other != fold] for fold in self.folds}
        self.learned = {fold: learn(one, self.others[fold]) for fold in self.folds}
        self.vectors = vector_set(one, float(one.header["recipe"]["share"]))
        self.neutral = one.neutral_of(one.folds)

    def by_shuffled(self, seed: int) -> tuple[dict[int, Floats], Ints]:
        """Unit vectors of shuffled labels for each fold, and the labels."""
        shuffled = shuffled_sums(self.one, seed)
        units = {}
        for fold in self.folds:
            rest = _filled(shuffled, self.others[fold])
            units[fold] = learn(rest, self.others[fold], like=self.learned[fold]).units
        return units, shuffled.sample_labels

    def by_random(self, kind: str, seed: int) -> dict[int, Floats]:
        """Random unit vectors, the same for every fold."""
        if kind == ISOTROPIC:
            found = random_vectors(self.vectors, "isotropic", seed)
        else:
            found = random_vectors(self.vectors, "matched", seed, self.neutral)
        return dict.fromkeys(self.folds, found.units(self.layer))


def _drawn(sites: Mapping[int, _Site], kind: str, seed: int, sample: Sample) -> dict[str, float]:
    """Every measure with vectors that know nothing, each fold at the layer chosen for it."""
    readings = np.zeros((len(sample.rows), len(sample.emotions)), dtype=np.float32)
    labels = sample.labels
    for site in sites.values():
        if kind == SHUFFLED:
            units, dealt = site.by_shuffled(seed)
            labels = dealt[sample.rows]
        else:
            units = site.by_random(kind, seed)
        for fold in site.folds:
            mine = sample.folds == fold
            readings[mine] = site.learned[fold].readings(site.states[mine], units[fold])
    return values_of(rightness(readings, labels, sample), labels, sample)


def _filled(sums: Sums, folds: Sequence[int]) -> Sums:
    """Shuffled sums in which an emotion that these folds have lost gets the mean of the others: mere noise."""
    counts = sums.counts[folds].sum(axis=0)
    if counts.all():
        return sums
    stories, filled = sums.stories.copy(), sums.counts.copy()
    there = counts > 0
    means = stories[folds][:, there].sum(axis=0) / counts[there][:, None, None]
    stories[folds[0], ~there], filled[folds[0], ~there] = means.mean(axis=0), 1
    return replace(sums, stories=stories, counts=filled)


def _measures(readings: Floats, sample: Sample) -> dict[str, Measured]:
    return {name: measured(name, readings, sample) for name in chances(sample)}


def _scores(
    found: Mapping[str, Measured],
    beside: Mapping[str, Mapping[str, Measured]],
    nulls: Mapping[str, _Values],
    choice: Choice,
    sample: Sample,
    *,
    seed: int,
    convention: Convention,
) -> tuple[Score, ...]:
    chosen = {choice.of(fold) for fold in choice.folds}
    layer = chosen.pop() if len(chosen) == 1 else None
    scores = []
    for name, measure in found.items():
        null = {kind: float(np.quantile(values[name], 0.95)) for kind, values in nulls.items()}
        others = {key: each[name].value for key, each in beside.items()}
        ends = measure.interval(seed=seed)
        chance = chances(sample)[name]
        scores.append(Score(f"heldout.{name}", *ends, sample.unit, chance, null, others, layer, convention))
        for key, each in beside.items():
            margin = measure.above(each[name], seed=seed)
            scores.append(
                Score(f"heldout.{name} above {key}", *margin, sample.unit, 0.0, {}, others, layer, convention)
            )
    return tuple(scores)


def _arrays(choice: Choice, final: Floats, sample: Sample, seed: int) -> dict[str, Doubles | Floats | Ints]:
    """`by_layer` [measures, value and ends, layers], `inner` [folds, candidates], `emotions` the AUC of each, and
    `confusion` [cluster told of, cluster read]: shares."""
    curves = [
        [
            measured(name, readings, sample).interval(resamples=LAYER_RESAMPLES, seed=seed)[:3]
            for name in chances(sample)
        ]
        for readings in choice.readings
    ]
    right = placements(final, sample.labels, sample.folds)
    found: dict[str, Doubles | Floats | Ints] = {
        "heldout.layers": np.array(choice.layers, dtype=np.int64),
        "heldout.by_layer": np.array(curves).transpose(1, 2, 0),
        "heldout.inner": choice.inner,
        "heldout.emotions": emotion_means(right, sample.labels, len(sample.emotions)),
    }
    return found if sample.clusters is None else {**found, "heldout.confusion": _confusion(final, sample)}


def _confusion(readings: Floats, sample: Sample) -> Doubles:
    assert sample.clusters is not None
    names, of = np.unique(sample.clusters, return_inverse=True)
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, (of[sample.labels], of[readings.argmax(axis=1)]), 1.0)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def _facts(choice: Choice, sample: Sample, best: int, nulls: Mapping[str, _Values]) -> dict[str, object]:
    permuted = nulls["permuted names"]
    return {
        "layer": best,
        "candidates": list(choice.candidates),
        "layer_of_fold": {str(fold): choice.of(fold) for fold in choice.folds},
        "measures": [name for name in MEASURES if name in chances(sample)],
        "stories": len(sample.rows),
        "unit": sample.unit,
        "emotions": list(sample.emotions),
        "clusters": [] if sample.clusters is None else sorted(set(sample.clusters)),
        "chance": chances(sample),
        "mean_of_permuted_names": {name: float(values.mean()) for name, values in permuted.items()},
    }
