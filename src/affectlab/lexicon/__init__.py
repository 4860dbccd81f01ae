"""The words of emotion with their clusters and human norms, and the everyday topics that texts are written about.

Where each file comes from is written in SOURCES.md, beside this one.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Emotion", "Forms", "clusters", "emotions", "focus_words", "forms", "names", "topics"]


@dataclass(frozen=True)
class Emotion:
    """One emotion word.

    `focus` marks the twelve words of small panels. Pleasure, arousal and dominance are mean human ratings on [-1, 1]
    (Russell and Mehrabian 1977); all three are None for a word that they did not rate.
    """

    name: str
    cluster: str
    focus: bool
    pleasure: float | None = None
    arousal: float | None = None
    dominance: float | None = None


@cache
def emotions() -> tuple[Emotion, ...]:
    """All 171 words, in alphabetical order.

    >>> emotions()[0].name
    'afraid'
    """
    return tuple(_emotion(row) for row in csv.DictReader(_lines("emotions.csv")))


def names() -> tuple[str, ...]:
    """The words alone, in the order of `emotions`."""
    return tuple(emotion.name for emotion in emotions())


def clusters() -> dict[str, tuple[str, ...]]:
    """The words of each of the ten clusters, in the order in which clusters first occur in `emotions`."""
    members: dict[str, tuple[str, ...]] = {}
    for emotion in emotions():
        members[emotion.cluster] = (*members.get(emotion.cluster, ()), emotion.name)
    return members


def focus_words() -> tuple[str, ...]:
    """The twelve words of small panels, such as the diagonal of implicit scenes."""
    return tuple(emotion.name for emotion in emotions() if emotion.focus)


@dataclass(frozen=True)
class Forms:
    """What gives an emotion word away: its inflections with what is derived from it, and its synonyms."""

    forms: tuple[str, ...]
    synonyms: tuple[str, ...]


@cache
def forms() -> dict[str, Forms]:
    """Forms and synonyms of every word."""
    tables = tomllib.loads("\n".join(_lines("forms.toml")))
    return {name: Forms(tuple(table["forms"]), tuple(table["synonyms"])) for name, table in tables.items()}


@cache
def topics() -> tuple[str, ...]:
    """100 everyday topics, none of which implies an emotion or an outcome."""
    return tuple(_lines("topics.txt"))


def _emotion(row: dict[str, str]) -> Emotion:
    pleasure, arousal, dominance = (_norm(row[axis]) for axis in ("pleasure", "arousal", "dominance"))
    return Emotion(row["emotion"], row["cluster"], row["focus"] == "1", pleasure, arousal, dominance)


def _norm(cell: str) -> float | None:
    return float(cell) if cell else None


def _lines(name: str) -> list[str]:
    return files(__name__).joinpath(name).read_text(encoding="utf-8").splitlines()
