"""Doses and controls, against the same computed step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.checks.controls import shuffled_vectors
from affectlab.checks.doses import Doses, doses, null_directions, sampled_scores, slope_score, vector_directions
from affectlab.models.base import Row
from affectlab.models.fake import FakeModel
from affectlab.models.verbs import choose
from affectlab.vectors.extract import Extraction
from tests.checks.conftest import RECIPE


@pytest.fixture(scope="module")
def rows(fake: FakeModel) -> list[Row]:
    return [Row(fake.tokenizer.encode(text)) for text in ("He slammed the door", "She sat and", "They ran")]


def test_a_slope_is_the_change_of_log_odds_per_strength(fake: FakeModel, found: Extraction, rows: list[Row]) -> None:
    vectors, choice = found.vectors, (40, 41)
    measured = doses(fake, rows, choice, vector_directions(vectors, (1,)), strengths=(-0.2, 0.2))
    for name in vectors.emotions:
        odds = []
        for strength in (-0.2, 0.2):
            steer = vectors.steer(strength * vectors[name], layers=[1])
            logprobs = choose(fake, [replace(row, steer=steer) for row in rows], choice)
            odds.append(logprobs[:, 0] - logprobs[:, 1])
        np.testing.assert_allclose(
            measured.slopes[measured.names.index(name)], (odds[1] - odds[0]) / 0.4, rtol=1e-3, atol=1e-4
        )
        assert measured[name] == pytest.approx(float(np.mean((odds[1] - odds[0]) / 0.4)), abs=1e-4)


def test_a_line_through_more_than_two_strengths_has_the_same_slope(
    fake: FakeModel, found: Extraction, rows: list[Row]
) -> None:
    directions = vector_directions(found.vectors, (1,))
    two = doses(fake, rows, (40, 41), directions, strengths=(-0.01, 0.01))
    five = doses(fake, rows, (40, 41), directions, strengths=(-0.01, -0.005, 0.0, 0.005, 0.01))
    np.testing.assert_allclose(two.slopes, five.slopes, rtol=0.02, atol=0.02)


def test_null_directions_are_of_length_one_and_repeatable(found: Extraction) -> None:
    one, again, other = (null_directions(found.vectors, (0, 2), 50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_allclose(np.linalg.norm(one.units, axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(one.units, again.units)
    assert (one.units != other.units).any()
    np.testing.assert_array_equal(one.norms, found.vectors.resid_norm[[0, 2]])


def test_slopes_that_follow_what_was_expected_score_high_and_others_do_not() -> None:
    generator = np.random.default_rng(0)
    expected = generator.standard_normal(60)
    names = tuple(f"word {place}" for place in range(60))
    follows = Doses(names, (expected + 0.1 * generator.standard_normal(60))[:, None], (2,))
    random = Doses(names, generator.standard_normal((60, 1)), (2,))
    nulls = Doses(names, 0.1 * generator.standard_normal((60, 1)), (2,))
    high, low = (slope_score("x", one, expected.tolist(), nulls) for one in (follows, random))
    assert high.low > 0.95
    assert high.nulls["permuted names"] < 0.4
    assert high.nulls["emotions outside the null band"] > 0.7
    assert low.low < low.nulls["permuted names"]


def test_what_is_drawn_agrees_with_its_probability(fake: FakeModel, found: Extraction, rows: list[Row]) -> None:
    likeliest = int(choose(fake, rows[:1], range(fake.vocabulary)).argmax())
    steers = {"plain": None, "calm": found.vectors.steer("0.5*calm", layers=[1])}
    scores = {s.name: s for s in sampled_scores(fake, rows, (likeliest, 1), steers, samples=600)}
    for name, steer in steers.items():
        steered = [replace(row, steer=steer) for row in rows]
        exact = float(np.exp(choose(fake, steered, [likeliest])).mean())
        score = scores[f"sampled.{name}"]
        assert score.baselines["exact"] == pytest.approx(exact, abs=1e-5)
        assert score.low - 0.03 < exact < score.high + 0.03
        assert score.n == 600


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
