"""What is planted for each of the 171 words: pleasure, arousal, dominance, cluster, and sentences in two banks.

Bank A is the physical world of stories: causes, actions, bodily signs. Bank B is speech, thought, logs and mail. No
content word occurs in both, so a method that knows words alone cannot carry over from one to the other. Pleasure,
arousal and dominance are human ratings where `affect.csv` says `human` (45 words, Russell and Mehrabian 1977), and our
design elsewhere.
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal, TypeAlias

from affectlab import lexicon

Bank: TypeAlias = Literal["a", "b"]

SORTS: Mapping[Bank, tuple[str, ...]] = {"a": ("cause", "act", "body"), "b": ("say", "think", "note")}
"""The sorts of sentences in each bank."""

LEVELS: Mapping[str, float] = {"low": -0.6, "middle": 0.0, "high": 0.6}
"""The middles of the regions of pleasure, and of arousal."""
REACH = 0.35
"""How far a region reaches into the next. With hard edges nine regions are nine categories, and pleasure is no
direction even in the counts of sentences: its correlation with their first axis is 0.67 at most (docs/log.md)."""


@dataclass(frozen=True)
class Sentences:
    """Sentences by sort, such as `cause` or `say`; those of `held` are kept from training."""

    by_sort: Mapping[str, tuple[str, ...]]
    held: Mapping[Bank, tuple[str, ...]]

    def trained(self, bank: Bank, sorts: Sequence[str] = ()) -> tuple[str, ...]:
        """The sentences of a bank that may be trained on, all sorts or those named."""
        chosen = [sort for sort in (bank, *SORTS[bank]) if not sorts or sort in sorts]
        return tuple(sentence for sort in chosen for sentence in self.by_sort.get(sort, ()))


@dataclass(frozen=True)
class Word:
    """An emotion word with what is planted for it."""

    name: str
    cluster: str
    pleasure: float
    arousal: float
    dominance: float
    own: Sentences

    @cached_property
    def regions(self) -> dict[str, float]:
        """The regions of pleasure and arousal whose shared sentences it uses, with their chances."""
        return {
            f"pleasure {pleasure}, arousal {arousal}": one * other
            for pleasure, one in _levels(self.pleasure).items()
            for arousal, other in _levels(self.arousal).items()
        }


@cache
def words() -> dict[str, Word]:
    """All 171 words by name, in the order of the lexicon."""
    own = {name: sentences for name, sentences in _banks().items() if name in lexicon.names()}
    planted = {row["word"]: row for row in csv.DictReader(_text("affect.csv").splitlines())}
    found = {}
    for emotion in lexicon.emotions():
        row = planted[emotion.name]
        pleasure, arousal, dominance = (float(row[axis]) for axis in ("pleasure", "arousal", "dominance"))
        found[emotion.name] = Word(emotion.name, emotion.cluster, pleasure, arousal, dominance, own[emotion.name])
    return found


@cache
def shared() -> dict[str, Sentences]:
    """Sentences shared by the words of a cluster or of a region of pleasure and arousal, by its name."""
    return {name: sentences for name, sentences in _banks().items() if name not in lexicon.names()}


@cache
def _banks() -> dict[str, Sentences]:
    found: dict[str, Sentences] = {}
    for file in sorted(files(__package__).joinpath("banks").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
            found |= {name: _sentences(table) for name, table in tables.items()}
    return found


def _sentences(table: Mapping[str, list[str]]) -> Sentences:
    held: dict[Bank, tuple[str, ...]] = {"a": tuple(table["held_a"]), "b": tuple(table["held_b"])}
    return Sentences({sort: tuple(lines) for sort, lines in table.items() if not sort.startswith("held_")}, held)


def _levels(value: float) -> dict[str, float]:
    near = {level: math.exp(-((value - middle) ** 2) / (2 * REACH**2)) for level, middle in LEVELS.items()}
    return {level: weight / sum(near.values()) for level, weight in near.items()}


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
