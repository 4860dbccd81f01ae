"""Places in errors of the library, in the words of a command line: what `max_tokens` is there, is --max-tokens here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from affectlab.errors import AffectlabError, SteeringError

OPTIONS = {
    "layers": "--layers",
    "max_tokens": "--max-tokens",
    "seed": "--seed",
    "temperature": "--temperature",
    "top_p": "--top-p",
    "token selector 'turn'": "--tokens turn",
    "token selector 'from N'": "--tokens",
}

TEXTS = {"read": "TEXT", "steer": "PROMPT"}
"""Commands that run one text, and what they call it: what a model says of row 0 is said of that text."""


@contextmanager
def places(names: Mapping[str, str]) -> Iterator[None]:
    """Within, an error at one of these places stands at the place that it has here."""
    try:
        yield
    except AffectlabError as error:
        if error.where in names:
            error.move(names[error.where])
        raise


@contextmanager
def places_of(command: str, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Within, places are as the user of this command gave them."""
    try:
        with places(OPTIONS):
            yield
    except AffectlabError as error:
        if command in TEXTS and error.where in ("row 0", "row 1"):
            text = "--chat" if arguments.get("chat") and command == "read" else TEXTS[command]
            error.move("--tokens" if isinstance(error, SteeringError) else text)
        raise
