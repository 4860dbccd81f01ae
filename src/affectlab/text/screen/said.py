"""What a row says, as plain words, and which emotions it must not name."""

from __future__ import annotations

import re
import unicodedata
from typing import TypeAlias

from affectlab.text.rows import PlainRow

Fault: TypeAlias = tuple[str, str]
"""Why a text may not be used: the reason, and what was found."""

_LABELS = ("emotion", "person_emotion", "ai_emotion", "real", "displayed")
_SIGNS = str.maketrans(dict.fromkeys("‘’‛ʼ′`", "'") | dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‐‑‒–—―−", "-"))
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def said(row: PlainRow) -> list[str]:
    """The text of a row, or what is said in its turns: a system prompt and a scenario are said by nobody."""
    if "turns" in row:
        return [turn["content"] for turn in row["turns"] if turn["role"] != "system"]
    return [row.get("text", "")]


def labels(row: PlainRow) -> list[str]:
    """Every emotion that a row is labelled with, each once: of a story, of both speakers, real and displayed."""
    found = [row[name] for name in _LABELS if name in row]
    found += [turn["emotion"] for turn in row.get("turns", ()) if "emotion" in turn]
    return list(dict.fromkeys(found))


def plain(text: str) -> str:
    """A text with straight quotes, plain hyphens, composed letters and no invisible characters.

    >>> plain("She\u2019s worn\u2011out, not ca\u00adlm.")
    "She's worn-out, not calm."
    """
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text.translate(_SIGNS))
    return "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")


def words(text: str) -> list[str]:
    """The words of a plain text in small letters.

    >>> words("'Don't,' she _said_.")
    ["don't", 'she', 'said']
    """
    return _WORD.findall(text.lower())


def any_of(listed: tuple[str, ...] | list[str]) -> re.Pattern[str]:
    """Any of these in a text of small letters, as whole words; a space or a hyphen between their parts is the same."""
    if not listed:
        return re.compile(r"(?!)")
    parts = sorted({r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", word.lower()))) for word in listed}, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])")
