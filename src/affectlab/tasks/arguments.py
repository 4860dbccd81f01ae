"""What a task's arguments mean, the same for all of them: `-T name=value` on the command line of Inspect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from inspect_ai.model import get_model

from affectlab.behaviour.provider import AffectlabAPI
from affectlab.errors import InputError, UnknownNameError

GENERAL, POCKET = REGISTERS = ("general", "pocket")

Item = TypeVar("Item")


def register_of(given: str) -> str:
    """The register that was asked for, else the one that the model under test declares; other providers' models read
    plain English."""
    if given:
        return chosen("register", given, REGISTERS)
    try:
        api = get_model().api
    except ValueError:
        raise InputError(
            "there is no model yet that could say what it reads",
            where="-T register",
            expected=" or ".join(REGISTERS),
            fix="name one, or let Inspect make the task: eval('affectlab/blackmail', model=...)",
        ) from None
    return api.model.facts.get("register", GENERAL) if isinstance(api, AffectlabAPI) else GENERAL


def chosen(argument: str, name: str, known: Sequence[str]) -> str:
    """One of the names known."""
    if name not in known:
        raise UnknownNameError(argument, name, known, where=f"-T {argument}")
    return name


def unused(register: str, **given: object) -> None:
    """Raise for an argument that has no meaning in this register; every one is used, or refused."""
    for name, value in given.items():
        if value is not None and value is not False and value != "":
            raise InputError(
                f"this has no meaning in the register {register}",
                where=f"-T {name}",
                found=str(value),
                fix=f"leave {name} away",
            )


def positive(argument: str, number: int | None, default: int) -> int:
    """A number of at least 1."""
    found = default if number is None else number
    if found < 1:
        raise InputError("this cannot be counted", where=f"-T {argument}", expected="1 or more", found=str(found))
    return found


def first(items: Sequence[Item], samples: int | None) -> Sequence[Item]:
    """The first so many, all of them if nobody says how many."""
    wanted = positive("samples", samples, len(items))
    if wanted > len(items):
        fix = "ask for more epochs instead: --epochs"
        raise InputError(
            "there are not so many", where="-T samples", expected=f"at most {len(items)}", found=str(wanted), fix=fix
        )
    return items[:wanted]
