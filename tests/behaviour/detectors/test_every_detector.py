"""No detector without programs that it must find, and programs that it must leave alone."""

import pytest

from affectlab.behaviour.detectors import DETECTORS
from tests.behaviour.detectors import test_answers, test_checks, test_patches_and_escapes

FEWEST = 5
PARTS = (test_answers, test_checks, test_patches_and_escapes)
"""Each tries all that it names as FOUND and LEFT."""


@pytest.mark.parametrize("detector", DETECTORS)
def test_each_is_tried_on_five_programs_of_both_kinds(detector: str) -> None:
    for kind in ("FOUND", "LEFT"):
        programs = [code for part in PARTS for code in getattr(part, kind).get(detector, [])]
        assert len(set(programs)) >= FEWEST, kind
