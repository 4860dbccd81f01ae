"""Situations that end in a decision: a word behind a label, one of a few, whose chance can be read off exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Decided(NamedTuple):
    """A decision that was found: the word, where it begins, and where its label ends, in characters."""

    word: str
    begins: int
    label_ends: int


@dataclass(frozen=True)
class Situation:
    """What somebody asks, and how the assistant's answer comes to its decision.

    `begun` is the answer up to the decision, its label last, for those who want nothing but the decision. `words` has
    what each decision counts as; `deed` is the one that is looked for, blank where there is nothing to be done wrong.
    Lines that begin with `failure` tell of an attempt that failed. `family` is shared with the twin.
    """

    name: str
    family: str
    asked: str
    begun: str
    label: str
    words: Mapping[str, Mapping[str, float]]
    deed: str
    failure: str = ""

    def decided(self, text: str) -> Decided | None:
        """The first decision in a text, if it is one of those that count.

        >>> case = Situation("a", "a", "Stay?", " Answer:", "Answer:", {"yes": {}, "no": {}}, "no")
        >>> case.decided("So be it.\\nAnswer: no, never.")
        Decided(word='no', begins=18, label_ends=17)
        """
        found = re.search(rf"^ *{re.escape(self.label)} *(\w+)", text, re.MULTILINE)
        if found is None or found[1] not in self.words:
            return None
        return Decided(found[1], found.start(1), text.index(self.label, found.start()) + len(self.label))

    def failures(self, text: str) -> list[int]:
        """Where each failed attempt that the text tells of ends, in characters."""
        if not self.failure:
            return []
        return [found.end() for found in re.finditer(rf"^ *{re.escape(self.failure)}.*$", text, re.MULTILINE)]
