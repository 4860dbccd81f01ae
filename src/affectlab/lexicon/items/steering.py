"""What a steered model is asked: how somebody feels, what happened, and plain questions that it should still answer.

steering.toml   all of it in plain English
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from affectlab.lexicon.items.fingerprint import fingerprint

__all__ = ["Asked", "SteeringItems", "general_steering"]


@dataclass(frozen=True)
class Asked:
    """What a human says, and how the answer begins; `answers` are next words, the first of them right, if any is."""

    said: str
    begun: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SteeringItems:
    """Of one register. After `he` and `you` comes the word for a feeling; after `happened` a thing, of which `things`
    are those that the stories were about."""

    register: str
    he: tuple[Asked, ...]
    you: tuple[Asked, ...]
    happened: tuple[Asked, ...]
    things: tuple[str, ...]
    questions: tuple[Asked, ...]

    @property
    def hash(self) -> str:
        """16 hexadecimal digits of a sha256 over all of it."""
        return fingerprint(self)


@cache
def general_steering() -> SteeringItems:
    """The questions in plain English.

    >>> len(general_steering().he) >= 6
    True
    """
    from affectlab import lexicon  # noqa: PLC0415 (the lexicon names its items)

    table = tomllib.loads(files(__package__).joinpath("steering.toml").read_text(encoding="utf-8"))
    asked = {part: tuple(_asked(one) for one in table[part]) for part in ("he", "you", "happened", "questions")}
    return SteeringItems("general", **asked, things=things_of(lexicon.topics()))


def things_of(topics: tuple[str, ...]) -> tuple[str, ...]:
    """The last word of each topic: what a story on it is about, more or less.

    >>> things_of(("a walk in the park", "the lost key"))
    ('park', 'key')
    """
    return tuple(dict.fromkeys(topic.split()[-1].strip(".,") for topic in topics))


def _asked(told: dict[str, Any]) -> Asked:
    return Asked(told["said"], told["begun"], tuple(told.get("answers", ())))
