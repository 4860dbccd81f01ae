"""Tokens as they can be shown: control characters made visible, and gaps where a tokenizer leaves no spaces."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

LINE_END = "\u21b5"
_DANGEROUS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of characters that move a cursor, turn the direction of text, or show nothing."""
_JOINER = "\u200d"


def shown(token: str) -> str:
    """A token with its line ends marked and kept, and every other character that has no picture given one.

    >>> shown("a\\n"), shown("\\x1b[2J")
    ('a\u21b5\\n', '\u241b[2J')
    """
    return "".join(_picture(letter) for letter in token)


def _picture(letter: str) -> str:
    if letter == "\n":
        return f"{LINE_END}\n"
    if letter == _JOINER or unicodedata.category(letter) not in _DANGEROUS:
        return letter
    return chr(0x2400 + ord(letter)) if ord(letter) < 32 else "\ufffd"


def inline(token: str) -> str:
    """A token for a table or a label: on one line, in quotes."""
    return f"\u201c{shown(token).replace(chr(10), '')}\u201d"


def spaced(tokens: Sequence[str]) -> list[str]:
    """The tokens as a text to look at. Where no token brings a space along, each but the last gets one behind it."""
    pieces = [shown(token) for token in tokens]
    if any(character.isspace() for token in tokens for character in token):
        return pieces
    return [f"{piece} " for piece in pieces[:-1]] + pieces[-1:]
