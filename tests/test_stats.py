"""Intervals hold the truth as often as they say."""

import math
from fractions import Fraction
from math import comb
from random import Random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from affectlab.errors import InputError
from affectlab.stats import Interval, bootstrap, bootstrap_sums, correlation, median_interval, proportion_interval

TRIALS = 2000


def coverage_of_ranks(n: int, low: int, high: int) -> Fraction:
    """P(the median lies between the low-th and the high-th smallest of n values), exactly."""
    return Fraction(sum(comb(n, k) for k in range(low, high)), 2**n)


@pytest.mark.parametrize("n", [6, 7, 11, 20, 51, 100])
def test_a_median_interval_is_the_narrowest_symmetric_one_with_its_confidence(n: int) -> None:
    _, low, high, _ = median_interval(np.arange(1, n + 1))
    assert low + high == n + 1
    assert coverage_of_ranks(n, int(low), int(high)) >= Fraction(95, 100)
    assert coverage_of_ranks(n, int(low) + 1, int(high) - 1) < Fraction(95, 100)


@pytest.mark.parametrize("n", [12, 25, 80])
def test_a_median_interval_holds_the_true_median_as_often_as_it_says(n: int) -> None:
    samples = np.random.default_rng(n).exponential(size=(TRIALS, n))
    held = [low <= math.log(2) <= high for _, low, high, _ in map(median_interval, samples)]
    low, high = (int(median_interval(np.arange(1, n + 1))[place]) for place in (1, 2))
    assert np.mean(held) == pytest.approx(float(coverage_of_ranks(n, low, high)), abs=0.015)


def test_too_few_values_bound_no_median() -> None:
    assert median_interval([3.0, 1.0, 2.0]) == Interval(2.0, -math.inf, math.inf, 3)
    assert median_interval([1, 2, 3, 4, 5]).low == -math.inf
    assert median_interval([1, 2, 3, 4, 5], confidence=0.9).low == 1


