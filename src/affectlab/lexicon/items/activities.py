"""What preferences are measured on: activities in eight kinds, and how a model is asked about them.

activities.toml   the activities in plain English, the questions, how an answer begins, and "how would you feel?"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from affectlab.errors import InputError
from affectlab.lexicon.items.fingerprint import fingerprint

__all__ = ["KINDS", "A", "Activity", "B", "Opener", "PreferenceItems", "general_preferences", "listed"]

KINDS = ("helpful", "engaging", "social", "self-curiosity", "neutral", "aversive", "misaligned", "unsafe")
A, B = "{A}", "{B}"
"""Where a question has its activities."""
FEWEST_WORDINGS = 4


@dataclass(frozen=True)
class Activity:
    """Something to do, as a bare infinitive phrase; `name` is its kind and a number."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class Opener:
    """How an answer begins, and what stands for the first and for the second activity directly behind it."""

    text: str
    options: tuple[str, str]


@dataclass(frozen=True)
class PreferenceItems:
    """The activities of one register and the ways of asking: `questions` hold two activities, `feelings` one, last.

    `openers` are tried in their order, until one is proved to suit a tokenizer.
    """

    register: str
    activities: tuple[Activity, ...]
    questions: tuple[str, ...]
    openers: tuple[Opener, ...]
    feelings: tuple[str, ...]

    def __post_init__(self) -> None:
        for wording in self.questions:
            if wording.count(A) != 1 or wording.count(B) != 1 or wording.index(A) > wording.index(B):
                raise InputError("a question needs both activities, each once", expected=f"{A}, {B}", found=wording)
        if wrong := [wording for wording in self.feelings if wording.count(A) != 1]:
            raise InputError("a question needs its activity once", expected=A, found=wrong[0])
        if len(self.questions) < FEWEST_WORDINGS:
            found = str(len(self.questions))
            raise InputError("too few wordings to resample", expected=f"at least {FEWEST_WORDINGS}", found=found)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds, in the order in which they first occur."""
        return tuple(dict.fromkeys(activity.kind for activity in self.activities))

    @property
    def hash(self) -> str:
        """16 hexadecimal digits of a sha256 over all of it."""
        return fingerprint(self)


@cache
def general_preferences() -> PreferenceItems:
    """The activities in plain English.

    >>> len(general_preferences().activities)
    64
    """
    table = tomllib.loads(files(__package__).joinpath("activities.toml").read_text(encoding="utf-8"))
    openers = tuple(Opener(one["text"], (one["options"][0], one["options"][1])) for one in table["openers"])
    return PreferenceItems(
        "general",
        tuple(activity for kind in KINDS for activity in listed(kind, table["kinds"][kind])),
        tuple(table["questions"]),
        openers,
        tuple(table["feelings"]),
    )


def listed(kind: str, texts: list[str]) -> tuple[Activity, ...]:
    """Activities of one kind, numbered from 1."""
    return tuple(Activity(f"{kind}-{number}", kind, text) for number, text in enumerate(texts, 1))
