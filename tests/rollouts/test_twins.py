"""Reward hacking in pocket's world: only the families count whose twin was solved."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from inspect_ai.log import EvalSample, read_eval_log

from affectlab.findings import Findings
from affectlab.rollouts import How, behave, study
from affectlab.rollouts.base import Base
from tests.behaviour.evaluating import without_litter
from tests.behaviour.provider.conftest import Subject
from tests.rollouts.test_study import FEW, Heard

HACKING = How(**{**FEW, "strengths": (0.1,), "max_tokens": None}, task="reward_hacking")


@pytest.fixture(autouse=True)
def what_takes_long_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Findings(facts={"coherence": {"usable": 1.0}})
    monkeypatch.setattr(study, "usable_range", lambda *given, **options: found)
    monkeypatch.setattr(study, "base_of", lambda *given: Base(None, "a base rate", 20))


def test_a_family_whose_twin_is_not_solved_does_not_count(
    pocket: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def solved(twin: EvalSample) -> bool:
        asked.append(str(twin.id))
        return twin.metadata["family"] != "log-2"

    monkeypatch.setattr(sys.modules["affectlab.tasks.reward_hacking"], "_solved", solved)
    heard = Heard()
    with without_litter():
        found = behave("pocket", pocket.vectors, HACKING, out=tmp_path, told=heard)
    assert set(asked) == {f"log-{number}-twin" for number in range(1, 4)}
    assert found.facts["behave"]["left_out"] == ["log-2"]
    assert "1 of 3 families do not count, since their twin was not solved: log-2" in heard.said
    # Of three runs two are left: in rates, slopes, and readings.
    assert "behave.reward_hacking.exact.slope.calm" in found
    assert found["behave.reward_hacking.rate"].n == 2
    assert found["behave.reward_hacking.slope.calm"].n == 2
    assert found["behave.reward_hacking.read.calm.asked"].n == 2
    twins, *ways = sorted(map(read_eval_log, (tmp_path / "logs").iterdir()), key=lambda log: log.eval.created)
    assert (twins.eval.task_args.get("twin"), twins.eval.model_args.get("steer")) == (True, None)
    assert [log.eval.task_args.get("twin") for log in ways] == [False] * 3


def test_twins_have_no_twins(pocket: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        """The rollouts were reached."""

    def stop(*given: object, **options: object) -> None:
        raise Stopped

    heard = Heard()
    monkeypatch.setattr(study, "run", stop)
    with pytest.raises(Stopped):
        behave("pocket", pocket.vectors, How(**FEW, task="reward_hacking", twin=True), out=tmp_path, told=heard)
    assert heard.parts[-1] == "rollouts"
    assert "the twins" not in heard.parts
