"""A rotation is found where the texts say what it is, and is none where they say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.temperament.rotation import explained, fit_rotation

WIDTH = 24
GENERATOR = np.random.default_rng(7)
TURN = np.linalg.qr(GENERATOR.standard_normal((WIDTH, WIDTH)))[0]


def windows(texts: int, rank: int = WIDTH, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((texts, 8, rank)) @ generator.standard_normal((rank, WIDTH)) + 3.0


def test_with_enough_texts_the_rotation_is_found() -> None:
    states = windows(20)
    found = fit_rotation(states, states @ TURN)
    np.testing.assert_allclose(found.matrix, TURN, atol=0.02)
    np.testing.assert_allclose(found(states), states @ found.matrix, atol=1e-9)


def test_it_is_orthogonal_whatever_the_texts() -> None:
    for rank in (3, 10, WIDTH):
        matrix = fit_rotation(windows(4, rank, 1), windows(4, rank, 2)).matrix
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(WIDTH), atol=1e-8)


def test_where_the_texts_say_nothing_it_turns_nothing() -> None:
    states = windows(6, rank=5)
    same = fit_rotation(states, states)
    np.testing.assert_allclose(same.matrix, np.eye(WIDTH), atol=1e-8)
    assert same.angle < 0.1
    # A direction that neither model uses on these texts stays where it is.
    within = np.eye(WIDTH)
    flat = states.reshape(-1, WIDTH) - states.mean(axis=(0, 1))
    within -= np.linalg.pinv(flat) @ flat
    unused = np.linalg.svd(within)[0][:, 0]
    mixed = np.linalg.pinv(flat) @ flat @ TURN @ np.linalg.pinv(flat) @ flat
    np.testing.assert_allclose(fit_rotation(states, states @ mixed)(unused), unused, atol=1e-8)


def test_a_shift_of_the_mean_is_not_fitted_away() -> None:
    states = windows(12)
    found = fit_rotation(states, states + 5 * GENERATOR.standard_normal(WIDTH))
    np.testing.assert_allclose(found.matrix, np.eye(WIDTH), atol=1e-6)


def test_noise_turns_little_where_the_models_are_not_turned() -> None:
    states = windows(10)
    noisy = states + 0.5 * GENERATOR.standard_normal(states.shape)
    assert fit_rotation(states, noisy).angle < 3
    assert fit_rotation(states, noisy @ TURN).angle > 30


def test_how_much_it_explains_is_told_on_other_texts() -> None:
    states = windows(30).astype(np.float32)
    turned = (states @ TURN + 0.05 * GENERATOR.standard_normal(states.shape)).astype(np.float32)
    score = explained(states, turned, 3)
    assert score.low > 0.95
    assert score.nulls["pairs of different texts"] < 0.3
    assert (score.n, score.unit, score.layer) == (30, "texts", 3)
    # Noise is no rotation: what is fitted to some texts does not help on the others.
    noise = (states + GENERATOR.standard_normal(states.shape)).astype(np.float32)
    assert abs(explained(states, noise, 3).value) < 0.05
    assert explained(states, states, 3).value == 0


def test_few_texts_are_refused() -> None:
    with pytest.raises(InputError, match="too few texts to align"):
        explained(windows(3).astype(np.float32), windows(3).astype(np.float32), 0)
