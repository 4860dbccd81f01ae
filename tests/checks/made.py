"""Sums of an extraction that never took place: states drawn by chance, with a direction for each emotion at a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from affectlab.checks.controls import Controls
from affectlab.checks.nulls import nulls_of_each
from affectlab.core import Doubles
from affectlab.models.batches import BatchPlan
from affectlab.vectors.extract import vector_set
from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import NormSums, bins_of
from affectlab.vectors.pooled import Pooled
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

EMOTIONS = ("afraid", "angry", "calm", "happy", "loving", "proud", "sad", "surprised")
FOLDS, LAYERS, WIDTH, EACH = 5, 6, 24, 6
STRONG, WEAK = 4, 5
"""The layer at which emotions are plain, and one at which they show a little."""


def made_sums(signal: float = 3.0, *, neutral: bool = True, seed: int = 0) -> Sums:
    """Six stories of each emotion in each of five folds; `signal` is how far an emotion moves its stories."""
    generator = np.random.default_rng(seed)
    labels = np.tile(np.arange(len(EMOTIONS)), FOLDS * EACH)
    folds = np.repeat(np.arange(FOLDS), len(EMOTIONS) * EACH)
    directions = np.linalg.qr(generator.standard_normal((WIDTH, WIDTH)))[0][: len(EMOTIONS)]
    sample = generator.standard_normal((len(labels), LAYERS, WIDTH)) + 2.0
    sample[:, STRONG] += signal * directions[labels]
    sample[:, WEAK] += signal / 4 * directions[labels]
    made = Sums(
        emotions=EMOTIONS,
        layers=tuple(range(LAYERS)),
        stories=np.zeros((FOLDS, len(EMOTIONS), LAYERS, WIDTH)),
        counts=np.zeros((FOLDS, len(EMOTIONS)), dtype=np.int64),
        neutral=[neutral_sums(generator) if neutral else None for _ in range(FOLDS)],
        norms=NormSums(LAYERS),
        sample=sample.astype(np.float32),
        sample_ids=tuple(f"story {number}" for number in range(len(labels))),
        sample_labels=labels.astype(np.int64),
        sample_folds=folds.astype(np.int64),
        plan=BatchPlan((), 1),
        header={"recipe": {"share": 0.5}, "model": {"id": "made", "blocks": LAYERS, "width": WIDTH}},
    )
    for layer in range(LAYERS):
        made.norms.add(layer, bins_of(np.linalg.norm(sample[:, layer], axis=1)), float(len(sample)))
    return summed(made)


def summed(sums: Sums) -> Sums:
    """The same with the sums of its sample."""
    sums.stories[:], sums.counts[:] = 0.0, 0
    np.add.at(sums.stories, (sums.sample_folds, sums.sample_labels), sums.sample.astype(np.float64))
    np.add.at(sums.counts, (sums.sample_folds, sums.sample_labels), 1)
    return sums


def neutral_sums(generator: np.random.Generator, tokens: int = 60, axis: int = 0) -> NeutralSums:
    """Tokens that vary along one axis above all, at every layer."""
    drawn = generator.standard_normal((LAYERS, tokens, WIDTH)) + 2.0
    drawn[:, :, axis] *= 8.0
    found = NeutralSums(LAYERS, WIDTH, WIDTH, shift=[np.zeros(WIDTH) for _ in range(LAYERS)])
    for layer, states in enumerate(drawn):
        found.add(layer, tokens, states.sum(axis=0), float((states**2).sum()), (states.T @ states).astype(np.float32))
    return found


def made_vectors() -> VectorSet:
    """The vectors of these sums."""
    return vector_set(made_sums(), 0.5)


class Told:
    """Stands in for the run of a model: the state of a text is the sum of unit vectors that a rule gives for it.

    The rule says how much of each emotion there is in a text, for each pool; the first layer knows nothing.
    """

    def __init__(self, rule: Callable[[str], Sequence[Mapping[str, float]]], noise: float = 0.05) -> None:
        self.rule, self.noise = rule, noise

    def __call__(self, model: object, vectors: VectorSet, texts: Sequence[str], **ways: Any) -> Pooled:
        generator = np.random.default_rng(0)
        layers = tuple(ways.get("layers") or vectors.layers)
        pools = [self.rule(text) for text in texts]
        states = self.noise * generator.standard_normal((len(texts), len(pools[0]), len(layers), vectors.width))
        for text, found in enumerate(pools):
            for pool, amounts in enumerate(found):
                for place, layer in enumerate(layers):
                    for emotion, amount in amounts.items() if layer else ():
                        states[text, pool, place] += amount * vectors.units(layer)[vectors.index(emotion)]
        return Pooled(states.astype(np.float32), layers, ways["convention"])


def as_it_is(model: object, text: str) -> str:
    """In place of what makes a row of a text."""
    return text


def errors_from(chance: float, values: Sequence[float] | Doubles) -> float:
    """How many standard errors the mean of a null lies from chance, by how its vector sets (or permutations) differ.

    Four are too many: the mean of so many independent draws lies further off once in sixteen thousand times.
    """
    drawn = np.asarray(values, dtype=np.float64)
    return float(abs(drawn.mean() - chance) / (drawn.std(ddof=1) / np.sqrt(len(drawn))))


Drawn = dict[str, dict[str, list[float]]]
"""By the name of a score and the kind of null: the value with every vector set."""


def drawn_nulls(patch: pytest.MonkeyPatch, check: ModuleType) -> Drawn:
    """Fills while a check draws its nulls, of which it keeps a percentile alone."""
    found: Drawn = {}

    def noted(statistics: Callable[[VectorSet], Mapping[str, float]], given: Controls, **options: float) -> Any:
        kinds = {id(one): kind for kind, sets in given.items() for one in sets}

        def keep(one: VectorSet) -> Mapping[str, float]:
            values = statistics(one)
            for name, value in values.items():
                found.setdefault(name, {}).setdefault(kinds[id(one)], []).append(value)
            return values

        return nulls_of_each(keep, given, **options)

    patch.setattr(check, "nulls_of_each", noted)
    return found
