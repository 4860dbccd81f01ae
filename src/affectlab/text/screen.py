"""Which stories may be used: a story must let its emotion be felt without naming it, be long enough, and be no copy.

Every rejected row is kept with its reason, so that nothing disappears unseen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from affectlab import lexicon
from affectlab.core import Ints
from affectlab.text.corpus import Corpus

SHORTEST = 60
"""Words. A story needs more than the 50 tokens that are never averaged over."""


class Rejection(NamedTuple):
    """Why a row may not be used: one of `reasons`, and what was found."""

    row: int
    reason: str
    found: str


REASONS = ("names the emotion", "uses a synonym", "too short", "a copy")


@dataclass(frozen=True)
class Screening:
    """The rows of a corpus that may be used, by number, and the others with their reasons."""

    accepted: Ints
    rejected: tuple[Rejection, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows were rejected for each reason."""
        found = Counter(rejection.reason for rejection in self.rejected)
        return {reason: found[reason] for reason in REASONS}


def screen(corpus: Corpus, *, shortest: int = SHORTEST) -> Screening:
    """Screen the stories of a corpus; rows of other kinds are accepted as they are."""
    rejected: list[Rejection] = []
    seen: set[str] = set()
    for row in np.flatnonzero(corpus.kinds == "stories").tolist():
        text = corpus.text(row)
        told = " ".join(re.findall(r"\w+", text.lower()))
        fault = leak(text, corpus.emotions[corpus.labels[row]]) or _too_short(told, shortest)
        if fault is None and told in seen:
            fault = ("a copy", "an earlier story")
        seen.add(told)
        if fault:
            rejected.append(Rejection(row, *fault))
    accepted = np.setdiff1d(np.arange(len(corpus)), [rejection.row for rejection in rejected])
    return Screening(accepted, tuple(rejected))


def leak(text: str, emotion: str) -> tuple[str, str] | None:
    """The reason and the words by which a text gives its emotion away, None if it does not.

    >>> leak("She was at ease at last.", "at ease")
    ('names the emotion', 'at ease')
    >>> leak("The kettle sang.", "calm")
    """
    for reason, pattern in zip(REASONS, _patterns(emotion), strict=False):
        found = pattern.search(text)
        if found:
            return reason, found[0]
    return None


def _too_short(told: str, shortest: int) -> tuple[str, str] | None:
    words = told.count(" ") + 1
    return ("too short", f"{words} words") if words < shortest else None


@cache
def _patterns(emotion: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    listed = lexicon.forms().get(emotion)
    forms, synonyms = (listed.forms, listed.synonyms) if listed else ((emotion,), ())
    return _any_of((emotion, *forms)), _any_of(synonyms)


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these as whole words, whatever their case and whether a space or a hyphen stands between their parts."""
    if not words:
        return re.compile(r"(?!)")
    parts = sorted(
        (re.sub(r"[\s-]+", r"[\\s-]+", re.escape(word).replace("\\ ", " ").replace("\\-", "-")) for word in words),
        key=len,
    )
    return re.compile(rf"\b(?:{'|'.join(reversed(parts))})\b", re.IGNORECASE)
