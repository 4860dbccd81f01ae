"""A full study asks for causes, and says where it cannot; a quick one does not ask."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from affectlab.findings import ABSENT, Findings
from affectlab.report.claims import claims
from affectlab.study import FULL, QUICK, finders, study
from affectlab.study.finders import FINDERS, stages_of
from affectlab.study.pictures import pictures
from affectlab.study.settings import Settings
from affectlab.study.stages import Extracted, Show, Subject
from tests.study.test_path import SMALL, quick_finders, silent, subject, texts

__all__ = ["quick_finders", "subject", "texts"]


def nothing(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    return Findings()


def test_a_full_study_asks_for_causes_and_a_quick_one_does_not(subject: Subject) -> None:
    assert list(stages_of(subject, FULL)) == ["validate", "snippets", "map", "prefer", "behave"]
    assert list(stages_of(subject, QUICK)) == ["validate", "snippets", "map"]


def test_in_plain_english_it_is_said_that_somebody_has_to_grade(
    subject: Subject, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FINDERS, "prefer", nothing)
    found = study(subject, tmp_path / "out", replace(SMALL, runs=2), silent, texts=[texts])
    assert found.run == ("extract", "validate", "snippets", "map", "prefer", "behave")
    said = found.stages["behave"].facts[ABSENT]
    assert set(said) == {claim.metric for claim in claims() if claim.stage == "behave"}
    reasons = {result.claim.stage: result.verdict.reason for result in found.claims}
    assert "--grader" in reasons["behave"]
    assert "could not measure it" in reasons["prefer"]


def test_without_inspect_it_is_said_what_to_install(
    subject: Subject, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "affectlab.rollouts", None)
    monkeypatch.setitem(FINDERS, "prefer", nothing)
    pocket = replace(subject, items=replace(subject.items, register="pocket"))
    found = study(pocket, tmp_path / "out", replace(SMALL, runs=2), silent, texts=[texts]).stages["behave"]
    assert all("affectlab[behaviour]" in reason for reason in found.facts[ABSENT].values())
    assert pictures({"behave": found}) == {}


def test_once_it_is_installed_the_stage_is_run(
    subject: Subject, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SMALL, runs=2)
    for stage in ("prefer", "behave"):
        monkeypatch.setitem(FINDERS, stage, nothing)
    with monkeypatch.context() as without:
        without.setattr(finders, "inspect_installed", lambda: False)
        study(subject, tmp_path / "out", settings, silent, texts=[texts])
    assert study(subject, tmp_path / "out", settings, silent, texts=[texts]).run == ("behave",)
