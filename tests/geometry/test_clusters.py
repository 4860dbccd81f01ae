"""Planted groups are found, firm and of the right number; words without groups have none that last."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from affectlab.core import Doubles
from affectlab.geometry.clusters import (
    agreement,
    best_groups,
    clustered_order,
    group,
    naming_scores,
    stability_scores,
)
from affectlab.geometry.grams import cosines, gram
from tests.geometry.made import drawn

TRUE = np.arange(60) % 5


@cache
def grouped() -> Doubles:
    """Sixty points around five."""
    return (4 * drawn(5, 12)[TRUE] + drawn(60, 12, seed=1)).astype(np.float64)


def test_the_number_of_groups_and_the_groups_are_found() -> None:
    found, silhouettes = best_groups(grouped())
    assert found.k == 5
    assert max(silhouettes, key=lambda k: silhouettes[k]) == 5
    assert adjusted_rand_score(found.labels, TRUE) == 1
    assert found.labels[0] == 0
    np.testing.assert_array_equal(found.labels, best_groups(grouped())[0].labels)


def test_planted_groups_last_and_those_of_noise_do_not() -> None:
    [firm] = stability_scores(grouped(), group(grouped(), 5), "firm", 2)
    assert firm.value > 0.95
    assert firm.low > firm.nulls["places dealt out along each axis"]
    noise = drawn(60, 12, seed=3).astype(np.float64)
    [loose] = stability_scores(noise, group(noise, 5), "loose", 2)
    assert loose.value < 0.6
    assert loose.low < loose.nulls["places dealt out along each axis"]


def test_groups_agree_with_their_names_and_not_with_permuted_ones() -> None:
    found = group(grouped(), 5)
    [named] = naming_scores(found, [f"kind {kind}" for kind in TRUE], "named", 2)
    assert named.value == 1
    assert named.nulls["permuted names"] < 0.1
    dealt = np.random.default_rng(0).permutation(TRUE)
    assert naming_scores(found, dealt.astype(str).tolist(), "dealt", 2)[0].low < 0.1


def test_groups_have_a_margin_over_those_of_bare_words_unless_these_are_as_good() -> None:
    names, noise = TRUE.astype(str).tolist(), drawn(60, 12, seed=3).astype(np.float64)
    for bare, beaten in ((noise, True), (grouped(), False)):
        for score, margin in (
            naming_scores(group(grouped(), 5), names, "named", 2, bare=group(bare, 5)),
            stability_scores(grouped(), group(grouped(), 5), "firm", 2, bare=bare),
        ):
            assert margin.name == f"{score.name}.margin"
            assert margin.value == pytest.approx(score.value - score.baselines["bare words (block 0)"])
            assert margin.low <= margin.value <= margin.high
            assert (margin.low > 0) == beaten


def test_words_of_a_group_stand_side_by_side() -> None:
    order = clustered_order(cosines(gram(grouped())))
    assert sorted(order.tolist()) == list(range(60))
    assert (np.diff(TRUE[order]) != 0).sum() == 4


def test_the_quick_agreement_is_scikit_learns() -> None:
    generator = np.random.default_rng(0)
    for many in (1, 2, 7):
        one, other = generator.integers(0, many, 40), generator.integers(0, 5, 40)
        assert agreement(one, other) == pytest.approx(adjusted_rand_score(one, other))
    assert agreement(TRUE, TRUE) == 1


def test_silhouettes_are_between_minus_one_and_one() -> None:
    assert group(grouped(), 5).silhouette == pytest.approx(0.7, abs=0.3)
