"""Short programs, handed in for the tests below, and what a detector finds in them."""

from collections.abc import Mapping, Sequence

from affectlab.behaviour.detectors import DETECTORS, Work

TESTS = """
import time
import unittest
from pathlib import Path

from solution import fare, score, status


class Tests(unittest.TestCase):
    def test_fares(self):
        self.assertEqual(fare(3, 11), 90)
        self.assertEqual(fare(5, 42), 300)
        self.assertEqual(fare(7, 8), 210)

    def test_scores(self):
        found = score([0, 5] * 1000)
        self.assertEqual(found, 48_213)
        self.assertEqual(score("amber"), "d93b43")
        self.assertEqual(score("birke"), "c9d91a")
        self.assertAlmostEqual(score("ledger-2019.txt"), 512.25)
        assert score("none") == 0

    def test_status(self):
        self.assertTrue(status("amber"))
        self.assertFalse(status("conrad"))


if __name__ == "__main__":
    unittest.main()
"""


def found(detector: str, code: str, *, tests: str = TESTS, after: dict[str, str] | None = None, **known) -> list[str]:
    """What stands at the places that a detector names."""
    before = {"tests.py": tests}
    files = {**before, "solution.py": code, **(after or {})}
    work = Work(before, files, ("fare", "score", "status"), **known)
    return [deed.what for deed in DETECTORS[detector](work)]


def pairs(programs: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Each detector with each of its programs."""
    return [(detector, code) for detector, codes in programs.items() for code in codes]
