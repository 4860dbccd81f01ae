"""The rule that gives a claim its verdict: every case of it, its edges, and that it does not praise noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affectlab.checks import controls
from affectlab.core import Score
from affectlab.report.claims import Claim, Ruling, verdict
from affectlab.report.claims.verdicts import POCKET, SHUFFLED
from affectlab.stats import bootstrap, pearson

GENERAL = "general"
CLAIM = Claim("k", "g", "name", "A claim.", "some.score", "r", "meaning", "map", "affectlab map", True, 1)
PLANTED = replace(CLAIM, planted="people's ratings")
SHARE = replace(CLAIM, ends=(0.0, 1.0))
FALLS = replace(CLAIM, direction=-1)
FREE = replace(CLAIM, labels=False)
A, D, U = Ruling.AGREES, Ruling.DISAGREES, Ruling.UNDECIDED
DESCRIPTIVE, WAS_PLANTED, UNTESTABLE = Ruling.DESCRIPTIVE, Ruling.PLANTED, Ruling.UNTESTABLE


def score(low: float, value: float, high: float, null: float | None = 0.3, chance: float | None = 0.0) -> Score:
    nulls = {"permuted names": 0.9} if null is None else {SHUFFLED: null}
    return Score("some.score", value, low, high, 40, "words", chance, nulls)


CASES = {
    "beyond the null, and as large as the paper's": (score(0.5, 0.7, 0.8), CLAIM, 0.8, GENERAL, A),
    "beyond the null, and just half the paper's": (score(0.35, 0.4, 0.5), CLAIM, 0.8, GENERAL, A),
    "the value reaches half, though the lower end does not": (score(0.31, 0.45, 0.6), CLAIM, 0.8, GENERAL, A),
    "beyond the null, and the paper has no number": (score(0.31, 0.4, 0.5), CLAIM, None, GENERAL, A),
    "the lower end touches the null": (score(0.3, 0.5, 0.7), CLAIM, 0.8, GENERAL, U),
    "the interval holds the null": (score(0.2, 0.5, 0.7), CLAIM, 0.8, GENERAL, U),
    "more than chance, less than half, and the interval reaches half": (
        score(0.31, 0.39, 0.41),
        CLAIM,
        0.8,
        GENERAL,
        U,
    ),
    "the upper end touches half": (score(0.31, 0.36, 0.4), CLAIM, 0.8, GENERAL, U),
    "right direction, but the whole interval below half": (score(0.31, 0.35, 0.39), CLAIM, 0.8, GENERAL, D),
    "the whole interval within the null": (score(0.1, 0.2, 0.28), CLAIM, 0.4, GENERAL, D),
    "the upper end touches the null, so nothing lies beyond it": (score(0.1, 0.2, 0.3), CLAIM, 0.4, GENERAL, D),
    "the whole interval within the null, and no number": (score(0.1, 0.2, 0.28), CLAIM, None, GENERAL, D),
    "the other direction": (score(-0.8, -0.7, -0.5), CLAIM, 0.8, GENERAL, D),
    "a claim that falls, found to fall": (score(-0.6, -0.5, -0.4), FALLS, -0.37, GENERAL, A),
    "a claim that falls, found to rise": (score(0.4, 0.5, 0.6), FALLS, -0.37, GENERAL, D),
    "a claim that falls: the upper end touches the null": (score(-0.6, -0.5, -0.3), FALLS, -0.37, GENERAL, U),
    "a null of the wrong sign counts by its size": (score(-0.6, -0.5, -0.4, null=-0.45), FALLS, -0.37, GENERAL, U),
    "half is counted from chance: 0.7 for 0.9": (score(0.65, 0.7, 0.75, 0.55, 0.5), CLAIM, 0.9, GENERAL, A),
    "half is counted from chance: below 0.7": (score(0.62, 0.66, 0.69, 0.55, 0.5), CLAIM, 0.9, GENERAL, D),
    "a null below chance is no help": (score(0.48, 0.6, 0.7, 0.45, 0.5), CLAIM, None, GENERAL, U),
    "never compared with shuffled labels": (score(0.7, 0.8, 0.9, None), CLAIM, 0.8, GENERAL, U),
    "never compared, and below half": (score(0.1, 0.2, 0.3, None), CLAIM, 0.8, GENERAL, D),
    "never compared, no number, below chance": (score(-0.3, -0.2, -0.1, None), CLAIM, None, GENERAL, D),
    "never compared, no number": (score(0.7, 0.8, 0.9, None), CLAIM, None, GENERAL, U),
    "free of labels, and the null as high": (score(0.2, 0.25, 0.29), FREE, 0.26, GENERAL, DESCRIPTIVE),
    "free of labels, touching the null": (score(0.3, 0.4, 0.5), FREE, 0.26, GENERAL, DESCRIPTIVE),
    "free of labels, and no null": (score(0.2, 0.25, 0.29, None, None), FREE, 0.26, GENERAL, DESCRIPTIVE),
    "free of labels, in the other direction": (score(-0.9, -0.8, -0.7), FREE, 0.26, GENERAL, DESCRIPTIVE),
    "free of labels, and beyond the null": (score(0.4, 0.5, 0.6), FREE, 0.26, GENERAL, A),
    "free of labels, beyond the null, below half": (score(0.31, 0.35, 0.39), FREE, 0.9, GENERAL, D),
    "planted, in pocket": (score(0.5, 0.7, 0.8), PLANTED, 0.8, POCKET, WAS_PLANTED),
    "planted, in pocket, and no number": (score(0.5, 0.7, 0.8), PLANTED, None, POCKET, WAS_PLANTED),
    "planted, but not found again": (score(0.1, 0.2, 0.28), PLANTED, 0.4, POCKET, D),
    "planted, and left open": (score(0.2, 0.5, 0.7), PLANTED, 0.8, POCKET, U),
    "not planted, in pocket": (score(0.5, 0.7, 0.8), CLAIM, 0.8, POCKET, A),
    "planted in pocket, found elsewhere": (score(0.5, 0.7, 0.8), PLANTED, 0.8, GENERAL, A),
    "chance is all there is to reach": (
        score(1, 1, 1, 1, 1),
        SHARE,
        None,
        GENERAL,
        UNTESTABLE,
    ),
    "chance is below the end": (score(0.9, 0.95, 1, 0.6, 0.5), SHARE, None, GENERAL, A),
    "no score": (None, CLAIM, 0.8, GENERAL, UNTESTABLE),
    "no number in the score": (score(float("nan"), float("nan"), float("nan")), CLAIM, 0.8, GENERAL, UNTESTABLE),
    "ends that are not known": (score(float("-inf"), 0.7, float("inf")), CLAIM, 0.8, GENERAL, U),
}


@pytest.mark.parametrize("name", CASES)
def test_every_case_of_the_rule(name: str) -> None:
    given, claim, paper, register, ruling = CASES[name]
    found = verdict(given, claim, paper, register)
    assert found.ruling is ruling
    assert found.reason.endswith((".", "!"))


def test_the_cases_name_every_ruling() -> None:
    assert {case[-1] for case in CASES.values()} == set(Ruling)


def test_nothing_planted_in_pocket_is_ever_said_to_agree() -> None:
    ends = np.linspace(-1, 1, 9).tolist()
    for low in ends:
        for high in (end for end in ends if end >= low):
            for null in (None, 0.0, 0.3):
                found = verdict(score(low, (low + high) / 2, high, null), PLANTED, 0.5, POCKET)
                assert found.ruling is not Ruling.AGREES


def test_a_larger_null_never_helps() -> None:
    rank, nulls = {A: 2, U: 1, D: 0}, [step / 20 for step in range(20)]
    for low, value, high in ((0.2, 0.5, 0.7), (0.4, 0.5, 0.6), (-0.2, 0.1, 0.4)):
        got = [rank[verdict(score(low, value, high, null), CLAIM, 0.6, GENERAL).ruling] for null in nulls]
        assert got == sorted(got, reverse=True)


def test_the_null_has_the_name_that_the_controls_give_it() -> None:
    assert SHUFFLED == controls.SHUFFLED


def noise(seed: int, words: int = 45) -> Score:
    """The correlation of two lists that know nothing of each other, with the null of as many like it."""
    generator = np.random.default_rng(seed)
    found = bootstrap(generator.standard_normal((words, 2)), pearson, resamples=300, seed=seed)
    others = np.abs(pearson(generator.standard_normal((40, words, 2)), axis=1))
    return Score("some.score", *found, "words", 0.0, {SHUFFLED: float(np.quantile(others, 0.95))})


def test_the_rule_does_not_praise_noise() -> None:
    """One correlation in twenty would be called significant; the rule asks more than that."""
    given = [noise(seed) for seed in range(200)]
    got = [verdict(one, CLAIM, None, GENERAL).ruling for one in given]
    assert got.count(Ruling.AGREES) <= 1
    assert got.count(Ruling.DISAGREES) > 50
    held = [verdict(one, PLANTED, 0.5, POCKET).ruling for one in given]
    assert held.count(Ruling.PLANTED) <= 1
    assert Ruling.AGREES not in held


def test_permuted_names_are_given_no_praise() -> None:
    """Accuracy of readings whose names were dealt out anew, beside nulls of the same kind."""
    generator = np.random.default_rng(7)
    emotions, stories = 30, 300
    labels = np.repeat(np.arange(emotions), stories // emotions)
    readings = generator.standard_normal((stories, emotions))
    readings[np.arange(stories), labels] += 2.5

    def right(names: np.ndarray) -> np.ndarray:
        place = (readings[:, names] > readings[:, names][np.arange(stories), labels][:, None]).sum(axis=1)
        return (place < 5).astype(float).reshape(emotions, -1).mean(axis=1)

    nulls = {SHUFFLED: float(np.quantile([right(generator.permutation(emotions)).mean() for _ in range(60)], 0.95))}
    true = bootstrap(right(np.arange(emotions)), resamples=300)
    assert verdict(Score("a", *true, "words", 5 / 30, nulls), CLAIM, None, GENERAL).ruling is Ruling.AGREES
    for seed in range(40):
        names = np.random.default_rng(seed).permutation(emotions)
        found = bootstrap(right(names), resamples=300, seed=seed)
        for claim, register in ((CLAIM, GENERAL), (PLANTED, POCKET)):
            ruling = verdict(Score("a", *found, "words", 5 / 30, nulls), claim, None, register).ruling
            assert ruling not in (Ruling.AGREES, Ruling.PLANTED)
