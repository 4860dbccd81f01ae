"""Readings are taken on an activity's own tokens; correlations are Pearson's, weighted, resampled and dealt out."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.core import Convention
from affectlab.preference.readings import activity_states, correlations, permuted, resampled, weighted
from tests.preference.planted import WIDTH, Planted, items, likings, vectors_of


def test_correlations_are_pearsons_over_activities() -> None:
    generator = np.random.default_rng(0)
    readings, elo = generator.standard_normal((20, 6)) + 4, 1500 + 10 * generator.standard_normal(20)
    expected = [np.corrcoef(column, elo)[0, 1] for column in readings.T]
    np.testing.assert_allclose(correlations(readings, elo), expected)


def test_what_was_drawn_twice_counts_twice() -> None:
    generator = np.random.default_rng(1)
    readings, elo = generator.standard_normal((12, 3)), generator.standard_normal(12)
    times = generator.integers(0, 3, (4, 12)).astype(np.float64)
    found = weighted(readings, elo, times)
    for line, counts in zip(found, times.astype(int), strict=True):
        rows = np.repeat(np.arange(12), counts)
        np.testing.assert_allclose(line, correlations(readings[rows], elo[rows]), atol=1e-12)


def test_what_does_not_vary_goes_with_nothing() -> None:
    elo = np.arange(5.0)
    assert correlations(np.full((5, 1), 0.1), elo).tolist() == [0.0]
    assert correlations(elo[:, None], np.full(5, 1500.1)).tolist() == [0.0]


def test_resamples_lie_around_the_value_and_permuted_ones_around_zero() -> None:
    generator = np.random.default_rng(2)
    elo = generator.standard_normal(40)
    readings = np.stack([elo + generator.standard_normal(40), generator.standard_normal(40)], axis=1)
    drawn, dealt = (way(readings, elo, 1200, 3) for way in (resampled, permuted))
    assert drawn.shape == dealt.shape == (1200, 2)
    np.testing.assert_allclose(drawn.mean(axis=0), correlations(readings, elo), atol=0.03)
    np.testing.assert_allclose(dealt.mean(axis=0), 0.0, atol=0.03)
    assert np.quantile(np.abs(dealt), 0.95) == pytest.approx(0.31, abs=0.04)
    order = np.random.default_rng(3).permuted(np.broadcast_to(elo, (1200, 40)), axis=1)[7]
    np.testing.assert_allclose(dealt[7], correlations(readings, order))


def test_an_activity_is_read_on_its_own_tokens_and_on_no_others() -> None:
    model = Planted()
    vectors = vectors_of(model)
    found = activity_states(model, vectors, items(), convention=Convention.PROJECTION)
    assert found.states.shape == (32, 4, WIDTH)
    for place, activity in enumerate(items().activities):
        tokens = list(model.tokenizer.encode(activity.text))
        np.testing.assert_allclose(found.states[place, 0], model.embedding[tokens].mean(axis=0), atol=1e-5)


def test_readings_are_states_along_the_unit_vectors() -> None:
    model = Planted()
    vectors = vectors_of(model)
    found = activity_states(model, vectors, items(), layers=[2], convention=Convention.PROJECTION)
    readings = found.readings(vectors, 2)
    np.testing.assert_allclose(readings, found.states[:, 0] @ vectors.units(2).T.astype(np.float64))
    r = correlations(readings, likings())
    assert r[vectors.index("happy")] > 0.4
    assert r[vectors.index("hostile")] < -0.4
