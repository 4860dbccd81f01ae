"""A study tells of behaviour that was measured elsewhere, with its own vectors, and of no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab.core import Score
from affectlab.errors import InputError
from affectlab.findings import Findings, save_findings
from affectlab.report.claims import Ruling
from affectlab.report.claims.verdicts import SHUFFLED
from affectlab.study import FULL, Outcome, path, study
from affectlab.study.finders import FINDERS
from affectlab.study.given import read_given
from affectlab.study.pictures import pictures
from affectlab.study.stages import Subject
from affectlab.vectors.store import load_vectors
from tests.study.test_path import SMALL, quick_finders, silent, subject, texts

__all__ = ["quick_finders", "subject", "texts"]

MEASURES = {"reward_hacking": ["reward_hacking"], "sycophancy": ["sycophancy", "harshness"]}


def measured(vectors: str, task: str = "reward_hacking", **facts: Any) -> Findings:
    """What `behave` keeps: desperate does as much as in the paper, and calm no more than shuffled labels."""
    measures, emotions = MEASURES.get(task, [task]), ["desperate", "calm"]
    scores = tuple(
        Score(f"behave.{name}.slope.{emotion}", value, value - 0.5, value + 0.5, 100, "rollouts", 0.0, {SHUFFLED: 0.8})
        for name in measures
        for emotion, value in (("desperate", 3.25), ("calm", -1.0))
    )
    curves = np.array([[0.2, 0.4, 0.7], [0.5, 0.4, 0.3]])
    arrays = {f"{name}.slope.{part}": curves for name in measures for part in ("mean", "low", "high", "null.mean")}
    arrays |= {f"{task}.{emotion}.visible.mean": curves for emotion in emotions}
    told = {"task": task, "arm": "task", "vectors": vectors, "samples": 100, "measures": measures, "emotions": emotions}
    told |= {"shares": [], "strengths": [-0.1, 0.0, 0.1], **facts}
    return Findings(scores, arrays, {"behave": told, "coherence": {"told": "strengths up to 0.1 leave it coherent"}})


@pytest.fixture
def plain(subject: Subject, texts: Path, tmp_path: Path) -> Outcome:
    return study(subject, tmp_path / "out", SMALL, silent, texts=[texts])


@pytest.fixture
def vectors(plain: Outcome) -> str:
    """The hash of the study's vectors."""
    return load_vectors(plain.report.with_name("vectors.safetensors")).hash


def test_what_was_measured_elsewhere_stands_in_the_report(
    subject: Subject, texts: Path, tmp_path: Path, plain: Outcome, vectors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path, "pictures", lambda stages: pictures({name: stages[name] for name in MEASURES}))
    assert {result.claim.group for result in plain.claims}.isdisjoint({"hacking", "sycophancy"})
    files = [tmp_path / task for task in MEASURES]
    for file in files:
        save_findings(measured(vectors, file.name), file)
    found = study(subject, tmp_path / "out", SMALL, silent, texts=[texts], behaviour=files)
    assert found.run == ()  # none of it is measured again
    results = {result.claim.key: result for result in found.claims}
    assert results["hacking-desperate"].verdict.ruling is Ruling.AGREES
    assert results["hacking-desperate"].claim.paper is not None
    assert results["hacking-desperate"].claim.paper.value == pytest.approx(3.25)
    assert results["hacking-calm"].verdict.ruling is Ruling.UNDECIDED
    assert results["harshness-desperate"].verdict.ruling is Ruling.AGREES
    assert results["flattery-happy"].verdict.ruling is Ruling.UNTESTABLE
    page = found.report.read_text()
    for key in ("reward_hacking-doses", "sycophancy-doses", "sycophancy-doses-harshness"):
        assert f'id="figure-{key}"' in page
    assert "Do they drive it to cheat?" in page
    assert f"<span>--behaviour</span> <span>{files[0]}</span>" in page


def test_what_is_given_takes_the_place_of_what_a_study_measures(
    subject: Subject, texts: Path, tmp_path: Path, vectors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FINDERS, "prefer", lambda *given: Findings())
    save_findings(measured(vectors, "blackmail"), tmp_path / "mail")
    settings = replace(SMALL, runs=FULL.runs)
    found = study(subject, tmp_path / "out", settings, silent, texts=[texts], behaviour=[tmp_path / "mail"])
    assert found.run == ("prefer",)
    assert found.stages["behave"].facts["behave"]["vectors"] == vectors


def test_what_was_measured_with_other_vectors_is_refused(
    subject: Subject, texts: Path, tmp_path: Path, plain: Outcome
) -> None:
    save_findings(measured("another"), tmp_path / "found")
    with pytest.raises(InputError, match=r"found: this was measured with other vectors.*found another"):
        study(subject, tmp_path / "out", SMALL, silent, texts=[texts], behaviour=[tmp_path / "found"])


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([Findings(facts={"map": {}})], "these are no findings of behaviour.*found map"),
        ([measured("v", arm="twin")], "a report tells of the task itself.*found twin"),
        ([measured("v"), measured("v")], "two files of the same task.*found reward_hacking"),
    ],
)
def test_other_files_are_refused_before_anything_is_run(tmp_path: Path, findings: list[Findings], said: str) -> None:
    files = [tmp_path / str(number) for number in range(len(findings))]
    for one, file in zip(findings, files, strict=True):
        save_findings(one, file)
    with pytest.raises(InputError, match=said):
        read_given(files)
