"""Axes: the widest first, found beside ratings in any rotation, and not found where names are dealt by chance."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.core import Floats
from affectlab.errors import InputError
from affectlab.geometry import axis_scores, principal_axes

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


def test_planted_axes_are_found() -> None:
    scores = {score.name: score for score in axis_scores(planted(), NAMES, PLEASURE, AROUSAL, layer=2)}
    for score in scores.values():
        assert score.low > 0.9
        assert max(score.nulls.values()) < 0.5
    assert scores["map.pc1.pleasure"].n == 60


def test_ratings_dealt_by_chance_are_not_found() -> None:
    generator = np.random.default_rng(6)
    dealt = dict(zip(NAMES, generator.permutation(list(AROUSAL.values())).tolist(), strict=True))
    score = axis_scores(planted(), NAMES, PLEASURE, dealt, layer=2)[2]
    assert score.value < 2 * score.nulls["best with permuted names"]
    assert score.value < 0.5


def test_the_best_of_three_has_a_higher_null_than_one() -> None:
    scores = {score.name: score for score in axis_scores(planted(), NAMES, PLEASURE, AROUSAL, layer=2)}
    best = scores["map.axes.arousal"].nulls["best with permuted names"]
    assert best > scores["map.pc2.arousal"].nulls["permuted names"]


def test_too_few_ratings_are_refused() -> None:
    few = dict(list(PLEASURE.items())[:5])
    with pytest.raises(InputError, match="too few emotions are rated"):
        axis_scores(planted(), NAMES, few, AROUSAL, layer=0)
