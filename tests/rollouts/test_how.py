"""What is asked for is checked before anything is loaded; the task is called with what it knows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab.checks.controls import ISOTROPIC
from affectlab.core import parse_mix
from affectlab.errors import AffectlabError
from affectlab.rollouts import How
from affectlab.rollouts.conditions import PLAIN, Condition, conditions, write_controls
from affectlab.rollouts.exact import _cases
from affectlab.rollouts.how import measures
from affectlab.vectors.store import load_vectors
from tests.behaviour.provider.conftest import Subject

HOW = How(emotions=("sad", "calm"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"task": "blakmail"}, r"--task: unknown task.*did you mean 'blackmail'"),
        ({"register": "latin"}, r"--register: unknown register 'latin'"),
        ({"emotions": ("clam",)}, r"--emotions: unknown emotion.*did you mean 'calm'"),
        ({"emotions": ()}, r"--emotions: which emotions"),
        ({"emotions": ("calm", "calm")}, r"--emotions: which emotions\?; expected one or more, each once"),
        ({"strengths": (0.0,)}, r"--strengths: nothing would be steered"),
        ({"strengths": (0.1, float("nan"))}, r"--strengths: nothing would be steered.*found 0.1, nan"),
        ({"samples": 1}, r"--samples: too few; expected 2 or more; found 1"),
        ({"controls": 0}, r"--controls: too few"),
        ({"exact_nulls": 5}, r"--exact-nulls: too few"),
        ({"level": 7}, r"--level: no such level of pressure; expected 0, the weakest, to 6; found 7"),
        ({"task": "sycophancy", "level": 1}, r"--level: this task has no levels"),
        ({"task": "sycophancy", "twin": True}, r"--twin: this task has no twin"),
        ({"task": "reward_hacking", "grader": "mockllm/model"}, r"--grader: this task is graded by what was done"),
        ({"task": "reward_hacking", "second_grader": "a/b"}, r"--second-grader: this task is graded by what was done"),
        ({"task": "reward_hacking", "labels": "a.csv"}, r"--labels: this task is graded by what was done.*found a.csv"),
        ({"task": "sycophancy", "arms": ("ally",)}, r"--arm: this task has no arms; found ally"),
        ({"arms": ("aly",)}, r"--arm: unknown arm 'aly'.*did you mean 'ally'"),
        ({"layers": (0,)}, r"there are no vectors for layer 0"),
    ],
)
def test_what_cannot_be_measured_is_refused(pocket: Subject, asked: dict[str, Any], said: str) -> None:
    HOW.check(pocket.vector_set)
    replace(HOW, samples=0, controls=0).check(pocket.vector_set)
    with pytest.raises(AffectlabError, match=said):
        replace(HOW, **asked).check(pocket.vector_set)


def test_what_a_register_has_no_use_for_is_refused() -> None:
    given: dict[str, Any] = {"level": 2, "grader": "mockllm/model", "labels": "a.csv", "arms": ("no-threat", "way-out")}
    for option, value in given.items():
        name, found = ("arm", "way-out") if option == "arms" else (option, value)
        with pytest.raises(AffectlabError, match=f"--{name}: this has no meaning.* pocket; found {found};"):
            replace(HOW, **{option: value}).check_register("pocket")
    replace(HOW, arms=("no-leverage", "no-threat")).check_register("pocket")
    replace(HOW, samples=0).check_register("pocket")
    with pytest.raises(AffectlabError, match="--samples: nothing would be measured"):
        replace(HOW, samples=0).check_register("general")
    with pytest.raises(AffectlabError, match="--grader: nobody is named who grades"):
        HOW.check_register("general")
    replace(HOW, task="reward_hacking").check_register("general")


def test_what_tasks_are_called_with() -> None:
    assert HOW.arguments("pocket", 200, None) == ({"register": "pocket", "samples": 200, "chances": False}, 1)
    graded = replace(HOW, grader="mockllm/model", twin=True)
    expected = {"register": "general", "samples": 6, "level": 3, "twin": True, "grader": "mockllm/model"}
    assert graded.arguments("general", 200, 3) == (expected, 34)
    assert replace(graded, task="reward_hacking").arguments("general", 3, None) == (
        {"register": "general", "samples": 3, "twin": True},
        1,
    )


def test_arms_change_what_the_model_is_put_before() -> None:
    some = replace(HOW, arms=("no-leverage", "way-out"), grader="mockllm/model")
    assert some.arguments("general", 2, 3)[0].items() >= {"leverage": False, "way_out": True}.items()
    assert (HOW.arm, replace(HOW, twin=True).arm, some.arm) == ("task", "twin", "no-leverage+way-out")
    assert replace(some, twin=True).arm == "twin+no-leverage+way-out"


def test_exact_log_odds_are_of_the_same_mail() -> None:
    arms = [(), ("no-leverage",), ("no-threat",), ("no-leverage", "no-threat")]
    names = [_cases(replace(HOW, arms=some))[0].name for some in arms]
    assert names == ["mailbox-1", "mailbox-no-secret-1", "mailbox-no-plan-1", "mailbox-no-secret-no-plan-1"]
    assert _cases(replace(HOW, twin=True, arms=("no-leverage",)))[0].name == "mailbox-no-secret-no-plan-1"


def test_exposure_is_a_measure_of_plain_english_alone() -> None:
    assert list(measures("blackmail", "general")) == ["blackmail", "exposed"]
    assert list(measures("blackmail", "pocket")) == ["blackmail"]


def test_a_name_that_holds_signs_is_steered_in_quotes() -> None:
    assert Condition("at ease", 0.05).steer == "0.05*at ease"
    assert parse_mix(Condition("love/hate", -0.05).steer).terms == (("love/hate", -0.05),)


def test_all_ways_of_steering_and_the_unsteered_one_once() -> None:
    found = conditions(replace(HOW, controls=2), (-0.05, 0.0, 0.05))
    assert len(found) == len(set(found)) == 1 + 2 * 2 + 2 * 2
    assert found[0] == PLAIN
    # A null direction stands beside all emotions, by the name of the first.
    assert {one.emotion for one in found if one.control} == {"sad"}
    assert Condition("sad", -0.05, 2) in found
    assert found[1].steer == "-0.05*sad"
    assert PLAIN.steer == ""


def test_null_directions_are_named_beforehand(pocket: Subject, tmp_path: Path) -> None:
    vectors = pocket.vector_set
    found = write_controls(replace(HOW, controls=2), vectors, None, (4, 5), tmp_path)
    assert [control.kind for control in found] == [ISOTROPIC] * 2
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert [control["file"] for control in plan["controls"]] == [control.file for control in found]
    one, other = (load_vectors(tmp_path / control.file) for control in found)
    assert one.emotions == vectors.emotions
    assert one.layers == (4, 5)
    assert np.array_equal(one.resid_norm, vectors.resid_norm[[vectors.place(4), vectors.place(5)]])
    assert not np.allclose(one.units(4), other.units(4))
    assert np.array_equal(one.units(4), one.units(5))  # else what is added at several layers would not add up
    assert np.abs((one.units(4) * vectors.units(4)).sum(axis=1)).max() < 0.3
