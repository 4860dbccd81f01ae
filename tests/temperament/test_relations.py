"""Correlations over emotions: exact where they can be told, wider with few prompts, and at chance for noise."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.core import Convention
from affectlab.errors import InputError
from affectlab.temperament.relations import Relation, shift_with
from affectlab.temperament.shift import Shift

GENERATOR = np.random.default_rng(5)


def noisy(truth: np.ndarray, prompts: int, noise: float, seed: int) -> np.ndarray:
    return truth + noise * np.random.default_rng(seed).standard_normal((prompts, len(truth)))


def test_r_is_that_of_the_means() -> None:
    left, right = GENERATOR.standard_normal((20, 12)), GENERATOR.standard_normal((7, 12))
    relation = Relation(left, right, (20,), (7,))
    assert relation.value == pytest.approx(np.corrcoef(left.mean(axis=0), right.mean(axis=0))[0, 1])
    found = relation.interval(300)
    assert found.low < found.value < found.high
    assert found.n == 12
    assert relation.interval(300) == found


def test_noise_over_prompts_and_few_words_both_widen_the_interval() -> None:
    truth = np.linspace(-1, 1, 40)

    def width(prompts: int, words: int, noise: float) -> float:
        chosen = truth[:: 40 // words]
        relation = shift_with([noisy(chosen, prompts, noise, 1)], range(len(chosen)), chosen.tolist())
        found = relation.interval(500)
        return found.high - found.low

    assert width(50, 40, 1.0) < width(4, 40, 1.0)
    assert width(50, 40, 1.0) < width(50, 8, 1.0)


def test_paired_prompts_are_drawn_together() -> None:
    # What both share in a prompt moves both means alike, so r hardly varies where they are drawn together.
    shared = GENERATOR.standard_normal((6, 30))
    together = Relation(shared, shared + 0.01, (6,), (6,), paired=True).interval(400)
    apart = Relation(shared, shared + 0.01, (6,), (6,)).interval(400)
    assert together.low > 0.999
    assert apart.low < 0.95


def test_names_permuted_give_the_null_of_noise() -> None:
    words = 45
    left, right = GENERATOR.standard_normal((10, words)), GENERATOR.standard_normal((10, words))
    null = Relation(left, right, (10,), (10,)).permuted()
    assert null == pytest.approx(1.96 / np.sqrt(words - 1), abs=0.05)


def test_two_words_are_too_few() -> None:
    with pytest.raises(InputError, match="too few words"):
        Relation(np.zeros((5, 2)), np.zeros((5, 2)), (5,), (5,))


def test_what_moved_is_told_from_what_did_not() -> None:
    truth = np.concatenate([np.zeros(60), np.full(6, 0.5)])
    base = noisy(np.zeros(66), 60, 0.5, 2).astype(np.float32)
    post = (base + noisy(truth, 60, 0.5, 3)).astype(np.float32)
    shift = Shift(tuple(f"w{n}" for n in range(66)), base, post, 0, Convention.CENTRED)
    moved = shift.discoveries()
    assert {f"w{n}" for n in range(60, 66)} <= set(moved)
    assert len(moved) <= 9
    low, high = shift.bounds()
    assert ((low < truth) & (truth < high)).mean() > 0.85
    still = Shift(shift.emotions, base, base, 0, Convention.CENTRED)
    assert still.discoveries() == ()
