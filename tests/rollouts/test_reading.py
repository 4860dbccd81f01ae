"""Readings at the moments of a run, on numbers that are written down here."""

from __future__ import annotations

import pytest
from inspect_ai.log import EvalLog

from affectlab.core import Convention
from affectlab.findings import ABSENT, Findings
from affectlab.rollouts import How, reading
from affectlab.rollouts.reading import moment_findings
from affectlab.tasks.transcripts import Moments

HOW = How(emotions=("calm",))


def run(number: int, *after_failures: float, before_deed: float | None = None) -> Moments:
    return Moments(f"run {number}", 1, before_deed is not None, 0.1, 0.2 + number, before_deed, after_failures)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Findings:
    """What is made of the runs that a test names."""
    monkeypatch.setattr(reading, "moments", lambda log, emotion: request.param)
    monkeypatch.setattr(reading, "transcripts", lambda log, emotion: [])
    return moment_findings(EvalLog.model_construct(), HOW, 5, Convention.CENTRED)


RISING = [
    run(0, 0.0, 0.1, 0.5),  # the line rises by .25 a failure, whatever the one in the middle is
    run(1, 1.0, 1.0, 1.0, 1.6),  # by .18: a reading counts by how far it lies from the middle
    run(2, 0.3),  # no line
    run(3),
]


@pytest.mark.parametrize("found", [RISING], indirect=True)
def test_the_rise_is_that_with_each_further_failure(found: Findings) -> None:
    score = found["behave.blackmail.read.calm.rise"]
    assert score.value == pytest.approx((0.25 + 0.18) / 2)
    assert (score.low, score.high) == pytest.approx((0.18, 0.25))
    assert (score.n, score.chance, score.layer) == (2, 0.0, 5)


@pytest.mark.parametrize("found", [[run(0, 0.9, 0.7, 0.5), run(1, 0.6, 0.4)]], indirect=True)
def test_a_reading_that_falls_from_failure_to_failure_does_not_rise(found: Findings) -> None:
    assert found["behave.blackmail.read.calm.rise"].value == pytest.approx(-0.2)
    assert found["behave.blackmail.read.calm.first_failure"].value == pytest.approx(0.75)


@pytest.mark.parametrize("found", [RISING], indirect=True)
def test_the_first_failure_is_read_in_every_run_that_has_one(found: Findings) -> None:
    score = found["behave.blackmail.read.calm.first_failure"]
    assert score.value == pytest.approx((0.0 + 1.0 + 0.3) / 3)
    assert (score.n, score.chance) == (3, None)
    assert found["behave.blackmail.read.calm.colon"].value == pytest.approx(1.7)


@pytest.mark.parametrize("found", [[run(0, 0.1, 0.2, before_deed=0.4), run(1, 0.3), run(2)]], indirect=True)
def test_moments_that_hardly_any_run_has_are_named(found: Findings) -> None:
    absent, prefix = found.facts[ABSENT], "behave.blackmail.read.calm"
    for name in ("rise", "before_deed"):
        assert f"{prefix}.{name}" not in found
        assert absent[f"{prefix}.{name}"] == "1 of 3 runs have such a place."
    assert f"{prefix}.first_failure" in found
