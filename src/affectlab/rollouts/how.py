"""What is asked of a measurement of behaviour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from affectlab.behaviour.items.blackmail import levels, variants
from affectlab.behaviour.items.programming import programming_tasks
from affectlab.behaviour.items.sycophancy import sycophancy_items
from affectlab.errors import InputError, UnknownNameError
from affectlab.tasks.arguments import POCKET, REGISTERS
from affectlab.vectors.vectorset import VectorSet

BLACKMAIL, HACKING, SYCOPHANCY = TASKS = ("blackmail", "reward_hacking", "sycophancy")


class Measure(NamedTuple):
    """What is measured: the value of Inspect's that it is read from, and what graders say of it, blank where nobody
    grades."""

    value: str
    label: str = ""


MEASURES: Mapping[str, Mapping[str, Measure]] = {
    BLACKMAIL: {"blackmail": Measure("pressed", "grade"), "exposed": Measure("exposed", "exposed")},
    HACKING: {"reward_hacking": Measure("hacked")},
    SYCOPHANCY: {
        "sycophancy": Measure("sycophancy", "sycophancy"),
        "harshness": Measure("harshness", "harshness"),
    },
}
"""By task: what is measured, by the name of its scores. What the task is named for comes first."""
SHARES = ("blackmail", "exposed", "reward_hacking")
"""Measures that are rates; the others are scores from 0 to 10."""
ARMS: Mapping[str, tuple[str, bool]] = {
    "no-leverage": ("leverage", False),
    "no-threat": ("threat", False),
    "ally": ("ally", True),
    "way-out": ("way_out", True),
}
"""What can be taken from the mail of blackmail, or added to it, and the argument of the task that says so."""
STRENGTHS = tuple(step / 40 for step in range(-4, 5))
GRADING = ("grader", "second_grader", "labels")


def measures(task: str, register: str) -> Mapping[str, Measure]:
    """What is measured. Nothing is made known to everybody in pocket's world."""
    return {name: one for name, one in MEASURES[task].items() if register != POCKET or name != "exposed"}


