"""Ladders: one statement, one number, and a reading that should follow it.

Each wording is told to the model with every number, and read at the ":" before it answers. The harmless twin has the
same numbers in a statement where they mean nothing, so a reading that follows digits alone shows there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from affectlab.checks.colon import colon_readings
from affectlab.core import Convention, Doubles, Score
from affectlab.lexicon.items import NUMBER, Ladder
from affectlab.models.base import Model
from affectlab.stats import bootstrap, spearman
from affectlab.vectors.vectorset import VectorForm, VectorSet

__all__ = ["Ladder", "ladder_scores"]

PERMUTATIONS = 200


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
    at_colon = partial(colon_readings, model, vectors, layer=layer, convention=convention, form=form)
    scores = []
    for ladder in ladders:
        told, twin = (at_colon(_said(ladder, wordings)) for wordings in (ladder.wordings, ladder.twins))
        for suffix, weights in _probes(ladder, vectors).items():
            along, flat = (_by_number(readings @ weights, ladder) for readings in (told, twin))
            pairs = np.stack([np.array(ladder.values), along], axis=1)
            beside = {
                "harmless twin": float(spearman(np.stack([np.array(ladder.values), flat], axis=1))),
                "range of the twin over the range": float(np.ptp(flat)) / max(float(np.ptp(along)), 1e-12),
            }
            nulls = {"permuted numbers": _permuted(pairs, seed)}
            name, found = f"ladder.{ladder.name}{suffix}", bootstrap(pairs, spearman, seed=seed)
            scores.append(Score(name, *found, "numbers", 0.0, nulls, beside, layer, convention))
    return scores


def _probes(ladder: Ladder, vectors: VectorSet) -> dict[str, Doubles]:
    """Weights over emotions, by the end of a score's name: of all probes, and of each."""
    each = {}
    for probe, sign in ladder.rises.items():
        each[f".{probe}"] = weights = np.zeros(len(vectors.emotions))
        weights[vectors.index(probe)] = sign
    return {"": np.mean(list(each.values()), axis=0), **each}


def _said(ladder: Ladder, wordings: Sequence[str]) -> list[str]:
    return [wording.replace(NUMBER, f"{value:g}") for value in ladder.values for wording in wordings]


def _by_number(readings: Doubles, ladder: Ladder) -> Doubles:
    return np.asarray(readings.reshape(len(ladder.values), -1).mean(axis=1))


def _permuted(pairs: Doubles, seed: int) -> float:
    generator = np.random.default_rng(seed)
    shuffled = [np.stack([generator.permutation(pairs[:, 0]), pairs[:, 1]], axis=1) for _ in range(PERMUTATIONS)]
    return float(np.quantile([spearman(pair) for pair in shuffled], 0.95))
