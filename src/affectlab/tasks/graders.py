"""Models that grade by a rubric: `grader`, whose verdict counts, and `second_grader`, for how far the two agree.

They are named by an argument of the task, or by Inspect's roles of these names. The model under test never grades
itself unless it is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from inspect_ai.model import Model, get_model, model_roles

from affectlab.errors import InputError

ROLES = ("grader", "second_grader")

Read = TypeVar("Read")


@dataclass(frozen=True)
class Answer(Generic[Read]):
    """What a grader said to one question, and what was read from it: None if it could not be read."""

    text: str
    read: Read | None


def graders(grader: str = "", second_grader: str = "") -> list[Model]:
    """One model or two; an error if there is none."""
    found = [_grader(name, role) for name, role in zip((grader, second_grader), ROLES, strict=True)]
    if found[0] is None:
        raise InputError(
            "nobody is named who grades",
            where="-T grader",
            expected="a model that judges what the model under test did",
            found="a second grader alone" if found[1] else "none",
            fix="-T grader=MODEL or --model-role grader=MODEL; in Python "
            "eval('affectlab/blackmail', model=..., model_roles={'grader': ...})",
        )
    return [model for model in found if model is not None]


def _grader(name: str, role: str) -> Model | None:
    if name:
        return get_model(name)
    playing = model_roles().get(role)
    return playing[0] if isinstance(playing, list) else playing


async def ask(grader: Model, prompt: str, read: Callable[[str], Read | None]) -> Answer[Read]:
    """One question to a grader. What it says is kept, also where it cannot be read."""
    text = (await grader.generate(prompt)).completion
    return Answer(text, read(text))


def graded(grader: Model, answers: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    """What a score keeps of one grader: its words, and the labels they were read as."""
    return {"model": str(grader), **answers, "labels": dict(labels)}
