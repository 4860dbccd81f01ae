"""r of change and correlation takes each from another half, draws whole clusters, and knows what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab import lexicon
from affectlab.errors import InputError
from affectlab.preference.relation import Related

NAMES = lexicon.names()[:40]


def made(strength: float, seed: int = 0) -> Related:
    generator = np.random.default_rng(seed)
    true = generator.standard_normal((len(NAMES), 1))
    noise = generator.standard_normal((2, len(NAMES), 2))
    return Related(NAMES, strength * true + noise[0], strength * true + noise[1])


def test_r_is_the_mean_over_both_ways_round() -> None:
    found = made(2.0)
    each = [np.corrcoef(found.changes[:, way], found.correlations[:, way])[0, 1] for way in (0, 1)]
    np.testing.assert_allclose(found.each, each)
    assert found.r == pytest.approx(np.mean(each))


def test_what_halves_disagree_about_is_not_averaged_away_before() -> None:
    one = np.linspace(-1, 1, len(NAMES))
    found = Related(NAMES, np.stack([one, -one], axis=1), np.stack([one, one], axis=1))
    assert found.r == pytest.approx(0.0)


def test_the_interval_of_whole_clusters_is_wider_where_clusters_go_together() -> None:
    cluster = {emotion.name: emotion.cluster for emotion in lexicon.emotions()}
    generator = np.random.default_rng(1)
    own = {name: generator.standard_normal(2) for name in sorted({cluster[name] for name in NAMES})}
    shared = np.stack([own[cluster[name]] for name in NAMES]) + 0.1 * generator.standard_normal((len(NAMES), 2))
    found = Related(NAMES, shared[:, [0, 0]], shared[:, [1, 1]])
    whole, each = found.by_clusters(seed=2), found.by_vectors(seed=2)
    assert whole.high - whole.low > 1.2 * (each.high - each.low)
    assert whole.low <= found.r <= whole.high
    assert whole.n == len(NAMES)


def test_permuted_names_sit_at_chance() -> None:
    beyond = 0
    for seed in range(60):
        found = made(0.0, seed)
        beyond += abs(found.r) > found.permuted(400, seed)
    assert beyond <= 8
    strong = made(3.0)
    assert strong.permuted() < 0.4 < strong.r


def test_as_many_random_directions_give_more_than_all_of_them_in_some_draws() -> None:
    found = made(0.5, seed=3)
    assert found.of_as_many(10) > found.of_as_many(30) > found.of_as_many(1000) > found.r


@pytest.mark.parametrize("directions", [20, 60])
def test_what_others_of_their_kind_would_give_is_passed_at_about_the_nominal_rate(directions: int) -> None:
    """Where emotions and directions are both noise, with however few directions."""
    generator, passed = np.random.default_rng(directions), 0
    for _ in range(150):
        emotions, drawn = generator.standard_normal((2, 15, 2)), generator.standard_normal((2, directions, 2))
        null = Related(tuple(map(str, range(directions))), *drawn).of_as_many(15, 300)
        passed += Related(NAMES[:15], *emotions).r > null
    assert passed <= 0.1 * 150


def test_vectors_of_several_sets_are_one() -> None:
    both = made(0.5, seed=3) + made(0.5, seed=4)
    assert len(both.names) == 2 * len(made(0.5).names)
    assert both.r == pytest.approx(np.mean([made(0.5, seed=seed).r for seed in (3, 4)]), abs=0.1)


def test_few_clusters_promise_nothing() -> None:
    names = tuple(name for name in NAMES[:3])
    found = Related(names, np.random.default_rng(0).standard_normal((3, 2)), np.ones((3, 2)))
    assert found.by_clusters()[1:3] == (-1.0, 1.0)


def test_two_vectors_make_no_correlation() -> None:
    with pytest.raises(InputError, match="too few vectors"):
        Related(NAMES[:2], np.ones((2, 2)), np.ones((2, 2)))