def test_a_confidence_that_is_met_exactly_is_enough() -> None:
    assert coverage_of_ranks(4, 1, 4) == Fraction(7, 8)
    assert median_interval([1, 2, 3, 4], confidence=7 / 8) == Interval(2.5, 1, 4, 4)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_order_changes_no_interval_and_a_wider_one_holds_a_narrower(values: list[float], random: Random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    wide, narrow = median_interval(values, 0.99), median_interval(shuffled, 0.8)
    assert wide.low <= narrow.low <= narrow.value == wide.value <= narrow.high <= wide.high


def test_a_bootstrap_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    samples = np.random.default_rng(0).normal(3.0, 2.0, size=(500, 60))
    held = [low <= 3.0 <= high for _, low, high, _ in (bootstrap(sample, resamples=400) for sample in samples)]
    assert np.mean(held) == pytest.approx(0.94, abs=0.03)


def test_a_bootstrap_of_the_mean_has_the_width_that_theory_gives() -> None:
    sample = np.random.default_rng(1).normal(size=400)
    value, low, high, n = bootstrap(sample, resamples=5000)
    error = sample.std() / math.sqrt(n)
    assert value == pytest.approx(sample.mean())
    assert [low, high] == pytest.approx([value - 1.96 * error, value + 1.96 * error], abs=0.1 * error)


def test_statistics_with_and_without_an_axis_give_the_same_interval() -> None:
    sample = np.random.default_rng(2).normal(size=30)
    assert bootstrap(sample, np.median) == bootstrap(sample, lambda values: float(np.median(values)))
    assert bootstrap(sample, max, resamples=50).value == sample.max()


def test_a_block_at_a_time_gives_the_same_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = np.random.default_rng(3).normal(size=(25, 2))
    whole = bootstrap(sample, lambda pairs: np.corrcoef(pairs.T)[0, 1], resamples=300)
    monkeypatch.setattr("affectlab.stats.BLOCK_NUMBERS", 999)
    assert bootstrap(sample, lambda pairs: np.corrcoef(pairs.T)[0, 1], resamples=300) == whole


def test_an_interval_of_sums_is_that_of_resampled_rows() -> None:
    def share(sums: np.ndarray) -> np.ndarray:
        return (sums[..., 0, :] / sums[..., 1, :]).mean(axis=-1)

    data = np.random.default_rng(6).uniform(1, 2, size=(30, 2, 3))
    slow = bootstrap(data, lambda rows, axis: share(rows.sum(axis=axis)), resamples=300, seed=4)
    assert list(bootstrap_sums(data, share, resamples=300, seed=4)) == pytest.approx(list(slow))


def test_pairs_are_resampled_together() -> None:
    both = np.repeat(np.random.default_rng(4).normal(size=(20, 1)), 2, axis=1)
    assert bootstrap(both, lambda pairs: float(np.abs(pairs[:, 0] - pairs[:, 1]).max())) == Interval(0.0, 0.0, 0.0, 20)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    sample = np.random.default_rng(5).normal(size=30)
    assert bootstrap(sample, seed=1) == bootstrap(sample, seed=1) != bootstrap(sample, seed=2)


def test_an_interval_excludes_a_bound_only_when_it_lies_on_one_side() -> None:
    assert Interval(2.0, 1.5, 2.5, 9).excludes(1.4)
    assert Interval(2.0, 1.5, 2.5, 9).excludes(2.6)
    assert not Interval(2.0, 1.5, 2.5, 9).excludes(1.5)
    assert not Interval(2.0, -math.inf, math.inf, 3).excludes(-1e9)


@pytest.mark.parametrize(
    ("values", "found"),
    [([], "too few values"), ([1.0, math.nan], "not finite; found 1 of 2"), ([math.inf, 1.0], "not finite")],
)
def test_values_that_carry_no_interval_are_refused(values: list[float], found: str) -> None:
    with pytest.raises(InputError, match=found):
        median_interval(values)
    with pytest.raises(InputError, match=found):
        bootstrap(values)


def test_one_value_cannot_be_resampled() -> None:
    with pytest.raises(InputError, match="expected at least 2; found 1"):
        bootstrap([1.0])


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, math.nan])
def test_a_confidence_is_a_fraction(confidence: float) -> None:
    with pytest.raises(InputError, match="not a confidence"):
        median_interval([1.0, 2.0], confidence)


def test_a_statistic_gives_one_number() -> None:
    with pytest.raises(InputError, match=r"one number; found shape \(2,\)"):
        bootstrap([[1.0, 2.0], [3.0, 4.0]], np.mean)


def test_a_correlation_has_the_r_of_the_book_an_interval_and_a_null() -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal(80)
    y = x + generator.standard_normal(80)
    found = correlation(x, y)
    assert found.interval.value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.interval.low < found.interval.value < found.interval.high
    assert found.null == pytest.approx(1.96 / np.sqrt(80), rel=0.15)
    ranked = correlation(x, np.exp(y), ranks=True)
    assert ranked.interval.value == pytest.approx(scipy.stats.spearmanr(x, y).statistic)


def test_a_list_that_does_not_vary_correlates_with_nothing() -> None:
    assert correlation([1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0]).interval.value == 0.0


@pytest.mark.parametrize("share", [0.03, 0.4, 0.97])
def test_a_share_s_interval_holds_the_true_one_about_as_often_as_it_says(share: float) -> None:
    drawn = np.random.default_rng(3).binomial(200, share, TRIALS)
    intervals = {count: proportion_interval(count, 200) for count in set(drawn.tolist())}
    held = np.mean([intervals[count].low <= share <= intervals[count].high for count in drawn.tolist()])
    assert 0.93 < held < 0.985


def test_a_share_of_none_or_all_has_an_interval_too() -> None:
    assert proportion_interval(0, 20).low == 0 < proportion_interval(0, 20).high
    assert proportion_interval(20, 20).high == 1 > proportion_interval(20, 20).low


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 4), (0, 0)])
def test_what_is_no_share_is_refused(successes: int, trials: int) -> None:
    with pytest.raises(InputError, match="not a share"):
        proportion_interval(successes, trials)
