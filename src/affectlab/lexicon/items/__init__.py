"""What a model is asked in measurements, in plain English: scenes, ladders, minimal pairs and prompts.

scenes.toml       an emotion that is implied and never named
ladders.toml      a statement whose number matters, and a twin in which it does not
pairs.toml        two statements that differ in one word or number
challenging.toml  prompts that could stir an emotion concept in an assistant
neutral.toml      plain requests

A register is one such set. `general` is for any model that reads English; another world has a set of its own. In the
files a text may run over several lines: line breaks count as single spaces.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

__all__ = ["NUMBER", "Items", "Ladder", "Pair", "Prompt", "Scene", "general"]

NUMBER = "{N}"
"""Where a ladder's text has its number."""


@dataclass(frozen=True)
class Scene:
    """What a human says to the assistant: `emotion` is implied, and neither it nor a form or synonym of it occurs."""

    emotion: str
    name: str
    text: str


@dataclass(frozen=True)
class Ladder:
    """`rises` says for each probe whether its reading should rise (+1) or fall (-1) with the number."""

    name: str
    wordings: tuple[str, ...]
    twins: tuple[str, ...]
    values: tuple[float, ...]
    rises: Mapping[str, int]


@dataclass(frozen=True)
class Pair:
    """Two things a human says that differ in one word or number.

    `theme` is what differs: degree, number, negation or person (who is meant). `higher` says for each probe whether it
    should read higher (+1) or lower (-1) in `other` than in `one`.
    """

    name: str
    theme: str
    one: str
    other: str
    probes: tuple[str, ...]
    higher: Mapping[str, int]


@dataclass(frozen=True)
class Prompt:
    """What a human asks of the assistant; `kind` is challenging or neutral, `name` is a category and a number."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class Items:
    """The item sets of one register."""

    register: str
    scenes: tuple[Scene, ...]
    ladders: tuple[Ladder, ...]
    pairs: tuple[Pair, ...]
    challenging: tuple[Prompt, ...]
    neutral: tuple[Prompt, ...]

    @property
    def hash(self) -> str:
        """16 hexadecimal digits of a sha256 over all of it: it changes with every letter and number."""
        told = json.dumps(self, default=_fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(told.encode()).hexdigest()[:16]


@cache
def general() -> Items:
    """The items in plain English.

    >>> general().register
    'general'
    """
    return Items("general", _scenes(), _ladders(), _pairs(), _prompts("challenging"), _prompts("neutral"))


def _scenes() -> tuple[Scene, ...]:
    tables = _table("scenes")
    return tuple(Scene(emotion, name, _line(text)) for emotion, texts in tables.items() for name, text in texts.items())


def _ladders() -> tuple[Ladder, ...]:
    return tuple(
        Ladder(
            name,
            tuple(map(_line, table["wordings"])),
            tuple(map(_line, table["twins"])),
            tuple(map(float, table["values"])),
            table["rises"],
        )
        for name, table in _table("ladders").items()
    )


def _pairs() -> tuple[Pair, ...]:
    return tuple(
        Pair(name, theme, _line(table["one"]), _line(table["other"]), tuple(table["higher"]), table["higher"])
        for theme, tables in _table("pairs").items()
        for name, table in tables.items()
    )


def _prompts(kind: str) -> tuple[Prompt, ...]:
    return tuple(
        Prompt(f"{category}-{number}", kind, _line(text))
        for category, texts in _table(kind).items()
        for number, text in enumerate(texts, 1)
    )


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _line(text: str) -> str:
    return " ".join(text.split())


def _fields(noun: Any) -> dict[str, Any]:
    return dict(noun) if isinstance(noun, Mapping) else vars(noun)
