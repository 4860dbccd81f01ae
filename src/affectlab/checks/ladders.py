"""Ladders: one statement, one number, and a reading that should follow it.

Each wording is told to the model with every number, and read at the ":" before it answers. The harmless twin has the
same numbers in a statement where they mean nothing, so a reading that follows digits alone shows there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab.checks.colon import at_colon
from affectlab.checks.controls import Controls
from affectlab.checks.nulls import nulls_of_each
from affectlab.core import Convention, Doubles, Floats, Ints, Score
from affectlab.findings import Findings
from affectlab.lexicon.items import NUMBER, Ladder
from affectlab.models.base import Model
from affectlab.stats import bootstrap, spearman
from affectlab.vectors.pooled import pooled
from affectlab.vectors.vectorset import VectorForm, VectorSet

__all__ = ["Ladder", "ladder_scores", "read_ladders"]

PERMUTATIONS = 200
MEAN, RISE, TWINS = "ladders.mean", "ladders.rise", "ladders.twins"

Read = Callable[[VectorSet, int], list["Told"]]


@dataclass(frozen=True, eq=False)
class Told:
    """Readings of a ladder, [numbers, emotions], each the mean over wordings: of what is told, and of the twin."""

    ladder: Ladder
    told: Doubles = field(repr=False)
    twin: Doubles = field(repr=False)

    def along(self, weights: Doubles) -> Doubles:
        """[numbers, 2]: each number, and a weighted sum of readings."""
        return np.stack([np.array(self.ladder.values), self.told @ weights], axis=1)

    def beside(self, weights: Doubles) -> Doubles:
        """The same of the twin."""
        return np.stack([np.array(self.ladder.values), self.twin @ weights], axis=1)

    def rise(self, weights: Doubles) -> float:
        """The mean reading of the upper half of the numbers, less that of the lower half; a middle one is left out."""
        half = len(self.ladder.values) // 2
        readings = (self.told @ weights)[np.argsort(self.ladder.values, kind="stable")]
        return float(readings[-half:].mean() - readings[:half].mean())

    def ranges(self, weights: Doubles) -> tuple[float, float]:
        """From the lowest to the highest reading: told, and of the twin."""
        return float(np.ptp(self.told @ weights)), float(np.ptp(self.twin @ weights))


def read_ladders(
    model: Model,
    vectors: VectorSet,
    ladders: Sequence[Ladder],
    given: Controls,
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    form: VectorForm | None = None,
    seed: int = 0,
) -> Findings:
    """The scores of `ladder_scores`, each beside its nulls, and three of all ladders together.

    `ladders.mean` is the mean of Spearman's r over ladders. Where a number moves the state along one line, any
    direction has an r of 1 or -1, so `ladders.rise` says besides how far the reading goes: the mean over ladders of the
    upper half of the numbers less the lower. `ladders.twins` is the range of readings over the twins as a share of that
    over the ladders (ranges added up over ladders), where less is better and digits alone would give 1: its nulls are
    5th percentiles. Ladders are resampled for all three. A ladder whose probes have no vector is left out.
    """
    usable = [ladder for ladder in ladders if set(ladder.rises) <= set(vectors.emotions)]
    if not usable:
        return Findings(facts={"ladders": {}})
    read = _reader(model, vectors, usable, convention, form)
    every = read(vectors, layer)
    nulls = nulls_of_each(lambda one: statistics(read(one, layer), vectors), given)
    least = nulls_of_each(lambda one: {TWINS: statistics(read(one, layer), vectors)[TWINS]}, given, share=0.05)
    scores = [
        *_each(every, vectors, nulls, layer, convention, seed),
        *_together(every, vectors, {**nulls, **least}, layer, convention, seed),
    ]
    by_layer = [statistics(read(vectors, each), vectors) for each in vectors.layers]
    return Findings(tuple(scores), _arrays(every, vectors, by_layer), {"ladders": _facts(every)})


def ladder_scores(
    model: Model,
    vectors: VectorSet,
    ladders: Sequence[Ladder],
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    form: VectorForm | None = None,
    seed: int = 0,
) -> list[Score]:
    """For each ladder, Spearman's r of number and reading in the expected direction: of all probes together (their
    mean, those that should fall counted negative), then of each. The twin is a baseline.

    Numbers are resampled (the mean over wordings is what is ranked); the null permutes the numbers.
    """
    every = _reader(model, vectors, ladders, convention, form, [layer])(vectors, layer)
    return _each(every, vectors, {}, layer, convention, seed)


def statistics(every: Sequence[Told], vectors: VectorSet) -> dict[str, float]:
    """The value of each score."""
    found = {
        f"ladder.{one.ladder.name}{suffix}": float(spearman(one.along(weights)))
        for one in every
        for suffix, weights in probes(one.ladder, vectors).items()
    }
    ranges = np.array([one.ranges(probes(one.ladder, vectors)[""]) for one in every])
    mean = np.mean([found[f"ladder.{one.ladder.name}"] for one in every])
    rise = np.mean([one.rise(probes(one.ladder, vectors)[""]) for one in every])
    return {**found, MEAN: float(mean), RISE: float(rise), TWINS: float(_twins(ranges))}


def probes(ladder: Ladder, vectors: VectorSet) -> dict[str, Doubles]:
    """Weights over emotions, by the end of a score's name: of all probes, and of each."""
    each = {}
    for probe, sign in ladder.rises.items():
        each[f".{probe}"] = weights = np.zeros(len(vectors.emotions))
        weights[vectors.index(probe)] = sign
    return {"": np.mean(list(each.values()), axis=0), **each}


