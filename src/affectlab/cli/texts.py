"""Texts and conversations as a command line names them: as they stand, on standard input, or in a file."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

from affectlab.errors import InputError

if TYPE_CHECKING:
    from affectlab.models.verbs import Prompt

STANDARD_INPUT = "-"

BEGINNING = 16
"""Characters of a text that the run log keeps."""


def given_text(text: str, name: str) -> str:
    """A text as it was given; `-` stands for standard input, whose last line end is not part of it."""
    if text == STANDARD_INPUT:
        text = _from_standard_input()
    if not text.strip():
        raise InputError(f"the {name} is empty", where=name, expected="some text", found=repr(text))
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of an argument that were not UTF-8
        raise InputError(f"the {name} is not UTF-8", where=name, found=ascii(text)[:60]) from None
    return text


def abridged(text: str) -> str:
    """Of a text, as much as tells its owner which one it was: what was read or asked may be nobody else's business.

    >>> abridged("She waited for the train.")
    'She waited for t... (25 characters, sha256 3dfde494f6ea6647)'
    """
    beginning = text if len(text) <= BEGINNING else f"{text[:BEGINNING]}..."
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{beginning} ({len(text)} characters, sha256 {digest})"


def given_prompt(text: str | None, chat: str | None) -> Prompt:
    """The text, or the conversation in the file `chat`: one of them."""
    if (text is None) == (chat is None):
        found = "neither" if text is None else "both"
        raise InputError("what is to be read?", where="affectlab read", expected="TEXT or --chat FILE", found=found)
    if text is not None:
        return given_text(text, "text")
    from affectlab.text.conversation import parse_conversation, read_conversation

    if chat == STANDARD_INPUT:
        return parse_conversation(_from_standard_input(), "standard input")
    return read_conversation(str(chat))


def _from_standard_input() -> str:
    raw = sys.stdin.buffer.read()
    try:
        return raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        found = f"byte 0x{raw[error.start]:02x} at place {error.start + 1}"
        raise InputError("not UTF-8 text", where="standard input", found=found) from None
