"""Ratings are found again, whatever the order is worth; their intervals hold what is true; nothing is infinite."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from affectlab.core import Bools, Doubles
from affectlab.preference.elo import MEAN, SCALE, Choices, Draw, centred, draws, fit, intervals, misfit
from affectlab.preference.questions import design

MANY, WORDINGS = 24, 5


def planted(seed: int, *, order: float = 0.5, spread: float = 1.2) -> tuple[Doubles, Doubles]:
    """Log-odds of activities, with mean 0, and the shares that follow."""
    ratings = np.random.default_rng(seed).normal(0, spread, MANY)
    ratings -= ratings.mean()
    return ratings, expit(ratings[:, None] - ratings + order)


def chosen(shares: Doubles, asked: Bools) -> Choices:
    return Choices(np.where(asked, shares, np.nan))


@pytest.mark.parametrize("every", [True, False])
def test_planted_ratings_and_the_order_term_are_found_again(every: bool) -> None:
    ratings, shares = planted(1, order=0.5)
    found = chosen(shares, design(MANY, WORDINGS, every=every)).fit()
    assert np.abs((found.elo - MEAN) / SCALE - ratings).max() < 0.02
    assert found.order / SCALE == pytest.approx(0.5, abs=0.01)
    assert found.elo.mean() == pytest.approx(MEAN)


def test_being_named_first_does_not_make_an_activity_better_liked() -> None:
    _, plain = planted(2, order=0.0)
    _, first = planted(2, order=1.5)
    asked = design(MANY, WORDINGS, every=False)
    one, other = (chosen(shares, asked).fit() for shares in (plain, first))
    assert np.abs(one.elo - other.elo).max() < 5
    assert other.order - one.order == pytest.approx(1.5 * SCALE, rel=0.01)


def test_certain_wins_give_finite_ratings_in_the_right_order() -> None:
    place = np.arange(MANY)
    shares = (place[:, None] < place).astype(np.float64)
    found = chosen(shares, design(MANY, WORDINGS, every=True)).fit()
    assert np.isfinite(found.elo).all()
    assert (np.diff(found.elo) < 0).all()
    assert np.abs(found.elo - MEAN).max() < 4000


def test_many_are_fitted_as_each_alone_and_from_any_start() -> None:
    asked = ~np.eye(MANY, dtype=np.bool_)
    shares = np.stack([planted(seed)[1] for seed in range(3)])
    weights = np.stack([asked * 1.0, asked * 0.5, asked * np.random.default_rng(0).integers(0, 3, asked.shape)])
    together = fit(shares, weights)
    for place in range(3):
        alone = fit(shares[place], weights[place])
        np.testing.assert_allclose(together.elo[place], alone.elo, atol=1e-5)
        again = fit(shares[place], weights[place], start=fit(shares[0], weights[0]))
        np.testing.assert_allclose(again.elo, alone.elo, atol=1e-5)


def test_the_fit_is_where_the_likelihood_is_highest() -> None:
    shares = np.random.default_rng(0).uniform(0.05, 0.95, (MANY, MANY))
    weights = (~np.eye(MANY, dtype=np.bool_)).astype(np.float64)
    found = fit(shares, weights)
    missed = weights * (shares - found.shares())
    assert missed.sum() == pytest.approx(0, abs=1e-6)
    slope = missed.sum(axis=1) - missed.sum(axis=0)
    assert np.abs(slope - 0.05 * (found.elo - MEAN) / SCALE).max() < 1e-6


def test_questions_about_a_pair_weigh_one_together() -> None:
    for every in (True, False):
        choices = chosen(planted(3)[1], design(MANY, WORDINGS, every=every))
        shares, weights = choices.tables()
        np.testing.assert_allclose(weights, 1.0 - np.eye(MANY))
        ones = Draw(np.ones((1, MANY), dtype=np.int64), np.ones((1, WORDINGS), dtype=np.int64))
        drawn, weighed = choices.tables(ones)
        np.testing.assert_allclose(drawn[0], shares)
        np.testing.assert_allclose(weighed[0], weights)


def test_what_was_not_drawn_does_not_count() -> None:
    choices = chosen(planted(4)[1], design(MANY, WORDINGS, every=True))
    odd = choices.shares.copy()
    odd[2] = 1 - odd[2]
    times = np.array([[1] * (MANY - 1) + [0]])
    draw = Draw(times, np.array([[1, 1, 0, 1, 1]]))
    shares, weights = Choices(odd).tables(draw)
    np.testing.assert_allclose(shares[0], choices.tables()[0])
    assert weights[0, -1].sum() == weights[0, :, -1].sum() == 0
    assert weights[0, :-1, :-1].sum() > 0


def test_of_wordings_one_fewer_is_drawn_and_the_same_seed_draws_the_same() -> None:
    one, again = (list(draws(MANY, WORDINGS, 130, seed=5)) for _ in range(2))
    assert sum(len(draw.activities) for draw in one) == 130
    for draw, other in zip(one, again, strict=True):
        assert (draw.activities.sum(axis=1) == MANY).all()
        assert (draw.wordings.sum(axis=1) == WORDINGS - 1).all()
        np.testing.assert_array_equal(draw.activities, other.activities)


def sample(seed: int, *, every: bool, wording: float) -> tuple[Choices, Doubles]:
    """Choices in five wordings out of very many, and the ratings that all of them would give."""
    generator = np.random.default_rng(seed)
    ratings = generator.normal(0, 1.2, MANY)
    own = ratings + generator.normal(0, wording, (200, MANY))
    expected = expit(own[:, :, None] - own[:, None, :] + 0.3)
    off = ~np.eye(MANY, dtype=np.bool_)
    truth = fit(np.where(off, expected.mean(axis=0), 0.0), off.astype(np.float64)).elo
    told = generator.beta(6 * expected[:WORDINGS], 6 * (1 - expected[:WORDINGS]))
    return Choices(np.where(design(MANY, WORDINGS, every=every), told, np.nan)), truth


@pytest.mark.parametrize(("every", "wording"), [(False, 0.2), (True, 0.2), (True, 0.4)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(every: bool, wording: float) -> None:
    held, wide = [], []
    for seed in range(12):
        choices, truth = sample(seed, every=every, wording=wording)
        ratings = choices.fit()
        elo, order = intervals(choices, ratings, 150, seed)
        held.append((elo.low <= truth) & (truth <= elo.high))
        wide.append((elo.high - elo.low).mean() / truth.std())
        assert (elo.low <= ratings.elo).mean() > 0.95
        assert order.low < order.high
    # Five wordings are few: where they differ much, intervals are a little too short; else a little too long.
    assert 0.84 <= np.mean(held) <= 1.0
    assert np.mean(wide) < 1.2


def test_misfit_is_what_ratings_cannot_explain() -> None:
    _, shares = planted(6)
    asked = design(MANY, WORDINGS, every=True)
    clean, noise = chosen(shares, asked), np.random.default_rng(0).normal(0, 0.1, (1, MANY, MANY))
    noisy = chosen(np.clip(shares + noise, 0, 1), asked)
    assert misfit(clean, clean.fit())[0] < 0.005
    off, equal = misfit(noisy, noisy.fit())
    assert 0.05 < off < 0.11
    assert equal > 0.2


def test_centring_is_on_what_was_drawn() -> None:
    elo = np.array([[1600.0, 1500.0, 1100.0]])
    assert centred(elo, np.array([[1, 1, 0]])).tolist() == [[1550.0, 1450.0, 1050.0]]


def test_who_was_drawn_does_not_move_those_who_were() -> None:
    ratings, shares = planted(7)
    choices = chosen(shares, design(MANY, WORDINGS, every=True))
    found = choices.fit()
    elo, _ = intervals(choices, found, 100, 0)
    assert (elo.high - elo.low).max() < 12, "the choices are as the ratings say, so nothing varies"
    assert ratings.std() * SCALE > 150