def _reader(
    model: Model,
    vectors: VectorSet,
    ladders: Sequence[Ladder],
    convention: Convention,
    form: VectorForm | None,
    layers: Sequence[int] | None = None,
) -> Read:
    """Run every wording with every number once; what comes back reads them with any vectors."""
    said = [text for ladder in ladders for lines in (ladder.wordings, ladder.twins) for text in _said(ladder, lines)]
    states = pooled(model, vectors, [at_colon(model, text) for text in said], layers=layers, convention=convention)

    def read(one: VectorSet, layer: int) -> list[Told]:
        readings, found, at = states.readings(one, layer, form=form).astype(np.float64), [], 0
        for ladder in ladders:
            parts = []
            for lines in (ladder.wordings, ladder.twins):
                size = len(ladder.values) * len(lines)
                parts.append(readings[at : at + size].reshape(len(ladder.values), len(lines), -1).mean(axis=1))
                at += size
            found.append(Told(ladder, *parts))
        return found

    return read


def _said(ladder: Ladder, wordings: Sequence[str]) -> list[str]:
    return [wording.replace(NUMBER, written(value)) for value in ladder.values for wording in wordings]


def written(number: float) -> str:
    """A number in digits, without a point where it is whole.

    >>> written(1000000.0), written(2.5)
    ('1000000', '2.5')
    """
    return str(int(number)) if number == int(number) else repr(number)


def _each(
    every: Sequence[Told],
    vectors: VectorSet,
    nulls: Mapping[str, Mapping[str, float]],
    layer: int,
    convention: Convention,
    seed: int,
) -> list[Score]:
    scores = []
    for one in every:
        for suffix, weights in probes(one.ladder, vectors).items():
            pairs, (told, twin) = one.along(weights), one.ranges(weights)
            beside = {
                "harmless twin": float(spearman(one.beside(weights))),
                "range of the twin over the range": twin / max(told, 1e-12),
            }
            name, found = f"ladder.{one.ladder.name}{suffix}", bootstrap(pairs, spearman, seed=seed)
            null = {"permuted numbers": _permuted([pairs], seed), **nulls.get(name, {})}
            scores.append(Score(name, *found, "numbers", 0.0, null, beside, layer, convention))
    return scores


def _together(
    every: Sequence[Told],
    vectors: VectorSet,
    nulls: Mapping[str, Mapping[str, float]],
    layer: int,
    convention: Convention,
    seed: int,
) -> list[Score]:
    if len(every) < 2:
        return []
    weights = [probes(one.ladder, vectors)[""] for one in every]
    pairs = [one.along(each) for one, each in zip(every, weights, strict=True)]
    ranges = np.array([one.ranges(each) for one, each in zip(every, weights, strict=True)])
    rises = np.array([one.rise(each) for one, each in zip(every, weights, strict=True)])
    r = np.array([float(spearman(pair)) for pair in pairs])
    twin = np.mean([float(spearman(one.beside(each))) for one, each in zip(every, weights, strict=True)])
    mean, share = bootstrap(r, seed=seed), bootstrap(ranges, _twins, seed=seed)
    null = {"permuted numbers": _permuted(pairs, seed), **nulls.get(MEAN, {})}
    beside = {"harmless twins": float(twin)}
    return [
        Score(MEAN, *mean, "ladders", 0.0, null, beside, layer, convention),
        Score(RISE, *bootstrap(rises, seed=seed), "ladders", 0.0, nulls.get(RISE, {}), {}, layer, convention),
        Score(TWINS, *share, "ladders", 1.0, nulls.get(TWINS, {}), {}, layer, convention),
    ]


def _twins(ranges: Doubles, axis: int = 0) -> Doubles:
    """Ranges [ladders, told and twin] to the second's share of the first, added up."""
    total = ranges.sum(axis=axis)
    return np.asarray(total[..., 1] / np.maximum(total[..., 0], 1e-12))


def _permuted(ladders: Sequence[Doubles], seed: int) -> float:
    """The 95th percentile of the mean r when the numbers of every ladder are permuted."""
    generator = np.random.default_rng(seed)

    def shuffled(pairs: Doubles) -> float:
        return float(spearman(np.stack([generator.permutation(pairs[:, 0]), pairs[:, 1]], axis=1)))

    found = [np.mean([shuffled(pairs) for pairs in ladders]) for _ in range(PERMUTATIONS)]
    return float(np.quantile(found, 0.95))


def _arrays(
    every: Sequence[Told], vectors: VectorSet, by_layer: Sequence[Mapping[str, float]]
) -> dict[str, Doubles | Floats | Ints]:
    """For each ladder its numbers, and curves [probes, numbers] told and of the twin; r [ladders, layers], and the
    range of the twins over that of the ladders [layers]."""
    found: dict[str, Doubles | Floats | Ints] = {"ladders.layers": np.array(vectors.layers, dtype=np.int64)}
    for one in every:
        columns = [vectors.index(probe) for probe in one.ladder.rises]
        found |= {
            f"ladders.{one.ladder.name}.numbers": np.array(one.ladder.values),
            f"ladders.{one.ladder.name}.told": one.told[:, columns].T,
            f"ladders.{one.ladder.name}.twin": one.twin[:, columns].T,
        }
    found["ladders.by_layer"] = np.array([[line[f"ladder.{one.ladder.name}"] for line in by_layer] for one in every])
    found["ladders.twins_by_layer"] = np.array([line[TWINS] for line in by_layer])
    return found


def _facts(every: Sequence[Told]) -> dict[str, object]:
    """The probes of each ladder with their signs, and one wording of it and of its twin."""
    return {
        one.ladder.name: {
            "rises": dict(one.ladder.rises),
            "wording": one.ladder.wordings[0],
            "twin": one.ladder.twins[0],
        }
        for one in every
    }
