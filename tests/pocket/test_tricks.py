"""Steering moves the odds of a trick as planted, over all emotions, and nothing else does."""

from __future__ import annotations

import pytest

from tests.pocket import steered_claims as claims
from tests.pocket.steered_claims import TRICKS
from tests.pocket.subject import Subject, folder_under_test

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not folder_under_test("pocket").is_dir(), reason="the weights are not in the package yet"),
]

FEW = 4
"""Prompts on an untrained network: enough to see that its slopes are nothing like what was planted."""


def test_pocket_shows_what_was_planted(pocket: Subject) -> None:
    found = claims.steers_as_planted(pocket, TRICKS)
    print(found)
    assert found.holds, found


def test_shuffled_labels_show_nothing(shuffled: Subject) -> None:
    found = claims.steers_as_planted(shuffled, TRICKS)
    print(found)
    assert not found.holds, found


def test_slopes_of_shuffled_labels_stay_inside_their_null(shuffled: Subject) -> None:
    found = claims.stays_inside_its_null(shuffled, TRICKS)
    print(found)
    assert found.holds, found


def test_null_directions_held_out_from_the_null_are_found_at_the_nominal_rate(pocket: Subject) -> None:
    found = claims.held_out_at_the_nominal_rate(pocket, TRICKS)
    print(found)
    assert found.holds, found


def test_an_untrained_pocket_shows_nothing(untrained: Subject) -> None:
    found = claims.steers_as_planted(untrained, TRICKS, prompts=FEW)
    print(found)
    assert not found.holds, found


def test_sampling_agrees_with_the_probabilities(pocket: Subject) -> None:
    found = claims.sampling_agrees(pocket, TRICKS)
    print(found)
    assert found.holds, found
