"""Doses and controls, against the same computed step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.checks.controls import ISOTROPIC, MATCHED, SHUFFLED, controls
from affectlab.core import Tokens
from affectlab.errors import InputError
from affectlab.models.base import Row
from affectlab.models.fake import FakeModel
from affectlab.models.verbs import choose
from affectlab.sweeps import (
    Doses,
    control_directions,
    direct_log_odds,
    dose_findings,
    doses,
    log_odds,
    null_directions,
    sampled_scores,
    slope_score,
    vector_directions,
)
from affectlab.vectors.extract import Extraction


@pytest.fixture(scope="module")
def rows(fake: FakeModel) -> list[Row]:
    return [Row(fake.tokenizer.encode(text)) for text in ("He slammed the door", "She sat and", "They ran")]


def test_a_slope_is_the_change_of_log_odds_per_strength(fake: FakeModel, found: Extraction, rows: list[Row]) -> None:
    vectors, choice = found.vectors, (40, 41)
    measured = doses(fake, rows, log_odds(choice), vector_directions(vectors, (1,)), strengths=(-0.2, 0.2))
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
    two = doses(fake, rows, log_odds((40, 41)), directions, strengths=(-0.01, 0.01))
    five = doses(fake, rows, log_odds((40, 41)), directions, strengths=(-0.01, -0.005, 0.0, 0.005, 0.01))
    np.testing.assert_allclose(two.slopes, five.slopes, rtol=0.02, atol=0.02)


def test_null_directions_are_of_length_one_and_repeatable(found: Extraction) -> None:
    one, again, other = (null_directions(found.vectors, (0, 2), 50, seed=seed) for seed in (1, 1, 2))
    assert one.units.shape == (50, 2, found.vectors.width)
    np.testing.assert_allclose(np.linalg.norm(one.units, axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(one.units, again.units)
    assert (one.units != other.units).any()
    # As an emotion's, which hardly turns: drawn anew at every site, what is added would not add up.
    np.testing.assert_array_equal(one.units[:, 0], one.units[:, 1])
    np.testing.assert_array_equal(one.norms, found.vectors.resid_norm[[0, 2]])


def sloping(slopes: Any, names: tuple[str, ...] = ()) -> Doses:
    """Values that rise by these slopes, [directions, prompts]."""
    slopes = np.asarray(slopes, dtype=np.float64)
    values = slopes[:, None, :] * np.array([-0.5, 0.5])[None, :, None]
    return Doses(names or tuple(f"word {place}" for place in range(len(slopes))), (-0.5, 0.5), values, (2,))


def test_what_was_measured_unsteered_is_a_point_of_every_line() -> None:
    found = sloping([[1.0, 2.0], [4.0, 4.0]])
    plain = np.array([3.0, 5.0])
    through = found.through(plain)
    assert through.strengths == (-0.5, 0.0, 0.5)
    np.testing.assert_array_equal(through.values[:, 1], [plain, plain])
    np.testing.assert_array_equal(through.values[:, [0, 2]], found.values)
    np.testing.assert_allclose(through.slopes, found.slopes)
    one = replace(found, strengths=(-0.5,), values=found.values[:, :1]).through(plain)
    assert one.strengths == (-0.5, 0.0)
    np.testing.assert_allclose(one.slopes, [[7.0, 12.0], [10.0, 14.0]])


def test_slopes_that_follow_what_was_expected_score_high_and_others_do_not() -> None:
    generator = np.random.default_rng(0)
    expected = generator.standard_normal(60)
    follows = sloping((expected + 0.1 * generator.standard_normal(60))[:, None])
    random = sloping(generator.standard_normal((60, 1)))
    nulls = sloping(0.1 * generator.standard_normal((60, 1)))
    high, low = (slope_score("x", one, expected.tolist(), nulls) for one in (follows, random))
    assert high.low > 0.95
    assert high.nulls["permuted names"] < 0.4
    assert high.nulls["emotions outside the null band"] > 0.7
    assert low.low < low.nulls["permuted names"]
    beside = {"itself": follows.mean, "the other way": -expected}
    told = slope_score("x", follows, expected.tolist(), nulls, baselines=beside).baselines
    assert told == pytest.approx({"itself": high.value, "the other way": -1.0})


def test_the_unembedding_alone_says_what_steering_behind_the_last_block_does(
    fake: FakeModel, found: Extraction, rows: list[Row]
) -> None:
    last, choice = fake.blocks - 1, (40, 41)
    directions = null_directions(found.vectors, (0, last), 40, seed=9)
    directions.units[:, 0] = 0  # what is added at earlier sites is not asked
    direct = direct_log_odds(fake, directions, choice)
    slopes = doses(fake, rows, log_odds(choice), directions).mean
    assert np.corrcoef(direct, slopes)[0, 1] > 0.9


def test_a_direction_is_found_only_beyond_the_null_where_it_stands_worst() -> None:
    generator = np.random.default_rng(1)
    found = sloping([[5.0, 5.1], [-5.0, -5.1], [0.5, 0.4], [0.0, 0.1]], ("up", "down", "wide", "still"))
    narrow, wide = (sloping(size * generator.standard_normal((999, 2))) for size in (0.1, 1.0))
    told = dose_findings("odds", found, {"narrow": narrow, "wide": wide})
    assert told.facts["odds"]["moved"] == ["up", "down"]
    assert told["odds.slope.up"].value == pytest.approx(5.05)
    assert told["odds.slope.up"].low < 5.05 < told["odds.slope.up"].high
    alone = dose_findings("odds", found, {"narrow": narrow})
    assert "wide" in alone.facts["odds"]["moved"]
    assert told["odds.slope.wide"].nulls["wide"] > 5 * told["odds.slope.wide"].nulls["narrow"]


def test_null_directions_held_out_from_the_null_are_found_at_the_nominal_rate() -> None:
    drawn = np.random.default_rng(2).standard_t(3, size=(2000, 1))
    null, held = sloping(drawn[:1000]), sloping(drawn[1000:])
    p = null.share_beyond(held.mean)
    assert 0.03 < np.mean(p < 0.05) < 0.07
    assert 0.45 < np.mean(p < 0.5) < 0.55


def test_curves_have_a_point_for_every_strength_and_lie_in_their_intervals() -> None:
    found = sloping(np.random.default_rng(3).standard_normal((4, 12)))
    told = dose_findings("odds", found, {"null": sloping(np.zeros((30, 12)))})
    mean, low, high = (told.arrays[f"odds.{name}"] for name in ("mean", "low", "high"))
    assert mean.shape == (4, 2)
    assert (low <= mean).all()
    assert (mean <= high).all()
    assert told.arrays["odds.band.null"].shape == (2, 2)


def test_control_directions_are_of_every_kind_and_of_length_one(found: Extraction) -> None:
    given = controls(found.vectors, found.sums, 3)
    kinds = control_directions(found.vectors, given, (0, 1), 10)
    assert list(kinds) == [SHUFFLED, ISOTROPIC, MATCHED]
    for kind, directions in kinds.items():
        assert len(directions) == 10
        np.testing.assert_allclose(np.linalg.norm(directions.units, axis=-1), 1, rtol=1e-5)
        alike = np.allclose(directions.units[:, 0], directions.units[:, 1])
        assert alike == (kind != SHUFFLED), "what is drawn by chance serves all sites"
    with pytest.raises(InputError, match="too few"):
        control_directions(found.vectors, given, (0, 1), 1000)


def test_at_strength_zero_nothing_is_added(found: Extraction) -> None:
    directions = vector_directions(found.vectors, (1,), ["calm", "sad"])
    steers = directions.steers([-0.1, 0.0, 0.1], Tokens("all"))
    assert [steer is None for steer in steers] == [False, True, False] * 2
    assert steers[0] is not None
    np.testing.assert_allclose(
        steers[0].deltas, found.vectors.steer("-0.1*calm", layers=[1]).deltas, rtol=1e-4, atol=1e-6
    )


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
