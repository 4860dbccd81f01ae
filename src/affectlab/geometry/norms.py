"""What people said of the words: pleasure, arousal and dominance, ours or from a file of the user's."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from affectlab import lexicon
from affectlab.core import Doubles
from affectlab.errors import InputError

RATINGS = ("pleasure", "arousal", "dominance")
FEWEST = 10
"""A correlation over fewer rated words says nothing."""
WORD, VALENCE = ("word", "emotion", "name"), "valence"


@dataclass(frozen=True)
class Norms:
    """Ratings of words on [-1, 1]. A word may lack some; `dominance` may be empty."""

    pleasure: Mapping[str, float] = field(repr=False)
    arousal: Mapping[str, float] = field(repr=False)
    dominance: Mapping[str, float] = field(repr=False)
    source: str = ""

    def table(self, words: Sequence[str]) -> Doubles:
        """Ratings [3, words], nan where a word lacks one."""
        columns = (self.pleasure, self.arousal, self.dominance)
        return np.array(
            [[column.get(word, column.get(word.lower(), math.nan)) for word in words] for column in columns]
        )


def lexicon_norms() -> Norms:
    """The ratings of Russell and Mehrabian (1977) of those of our words that they rated."""
    rated = [emotion for emotion in lexicon.emotions() if emotion.pleasure is not None]
    pleasure, arousal, dominance = (
        {emotion.name: float(getattr(emotion, rating)) for emotion in rated} for rating in RATINGS
    )
    return Norms(pleasure, arousal, dominance, "Russell and Mehrabian 1977")


def read_norms(path: str | Path, *, scale: tuple[float, float] | None = None) -> Norms:
    """Ratings from a table with the columns word, pleasure (or valence), arousal and, if there is one, dominance.

    Commas, semicolons or tabs divide it; an empty cell is no rating. The ends of the `scale` become -1 and 1. Where it
    is not given, ratings that lie within [-1, 1] on both sides of 0 stay; others are stretched from the lowest to the
    highest of the whole table. Correlations do not depend on it.
    """
    rows = _rows(path)
    found: dict[str, dict[str, float]] = {rating: {} for rating in RATINGS}
    for number, row in rows:
        word = row["word"].strip().lower()
        if not word:
            raise _fault("a row without a word", path, f"row {number}")
        if any(word in column for column in found.values()):
            raise _fault("a word that is rated twice", path, f"{word!r} in row {number}", "keep one of its rows")
        for rating in RATINGS:
            if cell := (row.get(rating) or "").strip():
                found[rating][word] = _number(cell, rating, number, path)
    for rating in RATINGS[:2]:
        if len(set(found[rating].values())) < 2:
            raise _fault(f"the column {rating} does not vary", path, f"{len(found[rating])} ratings")
    low, high = _ends(found, scale, path)
    middle, reach = (high + low) / 2, (high - low) / 2
    pleasure, arousal, dominance = (
        {word: (value - middle) / reach for word, value in found[rating].items()} for rating in RATINGS
    )
    return Norms(pleasure, arousal, dominance, Path(path).name)


def _rows(path: str | Path) -> list[tuple[int, dict[str, str]]]:
    """The rows below the header with their numbers, columns by our names."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise _fault("no norms can be read here", path, error.strerror or "", "check the path") from error
    except UnicodeDecodeError as error:
        raise _fault("the norms are not text", path, "bytes that are not UTF-8", "save the table as UTF-8") from error
    if not lines:
        raise _fault("the table of norms is empty", path, "no line")
    divider = max(",;\t", key=lines[0].count)
    reader = csv.reader(lines, delimiter=divider)
    header = [_named(cell.strip().lower()) for cell in next(reader)]
    lacking = [name for name in ("word", *RATINGS[:2]) if name not in header]
    if lacking or len({name for name in header if name}) < len([name for name in header if name]):
        what = f"no column {' and '.join(lacking)}" if lacking else "a column that is there twice"
        raise _fault(what, path, f"columns {', '.join(header)}", "name the columns in the first line")
    rows = []
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise _fault("a row of another length", path, f"{len(cells)} cells in row {number}")
        rows.append((number, dict(zip(header, cells, strict=True))))
    return rows


def _named(column: str) -> str:
    return "word" if column in WORD else RATINGS[0] if column == VALENCE else column


def _number(cell: str, rating: str, number: int, path: str | Path) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _fault(f"a rating of {rating} that is no number", path, f"{cell!r} in row {number}", "leave it empty")
    return value


def _ends(
    found: Mapping[str, Mapping[str, float]], scale: tuple[float, float] | None, path: str | Path
) -> tuple[float, float]:
    every = [value for column in found.values() for value in column.values()]
    low, high = min(every), max(every)
    if scale is not None:
        if not scale[0] < scale[1] or low < scale[0] or high > scale[1]:
            what = "ratings outside the scale that was given"
            raise _fault(what, path, f"{low:g} to {high:g} where {scale[0]:g} to {scale[1]:g} was given")
        return scale
    return (-1.0, 1.0) if -1 <= low < 0 < high <= 1 else (low, high)


def _fault(what: str, path: str | Path, found: str, fix: str = "") -> InputError:
    expected = "a table with the columns word, pleasure (or valence), arousal, dominance"
    return InputError(what, where=str(path), expected=expected, found=found, fix=fix)
