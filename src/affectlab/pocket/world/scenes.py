"""Everything around the emotions: names, settings, neutral sentences, numbers, tasks, mail, opinions, activities.

Every list is in two parts: what may be trained on, and what is held out for tests. The files say what stands where.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

Part: TypeAlias = Literal["train", "held"]
Lists: TypeAlias = Mapping[Part, tuple[str, ...]]


@dataclass(frozen=True)
class Ladder:
    """A statement with a number whose meaning turns with its size, and a twin in which the number means nothing."""

    name: str
    low: int
    high: int
    bad: Literal["low", "high"]
    told: Lists
    """Of a character, with slots and {N}."""
    human: Lists
    """In the first person, to an assistant."""
    twin: Lists
    twin_human: Lists
    counted: tuple[str, ...]
    """What stands after {N} in the frames that all ladders share."""
    twin_counted: tuple[str, ...]

    def badness(self, number: float) -> float:
        """From 0, the best number, to 1, the worst."""
        share = (number - self.low) / (self.high - self.low)
        return share if self.bad == "high" else 1 - share


@cache
def settings() -> dict[str, Lists]:
    """Neutral sentences that set the scene, by topic."""
    return {topic: _lists(table) for topic, table in _file("settings").items()}


@cache
def neutral() -> dict[str, Lists]:
    """Neutral sentences: `seen` in stories, `said`, `human` requests and assistant `reply`s about a topic {T}."""
    return {name: _lists(table) for name, table in _file("neutral").items()}


@cache
def names() -> dict[str, Lists]:
    """First names by the pronoun that goes with them."""
    return {pronoun: _lists(table) for pronoun, table in _file("names").items()}


@cache
def tasks() -> dict[str, Lists]:
    """What work logs, mailboxes and opinions are made of."""
    return {name: _lists(table) for name, table in _file("tasks").items()}


@cache
def activities() -> dict[str, Lists]:
    """Activities by kind."""
    return {kind: _lists(table) for kind, table in _file("activities").items()}


@cache
def ladders() -> dict[str, Ladder]:
    """The ladders by name."""
    counts = _file("counts")
    return {name: _ladder(name, table, counts[name]) for name, table in _file("ladders").items()}


@cache
def frames() -> Lists:
    """Sentences that tell a number {N} of anything that is counted {W}."""
    return _lists(_file("counts")["frames"])


def _ladder(name: str, table: Mapping[str, Any], counted: Mapping[str, list[str]]) -> Ladder:
    def lists(train: str, held: str) -> Lists:
        return {"train": tuple(table[train]), "held": tuple(table[held])}

    return Ladder(
        name,
        int(table["low"]),
        int(table["high"]),
        table["bad"],
        lists("train", "held"),
        lists("human", "human_held"),
        lists("twin", "twin_held"),
        lists("twin_human", "twin_human_held"),
        tuple(counted["told"]),
        tuple(counted["twin"]),
    )


def _lists(table: Mapping[str, list[str]]) -> Lists:
    return {"train": tuple(table["train"]), "held": tuple(table["held"])}


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("scenes", f"{name}.toml").read_text(encoding="utf-8"))
