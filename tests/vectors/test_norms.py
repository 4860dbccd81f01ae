"""Mean and median of norms, in constant memory: the mean exact, the median to 0.2 %."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.vectors.norms import NormSums, bins_of


def sums_of(*parts: np.ndarray) -> NormSums:
    sums = NormSums(1)
    for part in parts:
        sums.add(0, bins_of(part), float(part.sum()))
    return sums


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=200), st.integers(0, 200), st.sampled_from([1.0, 1e-3, 1e3]))
def test_the_mean_is_exact_and_the_median_within_its_bin(values: list[float], cut: int, scale: float) -> None:
    norms = np.array(values) * scale
    sums = sums_of(norms[:cut], norms[cut:])
    assert sums.mean()[0] == pytest.approx(norms.mean(), rel=1e-12)
    ordered = np.sort(norms)
    low, high = ordered[(len(norms) - 1) // 2], ordered[len(norms) // 2]
    assert low * 0.998 <= sums.median()[0] <= high * 1.002


@pytest.mark.parametrize("spread", [0.01, 0.5, 3.0])
def test_the_median_of_many_is_within_two_in_a_thousand(spread: float) -> None:
    norms = np.exp(np.random.default_rng(0).normal(2.0, spread, size=20_001))
    assert sums_of(norms).median()[0] == pytest.approx(np.median(norms), rel=2e-3)


def test_one_token_a_hundred_times_longer_moves_the_mean_and_not_the_median() -> None:
    norms = np.append(np.full(999, 10.0), 100_000.0)
    sums = sums_of(norms)
    assert sums.mean()[0] == pytest.approx(109.99)
    assert sums.median()[0] == pytest.approx(10.0, rel=2e-3)


def test_nothing_at_all_and_too_much_are_counted_at_the_ends() -> None:
    counts = bins_of(np.array([0.0, 1e-30, 1e30, np.inf]))
    assert counts[0] == 2
    assert counts[-1] == 2
    assert counts.sum() == 4


def test_parts_add_up() -> None:
    norms = np.random.default_rng(1).exponential(5.0, size=3000)
    whole, parts = sums_of(norms), sums_of(*np.array_split(norms, 7))
    assert np.array_equal(whole.bins, parts.bins)
    assert whole.median() == parts.median()
