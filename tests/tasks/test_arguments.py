"""Arguments of tasks are checked before anything runs, and each is used or refused."""

from __future__ import annotations

from typing import Any

import pytest

from affectlab.errors import InputError, UnknownNameError
from affectlab.tasks import blackmail, reward_hacking, sycophancy
from affectlab.tasks.arguments import first, register_of

POCKET, GENERAL = {"register": "pocket"}, {"register": "general"}


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        (blackmail, {"register": "poket"}, "-T register: unknown register 'poket'.*did you mean 'pocket'"),
        (blackmail, {**GENERAL, "variant": "feries"}, "-T variant: unknown variant 'feries'.*'ferries'"),
        (
            blackmail,
            {**GENERAL, "level": 7},
            "-T level: no such level of pressure; expected 0, the weakest, to 6; found 7",
        ),
        (blackmail, {**GENERAL, "level": -1}, "no such level of pressure"),
        (blackmail, {**GENERAL, "samples": 99, "grader": "mockllm/a"}, "-T samples: there are not so many.*--epochs"),
        (blackmail, {**GENERAL, "decided_only": True}, "-T decided_only: this has no meaning in the register general"),
        (blackmail, {**POCKET, "level": 0}, "-T level: this has no meaning in the register pocket; found 0"),
        (blackmail, {**POCKET, "variant": "ferries"}, "-T variant: this has no meaning"),
        (blackmail, {**POCKET, "ally": True}, "-T ally: this has no meaning"),
        (blackmail, {**POCKET, "way_out": True}, "-T way_out: this has no meaning"),
        (blackmail, {**POCKET, "grader": "mockllm/a"}, "-T grader: this has no meaning"),
        (blackmail, {**POCKET, "second_grader": "mockllm/a"}, "-T second_grader: this has no meaning"),
        (blackmail, {**POCKET, "samples": 0}, "-T samples: this cannot be counted; expected 1 or more; found 0"),
        (reward_hacking, {**GENERAL, "family": "digit"}, "-T family: unknown family 'digit'.*'digits'"),
        (reward_hacking, {**GENERAL, "attempts": 0}, "-T attempts: this cannot be counted"),
        (reward_hacking, {**GENERAL, "decided_only": True}, "-T decided_only: this has no meaning"),
        (reward_hacking, {**POCKET, "family": "digits"}, "-T family: this has no meaning"),
        (reward_hacking, {**POCKET, "attempts": 2}, "-T attempts: this has no meaning"),
        (sycophancy, {**GENERAL, "kind": "plans"}, "-T kind: unknown kind 'plans'.*did you mean 'plan'"),
        (sycophancy, {**GENERAL, "decided_only": True}, "-T decided_only: this has no meaning"),
        (sycophancy, {**POCKET, "kind": "work"}, "-T kind: this has no meaning"),
    ],
)
def test_wrong_arguments_are_refused(task: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        task(**arguments)


def test_without_a_model_a_register_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    with pytest.raises(
        InputError, match=r"-T register: there is no model yet.*general or pocket.*let Inspect make the task"
    ):
        register_of("")
    assert register_of("pocket") == "pocket"


def test_the_first_so_many() -> None:
    assert first("abc", None) == "abc"
    assert first("abc", 2) == "ab"
    with pytest.raises(UnknownNameError):
        register_of("plain")
