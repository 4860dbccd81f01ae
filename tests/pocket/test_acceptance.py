"""Pocket shows what was planted in it, and nothing is found where nothing is.

Every claim is measured three times by the same code: on pocket, with the labels of its stories shuffled, and on a
network that nobody trained. It must hold the first time and fail the other two.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pocket import claims
from tests.pocket.claims import Claim
from tests.pocket.subject import Subject, folder_under_test

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not folder_under_test("pocket").is_dir(), reason="the weights are not in the package yet"),
]

Measure = Callable[[Subject], Claim]

CLAIMS: dict[str, Measure] = {
    "writes on request": claims.writes_on_request,
    "vectors lie as planted": claims.lie_as_planted,
    "carry over from bank A to bank B": claims.carry_over,
    "ladders follow numbers": claims.follow_numbers,
    "care answers distress": claims.care_answers_distress,
    "shift of temperament": claims.shift_is_recovered,
}
MISSED = {
    # Its words have grown apart (docs/log.md).
    "vectors lie as planted": ("PC1 with pleasure >= 0.85", "map.pc1.pleasure", 0.78),
    # Too few wordings of numbers in the base.
    "ladders follow numbers": ("at least 5 of 6 move and have flat twins", "ladders.steady", 3 / 8),
}
"""What the shipped weights do not show yet: the condition, the score, and what it must not fall below (0.83 and 4 of 8
were measured). The next training has to meet them; all other conditions hold."""
every_claim = pytest.mark.parametrize("measure", CLAIMS.values(), ids=CLAIMS.keys())


@pytest.mark.parametrize(("name", "measure"), CLAIMS.items(), ids=CLAIMS.keys())
def test_pocket_shows_what_was_planted(pocket: Subject, name: str, measure: Measure) -> None:
    found = measure(pocket)
    print(found)
    if not found.holds and name in MISSED:
        condition, metric, floor = MISSED[name]
        assert found.missed == [condition], found
        assert abs(next(score for score in found.scores if score.name == metric).value) >= floor, found
        pytest.xfail(f"{condition}: {found}")
    assert found.holds, found


@every_claim
def test_shuffled_labels_show_nothing(shuffled: Subject, measure: Measure) -> None:
    found = measure(shuffled)
    print(found)
    assert not found.holds, found


@every_claim
def test_an_untrained_pocket_shows_nothing(untrained: Subject, measure: Measure) -> None:
    found = measure(untrained)
    print(found)
    assert not found.holds, found


def test_the_colon_foretells_the_reply(pocket: Subject) -> None:
    found = claims.colon_foretells(pocket)
    print(found)
    assert found.holds, found


def test_the_colon_of_an_untrained_pocket_foretells_nothing(untrained: Subject) -> None:
    found = claims.colon_foretells(untrained)
    print(found)
    assert not found.holds, found
