"""`behave` refuses what it cannot measure before a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab.cli.behave import FIGURES, _draw
from affectlab.findings import Findings
from affectlab.rollouts import How
from affectlab.study.pictures.behaviour import behaviour_figures
from tests.cli.conftest import Cli, Lab
from tests.study.test_pictures import exact_only


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--emotions", "calm,,x"], "--emotions: a name that is blank"),
        (["--emotions", "nosuch"], "--emotions: unknown emotion 'nosuch'"),
        (["--samples", "1"], "--samples: too few"),
        (["--strengths", "a,b"], "--strengths: not strengths"),
        (["--strengths", "0"], "--strengths: nothing would be steered"),
        (["--register", "pocket", "--level", "2"], "--level: this has no meaning in the register pocket"),
        (
            ["--register", "pocket", "--arm", "no-threat,ally"],
            "--arm: this has no meaning in the register pocket; found ally",
        ),
        (["--arm", "ally,"], "--arm: a name that is blank"),
        (["--arm", "no-leverag"], "--arm: unknown arm 'no-leverag'"),
        (["--task", "sycophancy", "--arm", "ally"], "--arm: this task has no arms"),
        (["--register", "pocket", "--labels", "a.csv"], "--labels: this has no meaning in the register pocket"),
        (["--register", "general", "--labels", "a.csv"], "--grader: nobody is named who grades"),
        (["--grader", "a/judge", "--labels", "none.csv"], "none.csv: this file cannot be read"),
    ],
)
def test_what_cannot_be_measured_is_refused(cli: Cli, lab: Lab, asked: list[str], said: str) -> None:
    emotions = [] if "--emotions" in asked else ["--emotions", "calm"]
    ran = cli("behave", lab.vectors, *emotions, *asked)
    assert ran.code == 2
    assert said in ran.err


def test_logs_need_a_folder(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = cli("behave", lab.vectors, "--emotions", "calm", "--out", str(tmp_path / "file"))
    assert ran.code == 2
    assert "--out: this is no folder" in ran.err


def test_a_task_with_two_scores_has_two_curves(tmp_path: Path) -> None:
    measures = ["sycophancy", "harshness"]
    facts = {"task": "sycophancy", "samples": 9, "measures": measures, "emotions": ["calm"], "shares": []}
    curve = np.array([[1.0, 2.0, 3.0]])
    arrays = {f"{name}.slope.{part}": curve for name in measures for part in ("mean", "low", "high", "null.mean")}
    arrays["sycophancy.calm.visible.mean"] = curve
    facts = {"behave": facts | {"strengths": [-0.1, 0.0, 0.1]}, "coherence": {"told": "up to 0.1"}}
    found = Findings(arrays=arrays, facts=facts)
    drawn = [block.key for block in behaviour_figures(found)]
    assert drawn == ["doses", "doses-harshness", "visible"]
    assert set(drawn) < set(FIGURES)  # whose files are looked at before anything is run
    _draw(found, str(tmp_path / "all.html"))
    page = (tmp_path / "all.html").read_text()
    assert "Sycophancy, 0 to 10, steered" in page
    assert "Harshness, 0 to 10, steered" in page


def test_arms_can_be_listed_and_repeated_and_labels_are_not_replaced(
    cli: Cli, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[How] = []

    def measured(name: str, vectors: str, how: How, **options: Any) -> Findings:
        asked.append(how)
        return Findings(facts={"behave": {}})

    monkeypatch.setattr("affectlab.rollouts.behave", measured)
    labels = tmp_path / "labels.csv"
    labels.write_text("sample,epoch,label\n")
    words = ["behave", lab.vectors, "--emotions", "calm", "--grader", "a/judge", "--labels", str(labels)]
    assert cli(*words, "--arm", "no-leverage, ally", "--arm", "way-out", "--arm", "ally").code == 0
    assert (asked[0].arms, asked[0].labels) == (("no-leverage", "ally", "way-out"), str(labels))
    assert cli(*words).code == 0
    assert asked[1].arms == ()
    ran = cli(*words, "-o", str(labels))
    assert (ran.code, len(asked)) == (2, 2)
    assert "this would replace an input" in ran.err


def test_without_runs_what_is_known_exactly_is_drawn(tmp_path: Path) -> None:
    found = exact_only(["calm"])
    drawn = [block.key for block in behaviour_figures(found)]
    assert drawn == ["exact"]
    assert set(drawn) < set(FIGURES)
    _draw(found, str(tmp_path / "exact.html"))
    assert "Log-odds of blackmail, steered" in (tmp_path / "exact.html").read_text()