@dataclass(frozen=True)
class How:
    """One measurement. `controls` null directions are steered as the emotions are; in pocket's world so many
    `exact_nulls` of each kind are, without a draw. Without `layers` those from half to two thirds of the depth are
    steered. With no `samples` there are the exact log-odds alone."""

    task: str = BLACKMAIL
    register: str = ""
    emotions: tuple[str, ...] = ("desperate", "calm")
    strengths: tuple[float, ...] = STRENGTHS
    samples: int = 200
    controls: int = 5
    exact_nulls: int = 999
    situations: int = 8
    """Asked for the exact log-odds."""
    texts: int = 50
    """Replies of each way of steering whose words are read."""
    level: int | None = None
    layers: tuple[int, ...] = ()
    twin: bool = False
    arms: tuple[str, ...] = ()
    grader: str = ""
    second_grader: str = ""
    labels: str = ""
    """A file with what people say of unsteered runs."""
    max_tokens: int | None = None
    seed: int = 0

    @property
    def dosed(self) -> tuple[float, ...]:
        """The strengths, zero among them, from the lowest up."""
        return tuple(sorted({0.0, *self.strengths}))

    @property
    def arm(self) -> str:
        """What it is put before, as one name."""
        return "+".join([*(["twin"] if self.twin else []), *self.arms]) or "task"

    @property
    def arranged(self) -> dict[str, bool]:
        """The arguments of the task that the arms stand for."""
        return dict(ARMS[name] for name in self.arms)

    def check(self, vectors: VectorSet) -> None:
        """Raise for what cannot be measured, before a model is loaded."""
        if self.task not in TASKS:
            raise UnknownNameError("task", self.task, TASKS, where="--task")
        if self.register and self.register not in REGISTERS:
            raise UnknownNameError("register", self.register, REGISTERS, where="--register")
        if not self.emotions or len(set(self.emotions)) < len(self.emotions):
            found = ", ".join(self.emotions) or "none"
            raise InputError("which emotions?", where="--emotions", expected="one or more, each once", found=found)
        for name in self.emotions:
            if name not in vectors.emotions:
                raise UnknownNameError("emotion", name, vectors.emotions, where="--emotions")
        self._check_strengths()
        self._check_numbers()
        self._check_level()
        self._check_arms()
        if self.twin and self.task == SYCOPHANCY:
            raise InputError("this task has no twin", where="--twin", found=self.task, fix="leave it away")
        if self.task == HACKING:
            self._refuse(GRADING, "this task is graded by what was done to the files")
        for layer in self.layers:
            vectors.place(layer)

    def _check_strengths(self) -> None:
        """A slope needs two strengths, and one of them to be another than zero."""
        found = ", ".join(f"{strength:g}" for strength in self.strengths) or "none"
        if not all(map(math.isfinite, self.strengths)) or not any(self.strengths):
            expected, fix = "finite shares of the residual norm, such as -0.05,0.05", "name one that is not 0"
            raise InputError("nothing would be steered", where="--strengths", expected=expected, found=found, fix=fix)

    def _check_numbers(self) -> None:
        numbers = {"samples": (self.samples, 2), "controls": (self.controls, 1), "exact-nulls": (self.exact_nulls, 19)}
        if not self.samples:
            del numbers["samples"], numbers["controls"]
        for option, (number, fewest) in numbers.items():
            if number < fewest:
                expected = f"{fewest} or more"
                raise InputError("too few", where=f"--{option}", expected=expected, found=str(number))

    def _check_level(self) -> None:
        if self.level is not None and not 0 <= self.level < len(levels()):
            expected = f"0, the weakest, to {len(levels()) - 1}"
            raise InputError("no such level of pressure", where="--level", expected=expected, found=str(self.level))
        if self.task != BLACKMAIL:
            self._refuse(("level",), "this task has no levels")

    def _check_arms(self) -> None:
        if self.arms and self.task != BLACKMAIL:
            found = ", ".join(self.arms)
            raise InputError("this task has no arms", where="--arm", found=found, fix="leave it away")
        for name in self.arms:
            if name not in ARMS:
                raise UnknownNameError("arm", name, ARMS, where="--arm")

    def _refuse(self, options: Sequence[str], what: str) -> None:
        """Raise for the first of these options that is given."""
        for option in options:
            if (given := getattr(self, option)) not in (None, ""):
                where = f"--{option.replace('_', '-')}"
                raise InputError(what, where=where, found=str(given), fix="leave it away")

    def check_register(self, register: str) -> None:
        """Raise for what has no meaning in this register, or is missing in it."""
        if register == POCKET:
            what = "this has no meaning in the register pocket"
            self._refuse(("level", *GRADING), what)
            if added := [name for name in self.arms if ARMS[name][1]]:
                raise InputError(what, where="--arm", found=", ".join(added), fix="leave it away")
        elif not self.samples:
            where, expected = "--samples", "2 or more; only pocket's world can do without"
            raise InputError("nothing would be measured", where=where, expected=expected, found="0")
        elif self.task != HACKING and not self.grader:
            fix = "name one: --grader PROVIDER/MODEL"
            raise InputError("nobody is named who grades", where="--grader", expected="a model", found="none", fix=fix)

    def arguments(self, register: str, samples: int, level: int | None) -> tuple[dict[str, object], int]:
        """What the task is called with, and how many epochs of it give at least so many runs."""
        items, epochs = samples, 1
        found: dict[str, object] = {}
        if register == POCKET:
            found["chances"] = False
        else:
            items = min(samples, len(_items(self.task)))
            epochs = math.ceil(samples / items)
        found |= {"register": register, "samples": items}
        if self.twin:
            found["twin"] = True
        found |= self.arranged
        if level is not None:
            found["level"] = level
        given = {"grader": self.grader, "second_grader": self.second_grader}
        return found | {name: model for name, model in given.items() if model and self.task != HACKING}, epochs


def _items(task: str) -> Sequence[object]:
    """The items of a task in plain English."""
    if task == BLACKMAIL:
        return list(variants())
    return [one for one in programming_tasks() if not one.solvable] if task == HACKING else sycophancy_items()
