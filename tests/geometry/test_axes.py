"""Axes: the widest first, found beside ratings in any rotation, and not found where names are dealt by chance."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from affectlab.core import Doubles, Floats, Score
from affectlab.errors import InputError
from affectlab.geometry import axis_scores, best_of_first, principal_axes
from affectlab.geometry.axes import FIRST, first_axes, resampled_axes
from affectlab.geometry.baseline import BARE
from affectlab.geometry.grams import fixed, gram, word_draws
from affectlab.geometry.human import ByLayer, Words, measured, rated_measures, scores_of

NAMES = [f"word {place}" for place in range(60)]
GENERATOR = np.random.default_rng(4)
PLEASURE, AROUSAL = (dict(zip(NAMES, GENERATOR.uniform(-1, 1, 60).tolist(), strict=True)) for _ in range(2))


def planted(noise: float = 0.1) -> Floats:
    """Vectors with pleasure as the widest axis and arousal as the second, rotated and shifted."""
    generator = np.random.default_rng(5)
    places = noise * generator.standard_normal((60, 32))
    places[:, 0] += 3 * np.array(list(PLEASURE.values()))
    places[:, 1] += 1.5 * np.array(list(AROUSAL.values()))
    rotation = np.linalg.qr(generator.standard_normal((32, 32)))[0]
    return (places @ rotation + 7).astype(np.float32)


def test_axes_hold_all_variance_the_widest_first() -> None:
    axes = principal_axes(planted())
    assert axes.shares.sum() == pytest.approx(1)
    assert (np.diff(axes.shares) <= 1e-12).all()
    distances = np.linalg.norm(axes.places[0] - axes.places[1])
    assert distances == pytest.approx(np.linalg.norm(planted()[0] - planted()[1]), rel=1e-5)


@cache
def planted_scores() -> dict[str, Score]:
    return {score.name: score for score in axis_scores(planted(), NAMES, PLEASURE, AROUSAL, layer=2, resamples=300)}


def test_planted_axes_are_found() -> None:
    scores = planted_scores()
    for score in scores.values():
        assert score.low > 0.9
        assert max(score.nulls.values()) < 0.5
    assert scores["map.pc1.pleasure"].n == 60


def test_axes_stand_beside_those_of_the_bare_words() -> None:
    noise = np.random.default_rng(12).standard_normal((60, 32)).astype(np.float32)
    both = axis_scores(planted(), NAMES, PLEASURE, AROUSAL, layer=2, bare_words=noise, resamples=100)
    scores = {score.name: score for score in both}
    alone = {score.name: score for score in axis_scores(noise, NAMES, PLEASURE, AROUSAL, layer=2, resamples=100)}
    found = scores["map.pc1.pleasure"]
    assert found.value == pytest.approx(planted_scores()["map.pc1.pleasure"].value)
    assert found.baselines[BARE] == pytest.approx(alone["map.pc1.pleasure"].value)
    assert scores["map.pc1.pleasure.margin"].low > 0


def test_ratings_dealt_by_chance_are_not_found() -> None:
    generator = np.random.default_rng(6)
    dealt = dict(zip(NAMES, generator.permutation(list(AROUSAL.values())).tolist(), strict=True))
    score = axis_scores(planted(), NAMES, PLEASURE, dealt, layer=2, resamples=100)[2]
    assert score.value < 2 * score.nulls["best with permuted names"]
    assert score.value < 0.5


def test_the_best_of_three_has_a_higher_null_than_one() -> None:
    scores = planted_scores()
    best = scores["map.axes.arousal"].nulls["best with permuted names"]
    assert best > scores["map.pc2.arousal"].nulls["permuted names"]


def test_dominance_is_found_as_arousal_is_and_not_where_it_is_dealt_by_chance() -> None:
    generator = np.random.default_rng(11)
    dominance = generator.uniform(-1, 1, 60)
    vectors, noise = np.hstack([planted(), dominance[:, None]]), generator.standard_normal((60, 32))
    for rating, there in ((dominance, True), (generator.permutation(dominance), False)):
        ratings = np.array([list(PLEASURE.values()), list(AROUSAL.values()), rating])
        words = Words(np.stack([gram(vectors), gram(noise)]), ratings, 2)
        scores = {score.name: score for score in scores_of(words, rated_measures(words), resamples=100)}
        found, margin = scores["map.axes.dominance"], scores["map.axes.dominance.margin"]
        assert (found.low > found.nulls["best with permuted names"]) == there
        assert (margin.low > 0) == there
        assert found.low <= found.value <= found.high
        assert found.n == 60


def test_each_rating_is_measured_where_enough_words_have_it() -> None:
    ratings = rated()
    ratings[1, 9:] = np.nan
    ratings[2] = 0.5
    assert list(rated_measures(Words(gram(planted())[None], ratings, 2))) == ["map.pc1.pleasure"]


def test_too_few_ratings_are_refused() -> None:
    few = dict(list(PLEASURE.items())[:5])
    with pytest.raises(InputError, match="too few emotions are rated"):
        axis_scores(planted(), NAMES, few, AROUSAL, layer=0)


def rated() -> Doubles:
    """Ratings of the first 30 words; the others have none."""
    ratings = np.array([list(PLEASURE.values()), list(AROUSAL.values()), list(AROUSAL.values())])
    ratings[:, 30:] = np.nan
    return ratings


def test_axes_of_a_gram_matrix_are_those_of_the_vectors() -> None:
    axes = first_axes(gram(planted())[None], np.ones(60, dtype=np.int64))
    direct = principal_axes(planted())
    np.testing.assert_allclose(axes.shares[0], direct.shares[:FIRST], rtol=1e-6)
    np.testing.assert_allclose(np.abs(axes.places[0]), np.abs(direct.places[:, :FIRST]), atol=1e-4)


def test_a_resample_through_the_gram_matrix_is_the_resample_of_the_vectors() -> None:
    sets = np.stack([planted(0.1), planted(1.0), np.random.default_rng(1).standard_normal((60, 32)).astype(np.float32)])
    products = np.stack([gram(one) for one in sets])
    axes, _ = measured(products, rated())
    draws = word_draws(60, 12, np.random.default_rng(2))
    found = resampled_axes(fixed(products), draws, rated(), axes.places)
    for number, times in enumerate(draws):
        drawn = np.repeat(np.arange(60), times)
        known = drawn < 30
        for place, vectors in enumerate(sets):
            direct = principal_axes(vectors[drawn])
            np.testing.assert_allclose(found.shares[number, place], direct.shares[:FIRST], rtol=1e-6)
            for axis in range(FIRST):
                side = np.sign(direct.places[:, axis] @ axes.places[place, drawn, axis])
                for rating in (0, 1):
                    r = np.corrcoef(direct.places[known, axis], rated()[rating, drawn[known]])[0, 1]
                    assert found.r[number, place, rating, axis] == pytest.approx(side * r, abs=1e-6)


def test_the_same_seed_gives_the_same_scores_and_another_gives_others() -> None:
    words = Words(gram(planted(2.0))[None], rated(), 2)
    measures = {"map.pc1.pleasure": lambda found: found.r[:, :, 0, 0]}
    one, again, other = (scores_of(words, measures, resamples=50, seed=seed)[0] for seed in (0, 0, 1))
    assert one == again
    assert one.value == other.value
    assert one.low != other.low


def test_a_baseline_that_is_as_good_leaves_no_margin_and_one_of_noise_does() -> None:
    measures = {"map.pc1.pleasure": lambda found: found.r[:, :, 0, 0]}
    noise = np.random.default_rng(8).standard_normal((60, 32))
    for other, beaten in ((planted(), False), (noise, True)):
        words = Words(np.stack([gram(planted()), gram(other)]), rated(), 2)
        score, margin = scores_of(words, measures, resamples=100)
        assert margin.name == "map.pc1.pleasure.margin"
        assert (margin.low > 0) == beaten
        assert margin.value == pytest.approx(score.value - score.baselines["bare words (block 0)"])
        assert margin.low <= margin.value <= margin.high


def test_nulls_are_measured_as_the_vectors_are() -> None:
    noise = np.stack([gram(np.random.default_rng(seed).standard_normal((60, 32))) for seed in range(20)])
    words = Words(gram(planted())[None], rated(), 2, nulls={"noise": noise, "itself": gram(planted())[None]})
    measures = {"map.axes.arousal": lambda found: np.abs(found.r[:, :, 1]).max(axis=2)}
    score = scores_of(words, measures, resamples=20)[0]
    assert score.nulls["itself"] == pytest.approx(score.value)
    assert 0.2 < score.nulls["noise"] < 0.75
    assert score.n == 30


def test_each_layer_tells_which_axis_carries_arousal() -> None:
    swapped = planted().astype(np.float64)
    axes = principal_axes(swapped)
    places = axes.places[:, :4].copy()
    places[:, 2] *= 0.2 * np.linalg.norm(places[:, 1]) / np.linalg.norm(places[:, 2])
    other = places[:, [0, 2, 1, 3]] * np.array([1, 3, 0.3, 1])
    found = ByLayer(np.stack([gram(places), gram(other)]), rated(), resamples=20)
    assert found.carrier(1).tolist() == [1, 2]
    assert (found.r_low <= found.r_high).all()
    assert (found.shares_low <= found.shares).all()
    assert (found.r[:, 0, 0] > 0.9).all()


def test_the_best_of_the_first_is_the_largest_of_their_sizes() -> None:
    rows = np.random.default_rng(0).standard_normal((40, 4))
    rows[:, 3] -= 2 * rows[:, 1]
    assert best_of_first(rows) == pytest.approx(-np.corrcoef(rows[:, 1], rows[:, 3])[0, 1])
