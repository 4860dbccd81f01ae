"""Two sets: a rotated copy is the same, whatever its width and order; a set of chance is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import procrustes

from affectlab.errors import InputError
from affectlab.geometry import agreement_scores, compare_sets, held_beside
from affectlab.geometry.sets import _explained, turned
from tests.geometry.made import LAYERS, WORDS, drawn, planted_vectors, vector_set


def test_a_rotated_copy_of_another_width_and_order_is_the_same_set() -> None:
    one = planted_vectors()
    wider = np.linalg.qr(drawn(60, 60).astype(np.float64))[0][: one.shape[1]]
    order = np.random.default_rng(0).permutation(len(WORDS))
    other = (2.5 * one @ wider)[order]
    words = ["unknown", *(WORDS[place] for place in order)]
    rsa, rotation = agreement_scores(one, WORDS, np.vstack([other[:1], other]), words, name="two", resamples=100)
    assert rsa.value == pytest.approx(1, abs=1e-6)
    assert rotation.value == pytest.approx(1, abs=1e-6)
    assert (rsa.name, rotation.name) == ("two.rsa", "two.procrustes")
    assert rsa.n == len(WORDS)
    assert rotation.nulls["permuted names"] < 0.6


def test_a_set_of_chance_stays_inside_its_null() -> None:
    rsa, rotation = agreement_scores(planted_vectors(), WORDS, drawn(len(WORDS), 30), WORDS, name="two", resamples=100)
    assert abs(rsa.value) < rsa.nulls["permuted names"] * 1.5
    assert rotation.value < rotation.nulls["permuted names"] * 1.1
    assert rotation.value < 0.6
    assert rotation.chance is not None
    assert rotation.low <= rotation.value <= rotation.high


def test_the_quick_way_is_scipys() -> None:
    left, right = drawn(20, 4).astype(np.float64), drawn(20, 4, seed=1).astype(np.float64)
    assert _explained(left, right) == pytest.approx(1 - procrustes(left, right)[2])


def test_two_vector_sets_are_compared_at_their_layers() -> None:
    raw = np.stack([planted_vectors(), drawn(len(WORDS), 40), planted_vectors(0.2)])
    one, other = vector_set(raw, raw[::-1].copy()), vector_set(raw[:, :, :20].copy())
    same = compare_sets(one, one, layers=(LAYERS[0], LAYERS[2]), forms=("raw", "clean"), resamples=50)
    assert same[0].value == pytest.approx(1)
    assert same[0].layer is None
    assert compare_sets(one, other, layers=(2, 2), forms=("raw", None), resamples=50)[0].layer == 2


def test_points_are_turned_back_to_where_they_came_from() -> None:
    points = drawn(20, 3).astype(np.float64)
    away = 4 * points @ np.linalg.qr(drawn(5, 5, seed=1).astype(np.float64))[0][:3] + 2
    np.testing.assert_allclose(turned(points, away), points, atol=1e-9)
    np.testing.assert_allclose(turned(away, points), away, atol=1e-9)


def test_sets_with_few_words_in_common_are_refused() -> None:
    with pytest.raises(InputError, match="share too few words"):
        agreement_scores(drawn(12, 5), WORDS[:12], drawn(12, 5), WORDS[5:17], name="two", resamples=100)


def test_other_vectors_are_taken_as_these_are_where_they_can_be() -> None:
    raw = np.stack([planted_vectors(noise) for noise in (0.1, 0.2, 0.3)])
    one, other = vector_set(raw, raw + 0.1), vector_set(raw[:, :, :20].copy(), raw[:, :, :20] + 0.1)
    assert held_beside(one, 2, other)[1:] == (2, "clean")
    assert held_beside(one, 2, other, 4)[1:] == (4, "clean")
    assert held_beside(one, 2, vector_set(raw))[1:] == (2, "raw")
    assert held_beside(one, 2, vector_set(raw[:1]))[1:] == (1, "raw")
    shallow = replace(other, header={**other.header, "model": {**other.header["model"], "blocks": 3}})
    assert held_beside(one, 1, shallow)[1:] == (2, "clean")
    with pytest.raises(InputError, match="no vectors for layer 3"):
        held_beside(one, 2, other, 3)


def test_vectors_are_held_against_themselves_at_another_layer_alone() -> None:
    one = vector_set(np.stack([planted_vectors(noise) for noise in (0.1, 0.2, 0.3)]))
    assert held_beside(one, 2, one, 4).layer == 4
    with pytest.raises(InputError, match=r"beside themselves.*map\.raw"):
        held_beside(one, 2, one)
