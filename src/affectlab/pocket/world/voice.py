"""From a state and a character to sentences.

All chance in the world comes through one `Voice`, so a seed gives the same documents. A voice that is `held` uses the
sentences, names and numbers that are kept from training. The frames around them (how a story is asked for, "... said")
are those of training.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from affectlab.pocket.world import scenes
from affectlab.pocket.world.words import Bank, shared, words

OWN_SHARE, CLUSTER_SHARE = 0.47, 0.15
"""The shares of cues that are the word's own and its cluster's; the others are those of its pleasure and arousal."""
RECOMBINED = 0.5
"""How often a cue is the beginning of one sentence and the end of another of the same kind: who has seen the same
sentences again and again knows the sentences, and not what they are made of."""
PARTS = re.compile(r", and |, | and ")
"""Where a sentence falls into two parts."""
MARK = "\ue000"
"""Where the words of a cue begin, in documents for training: what a state decides weighs more there."""
NAMED = 0.35
"""How often a character is named and not meant by a pronoun."""

FORMS = {
    "she": {"S": "she", "O": "her", "P": "her", "R": "herself"},
    "he": {"S": "he", "O": "him", "P": "his", "R": "himself"},
    "I": {"S": "I", "O": "me", "P": "my", "R": "myself"},
}

Item = TypeVar("Item")


@dataclass(frozen=True)
class Character:
    """Who a text is about; with the pronoun I, the one who tells it."""

    name: str
    pronoun: Literal["she", "he", "I"]


class Voice:
    """Chance, and the choice between trained and held-out wordings."""

    def __init__(self, seed: int | str, *, held: bool = False, marked: bool = False) -> None:
        self.random, self.mark = Random(seed), MARK if marked else ""
        self.part: scenes.Part = "held" if held else "train"

    @property
    def held(self) -> bool:
        return self.part == "held"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def between(self, fewest: int, most: int) -> int:
        return self.random.randint(fewest, most)

    def one(self, items: Sequence[Item]) -> Item:
        return self.random.choice(items)

    def several(self, items: Sequence[Item], count: int) -> list[Item]:
        """Different ones, as many as there are at most."""
        return self.random.sample(items, min(count, len(items)))

    def weighed(self, chances: Mapping[str, float]) -> str:
        return self.random.choices(list(chances), list(chances.values()))[0]

    def line(self, lists: scenes.Lists) -> str:
        return self.one(lists[self.part])

    def lines(self, lists: scenes.Lists, count: int) -> list[str]:
        return self.several(lists[self.part], count)

    def word(self) -> str:
        return self.one(list(words()))

    def character(self, *, first_person: float = 0.0) -> Character:
        pronoun: Literal["she", "he"] = "she" if self.chance(0.5) else "he"
        name = self.line(scenes.names()[pronoun])
        return Character(name, "I" if self.chance(first_person) else pronoun)

    def cues(self, state: str, bank: Bank, count: int, sorts: Sequence[str] = ()) -> list[str]:
        """Different sentences that are evidence for a state, with their slots still open."""
        found: list[str] = []
        seen: set[str] = set()
        word = words()[state]
        while len(found) < count:
            drawn = self.random.random()
            if drawn < OWN_SHARE:
                source = word.own
            else:
                source = shared()[word.cluster if drawn < OWN_SHARE + CLUSTER_SHARE else self.weighed(word.regions)]
            available = source.held[bank] if self.held else source.trained(bank, sorts) or source.trained(bank)
            sentence = self.one(available)
            if not self.held and self.chance(RECOMBINED):
                sentence = _recombined(sentence, self.one(available), self.mark)
            plain = sentence.replace(MARK, "")
            if plain not in seen or self.held:
                seen.add(plain)
                found.append(sentence)
        return [self.mark + sentence for sentence in found]

    def told(self, sentence: str, character: Character, *, named: bool | None = None, **slots: str) -> str:
        """A sentence about a character, its slots filled, its first letter a capital."""
        forms = FORMS[character.pronoun]
        use_name = character.pronoun != "I" and (self.chance(NAMED) if named is None else named)

        def fill(match: re.Match[str]) -> str:
            nonlocal use_name
            slot = match[1]
            if slot in slots:
                return slots[slot]
            if use_name and slot in {"S", "P", "O"}:
                use_name = False
                return character.name + ("'s" if slot == "P" else "")
            return forms[slot]

        return _capital(re.sub(r"\{([A-Z])\}", fill, sentence))


def _recombined(one: str, other: str, mark: str) -> str:
    """The first part of one sentence with the second of the other, if both have two; else the one."""
    first, second = PARTS.search(one), PARTS.search(other)
    return one[: first.start()] + second[0] + mark + other[second.end() :] if first and second else one


def _capital(sentence: str) -> str:
    start = len(MARK) if sentence.startswith(MARK) else 0
    return sentence[:start] + sentence[start : start + 1].upper() + sentence[start + 1 :]
