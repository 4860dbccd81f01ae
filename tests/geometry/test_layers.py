"""Layers that hold the same are alike, layers of other words are not, and resamples are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from affectlab.geometry.grams import cosines, gram, word_draws
from affectlab.geometry.layers import RankedPairs, between, late_layers, late_score, likeness
from tests.geometry.made import drawn

PRODUCTS = np.stack(
    [gram(drawn(24, 9)), gram(3 * drawn(24, 9)), gram(drawn(24, 9, seed=4)), gram(drawn(24, 9, seed=5))]
)
LATE = np.array([1, 2, 3])


def test_a_copied_layer_is_wholly_alike_and_another_is_not() -> None:
    found = likeness(PRODUCTS, LATE, resamples=50)
    assert found.r[0, 1] == pytest.approx(1)
    assert found.low[0, 1] == pytest.approx(1)
    assert abs(found.r[0, 2]) < 0.2
    assert found.low[0, 2] < 0 < found.high[0, 2]
    np.testing.assert_allclose(np.diagonal(found.r), 1)


def test_it_is_spearmans_r_of_the_pairs_and_in_a_resample_of_the_pairs_of_different_words() -> None:
    angles = np.round(cosines(PRODUCTS), 1)  # so that many are equal
    pairs = RankedPairs(angles)
    for times in (np.ones(24, dtype=np.int64), *word_draws(24, 4, np.random.default_rng(1))):
        words = np.repeat(np.arange(24), times)
        one, two = np.triu_indices(24, 1)
        different = words[one] != words[two]
        values = angles[:, words[one][different], words[two][different]]
        np.testing.assert_allclose(pairs.r(times), spearmanr(values, axis=1).statistic, atol=1e-12)


def test_new_names_are_new_rows_and_columns() -> None:
    pairs, order = RankedPairs(cosines(PRODUCTS)), np.random.default_rng(2).permutation(24)
    moved = RankedPairs(cosines(PRODUCTS)[:, order][:, :, order])
    np.testing.assert_allclose(pairs.renamed(pairs.standard()[0], order), moved.standard()[0])


def test_late_layers_that_are_alike_stand_above_permuted_names_and_other_layers_do_not() -> None:
    alike = np.stack([gram(drawn(24, 9) + 0.1 * drawn(24, 9, seed=seed)) for seed in range(4)])
    for products, high in ((alike, True), (PRODUCTS, False)):
        found = likeness(products, LATE, resamples=50)
        score = late_score(products, found, LATE, {"noise": [PRODUCTS]})
        assert (score.low > score.nulls["permuted names"]) == high
        assert score.low <= score.value <= score.high
        assert score.value == pytest.approx(between(found.r, LATE))
        assert score.nulls["noise"] == pytest.approx(between(likeness(PRODUCTS, LATE, resamples=2).r, LATE))


def test_late_layers_stand_beside_the_bare_words_that_they_are_like() -> None:
    found = likeness(PRODUCTS, LATE, resamples=50)
    for bare in (PRODUCTS[2], gram(drawn(24, 7, seed=8))):
        score = late_score(PRODUCTS, found, LATE, {}, bare=bare)
        alike = likeness(np.concatenate([PRODUCTS, bare[None]]), LATE, resamples=2).r[4, LATE].mean()
        assert score.baselines["bare words (block 0)"] == pytest.approx(alike)
        assert score.value == pytest.approx(between(found.r, LATE))


def test_late_is_from_a_third_of_the_depth_on() -> None:
    assert late_layers((0, 1, 2, 4, 5), 6).tolist() == [2, 3, 4]
