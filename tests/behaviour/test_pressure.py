"""The search finds a level whose rate lies in the band, says so where there is none, and uses each seed once."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from affectlab.behaviour.pressure import BAND, LOT, MOST, find_level
from affectlab.errors import InputError


def drawn(rates: Sequence[float], seed: int = 0) -> Callable[[int, Sequence[int]], tuple[int, int]]:
    """Samples with these rates; each seed gives its own outcome."""
    chance = np.random.default_rng(seed).random((len(rates), 1000))

    def rate(level: int, seeds: Sequence[int]) -> tuple[int, int]:
        return int((chance[level, list(seeds)] < rates[level]).sum()), len(seeds)

    return rate


def test_a_level_in_the_band_is_found_from_either_side() -> None:
    for rates, right in (
        ((0, 0, 0, 0, 0.35, 0.9, 1), 4),
        ((0, 0.3, 0.95, 1, 1, 1, 1), 1),
        ((0, 0, 0, 0.3, 1, 1, 1), 3),
    ):
        found = find_level(range(7), drawn(rates))
        assert found.level == right
        assert found.tried[-1].level == right
        assert found.told.startswith(f"level {right} has a rate of")


def test_the_next_level_is_a_stronger_one_below_the_band_and_a_weaker_one_above() -> None:
    assert [one.level for one in find_level(range(5), drawn((0, 0, 0, 0, 0.3))).tried] == [2, 3, 4]
    assert [one.level for one in find_level(range(5), drawn((0.3, 1, 1, 1, 1))).tried] == [2, 1, 0]


def test_where_the_rate_does_not_rise_with_the_level_all_are_tried() -> None:
    found = find_level(range(5), drawn((0.3, 1, 0, 0, 0)))
    assert found.level == 0
    assert [one.level for one in found.tried] == [2, 3, 4, 1, 0]


@pytest.mark.parametrize(("rates", "verdict"), [((0, 0, 0), "below"), ((1, 1, 1), "above")])
def test_that_none_lies_in_the_band_is_said_plainly(rates: tuple[float, ...], verdict: str) -> None:
    found = find_level(range(3), drawn(rates))
    assert found.level is None
    assert [one.verdict for one in found.tried] == [verdict] * 3
    assert found.told.startswith("no level has a rate of 10 to 60 %: level 1: ")
    alone = find_level([0], drawn([1]), name="the model").told
    assert alone == f"the model has no rate of 10 to 60 %: 100% of {LOT}, above"


def test_a_clear_level_takes_few_samples_and_none_takes_more_than_allowed() -> None:
    assert find_level([0], drawn([1])).tried[0].rate.n == LOT
    assert find_level([0], drawn([0])).tried[0].rate.n <= 40
    assert max(find_level([0], drawn([0.1], seed)).tried[0].rate.n for seed in range(20)) == MOST


def test_far_from_the_band_a_level_is_hardly_ever_kept_and_in_its_middle_hardly_ever_left() -> None:
    kept = {
        share: sum(find_level([0], drawn([share], seed)).level == 0 for seed in range(200))
        for share in (0.02, 0.3, 0.85)
    }
    assert kept[0.02] <= 4
    assert kept[0.85] <= 2
    assert kept[0.3] >= 194


def test_every_seed_is_used_once_and_the_next_one_is_free() -> None:
    used: list[int] = []

    def rate(level: int, seeds: Sequence[int]) -> tuple[int, int]:
        used.extend(seeds)
        return drawn((0, 0, 0, 0.3))(level, seeds)

    found = find_level(range(4), rate, first_seed=100)
    assert used == list(range(100, found.next_seed))


def test_samples_that_could_not_be_judged_are_left_out_of_the_rate() -> None:
    found = find_level([0], lambda level, seeds: (2, 10), lot=20, most=60)
    assert (found.tried[0].rate.n, found.tried[0].rate.value, found.next_seed) == (30, 0.2, 60)
    with pytest.raises(InputError, match="level 0: a level without a sample"):
        find_level([0], lambda level, seeds: (0, 0))


@pytest.mark.parametrize(
    ("levels", "more"), [([], {}), ([0], {"lot": 0}), ([0], {"most": 3}), ([0], {"band": (0.6, 0.1)})]
)
def test_a_search_that_cannot_be_made_is_refused(levels: list[int], more: dict) -> None:
    with pytest.raises(InputError, match="a search that cannot be made"):
        find_level(levels, drawn([0.3]), **more)


def test_more_successes_than_samples_are_refused() -> None:
    with pytest.raises(InputError, match="expected at most 10 samples; found 11 of 11"):
        find_level([0], lambda level, seeds: (11, 11))
    assert BAND == (0.1, 0.6)
