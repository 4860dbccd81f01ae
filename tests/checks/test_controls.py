"""Nulls know nothing of the labels, and are otherwise like what they stand beside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from affectlab.checks.controls import (
    ISOTROPIC,
    MATCHED,
    SHUFFLED,
    controls,
    nulls_of,
    random_vectors,
    shuffled_sums,
    shuffled_vectors,
)
from affectlab.errors import InputError
from affectlab.vectors.extract import Extraction
from affectlab.vectors.vectorset import VectorSet
from tests.checks.conftest import RECIPE


def test_there_are_three_kinds_and_all_are_vector_sets_of_the_same_shape(found: Extraction) -> None:
    given = controls(found.vectors, found.sums, 2)
    assert list(given) == [SHUFFLED, ISOTROPIC, MATCHED]
    for sets in given.values():
        assert len(sets) == 2
        assert all(one.raw.shape == found.vectors.raw.shape for one in sets)
        assert len({one.hash for one in sets} | {found.vectors.hash}) == 3
        assert all("control" in one.header for one in sets)


def test_shuffling_deals_the_labels_out_within_folds_and_keeps_their_numbers(found: Extraction) -> None:
    shuffled = shuffled_sums(found.sums, 1)
    assert (shuffled.sample_labels != found.sums.sample_labels).any()
    for fold in np.unique(found.sums.sample_folds):
        mine = found.sums.sample_folds == fold
        assert sorted(shuffled.sample_labels[mine]) == sorted(found.sums.sample_labels[mine])


def test_matched_directions_vary_as_neutral_tokens_do(found: Extraction) -> None:
    neutral = found.sums.neutral_of(range(len(found.sums.counts)))
    assert neutral is not None
    drawn = np.concatenate(
        [random_vectors(found.vectors, "matched", seed, neutral).raw[1] for seed in range(400)]
    ).astype(np.float64)
    tokens = int(neutral.count[1])
    expected = neutral.centred(1) @ np.linalg.pinv(neutral.test[1]) / tokens
    assert np.linalg.norm(np.cov(drawn.T) - expected) < 0.25 * np.linalg.norm(expected)
    isotropic = np.concatenate([random_vectors(found.vectors, "isotropic", seed).raw[1] for seed in range(400)])
    assert np.linalg.norm(np.cov(isotropic.T) - np.eye(found.vectors.width)) < 0.25 * np.sqrt(found.vectors.width)


def test_without_neutral_texts_nothing_is_matched(found: Extraction) -> None:
    with pytest.raises(InputError, match="no neutral covariance"):
        random_vectors(found.vectors, "matched", 0)


def test_the_null_is_the_95th_percentile_and_may_be_of_the_size(found: Extraction) -> None:
    sets = {"some": [found.vectors] * 101}
    values = iter([float(n) for n in range(-50, 51)] * 2)

    def statistic(vectors: VectorSet) -> float:
        return next(values)

    assert nulls_of(statistic, sets) == {"some": 45.0}
    assert nulls_of(statistic, sets, sided=False) == {"some": pytest.approx(48.0)}


def test_shuffled_labels_keep_everything_but_the_labels(found: Extraction) -> None:
    shuffled = shuffled_vectors(found.sums, RECIPE.share, seed=1)
    assert shuffled.emotions == found.vectors.emotions
    assert "shuffled labels" in shuffled.header["control"]
    assert shuffled.neutral_basis is not None
    np.testing.assert_array_equal(shuffled.neutral_basis, found.vectors.neutral_basis)
    assert np.linalg.norm(shuffled.raw) < 0.7 * np.linalg.norm(found.vectors.raw)
    again, other = (shuffled_vectors(found.sums, RECIPE.share, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(again.raw, shuffled.raw)
    assert (other.raw != shuffled.raw).any()


def test_labels_that_are_dealt_back_give_the_same_vectors(found: Extraction, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unchanged:
        def permutation(self, labels: Any) -> Any:
            return labels

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Unchanged())
    same = shuffled_vectors(found.sums, RECIPE.share, seed=0)
    np.testing.assert_allclose(same.raw, found.vectors.raw, atol=1e-5)


def test_nulls_of_shuffled_labels_are_cleaned_as_if_each_were_made_alone(found: Extraction) -> None:
    """Their neutral components are computed once, since neutral texts have no labels."""
    together = controls(found.vectors, found.sums, 2, seed=5)[SHUFFLED]
    alone = [shuffled_vectors(found.sums, RECIPE.share, seed) for seed in (5, 6)]
    assert [one.hash for one in together] == [one.hash for one in alone]
    assert together[0].clean is not None
