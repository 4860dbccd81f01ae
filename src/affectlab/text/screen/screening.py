"""All reasons in order, row by row. The first that holds is given, and every rejected row is kept with it.

1. Nothing can be read in it, or its writer refused.
2. It repeats the request, or was cut off where the row's `meta` says so.
3. It is in another language.
4. A story, or a labelled dialogue, has markup or a list in it; a story is too short or too long.
5. A labelled text names one of its emotions, or uses a synonym; a neutral one names a feeling or is polite.
6. It is a copy of a text that was accepted before, whatever the kind and the emotion of either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from affectlab.core import Ints
from affectlab.text.corpus import Corpus
from affectlab.text.rows import PlainRow
from affectlab.text.screen import language, leaks, neutral, replies
from affectlab.text.screen.copies import Copies
from affectlab.text.screen.said import Fault, labels, plain, said, words

SHORTEST = 60
"""Words of a story. It needs more than the 50 tokens that are never averaged over."""

LONGEST = 600
"""Words of a story. One paragraph was asked for: what is several times as long runs on, or is several stories."""

INTRODUCED = ("stories", "hidden", "shown", "neutral-topic", "others")
"""Kinds whose texts need no introduction. In `story-writing` somebody may say that here is a story."""

BLANK = "blank"
FOREIGN = "wrong language"
TOO_SHORT, TOO_LONG = "too short", "too long"
COPY = "a copy"

REASONS = (
    leaks.NAMES,
    leaks.SYNONYM,
    neutral.NAMED,
    neutral.PLEASANTRY,
    TOO_SHORT,
    TOO_LONG,
    replies.CUT_OFF,
    COPY,
    FOREIGN,
    replies.REFUSAL,
    replies.ECHO,
    replies.NOT_PROSE,
    BLANK,
)


class Rejection(NamedTuple):
    """Why a row may not be used: one of `REASONS`, and what was found."""

    row: int
    reason: str
    found: str


class Share(NamedTuple):
    """How many rows were rejected for a reason, and which share of all rows screened that is."""

    reason: str
    rows: int
    share: float


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

    def table(self) -> tuple[Share, ...]:
        """The reasons that occurred, the most frequent first."""
        rows = len(self.accepted) + len(self.rejected)
        found = sorted(self.counts.items(), key=lambda pair: -pair[1])
        return tuple(Share(reason, count, count / rows) for reason, count in found if count)


class Screen:
    """Screens rows one after the other. It remembers what it accepted, so shards in order give what all at once gives.

    `remembered` are rows that were accepted before, such as those of finished shards. With `english=False` a text may
    be in any language.
    """

    def __init__(
        self,
        *,
        shortest: int = SHORTEST,
        longest: int = LONGEST,
        english: bool = True,
        remembered: Iterable[PlainRow] = (),
    ) -> None:
        self.shortest, self.longest, self.english = shortest, longest, english
        self._copies = Copies()
        for row in remembered:
            self.remember(row)

    def check(self, row: PlainRow, request: str = "") -> Fault | None:
        """Why a row may not be used: one of `REASONS` and what was found. A row that may is remembered.

        `request` is what its writer was asked, for texts that repeat it.
        """
        told = [plain(text) for text in said(row)]
        heard = [word for text in told for word in words(text)]
        fault = self._whole(row, told, heard, request) or self._fit(row, told, heard)
        if fault is None:
            sketch = self._copies.sketch(heard)
            alike = self._copies.like(sketch)
            if alike is None:
                self._copies.add(row["id"], sketch)
                return None
            fault = (COPY, f"{alike.share:.0%} like {alike.id!r}")
        return fault

    def remember(self, row: PlainRow) -> None:
        """Take a row as accepted, so that later ones must not be copies of it."""
        self._copies.add(row["id"], self._copies.sketch([word for text in said(row) for word in words(plain(text))]))

    def _whole(self, row: PlainRow, told: list[str], heard: list[str], request: str) -> Fault | None:
        """Whether a text was written at all, and by itself."""
        if not heard:
            return BLANK, "no word"
        small = [text.lower() for text in told]
        fault = replies.refusal(small, row)
        if fault is None and "text" in row and row["kind"] in INTRODUCED:
            fault = replies.preamble(small[0])
        if fault is None and request:
            fault = replies.echo(heard, plain(request), plain(row["topic"]))
        fault = fault or replies.cut_off(row)
        if fault is None and self.english:
            other = language.foreign(heard)
            fault = (FOREIGN, other) if other else None
        return fault

    def _fit(self, row: PlainRow, told: list[str], heard: list[str]) -> Fault | None:
        """Whether a text is what its kind asks for."""
        if row["kind"] == "neutral":
            found = (neutral.feeling(text) or neutral.pleasantry(text) for text in told)
            return next(filter(None, found), None)
        fault = next(filter(None, map(replies.not_prose, said(row))), None)
        if fault is None and row["kind"] == "stories":
            fault = self._length(len(heard))
        everything = "\n".join(told).lower()
        return fault or next(filter(None, (leaks.leak_in(everything, label) for label in labels(row))), None)

    def _length(self, count: int) -> Fault | None:
        if count < self.shortest:
            return TOO_SHORT, f"{count} words"
        return (TOO_LONG, f"{count} words") if count > self.longest else None


def screen(corpus: Corpus, *, shortest: int = SHORTEST, longest: int = LONGEST, english: bool = True) -> Screening:
    """Screen all rows of a corpus, in their order."""
    asked = Screen(shortest=shortest, longest=longest, english=english)
    faults = ((row, asked.check(corpus.row(row))) for row in range(len(corpus)))
    rejected = tuple(Rejection(row, *fault) for row, fault in faults if fault)
    accepted = np.setdiff1d(np.arange(len(corpus)), [rejection.row for rejection in rejected])
    return Screening(accepted, rejected)
