"""One conversation from a file: a JSON list of messages, or an object that has one under `messages`.

A message is a role and a content, and nothing else: what a chat template would not write must not be dropped in
silence. What stands beside `messages` in an object is not read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from affectlab.errors import InputError

Visible = Annotated[str, StringConstraints(pattern=r"\S")]
SHAPE = '[{"role": "user", "content": "..."}, ...]'


class Message(BaseModel):
    """Who speaks, and what is said."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    role: Visible
    content: Visible


_MESSAGES = TypeAdapter(Annotated[list[Message], Field(min_length=1)])


def read_conversation(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    """The messages in a file."""
    where = os.fspath(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError("no such file", where=where, fix="check the path") from error
    except IsADirectoryError as error:
        raise InputError("cannot read a conversation", where=where, expected="a file", found="a folder") from error
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at place {error.start + 1}"
        raise InputError("not UTF-8 text", where=where, expected=SHAPE, found=found) from error
    except (OSError, ValueError) as error:
        found = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError("cannot read this file", where=where, found=found) from error
    return parse_conversation(text, where)


def parse_conversation(text: str, where: str) -> list[dict[str, str]]:
    """The messages in a JSON text.

    >>> parse_conversation('{"messages": [{"role": "user", "content": "Hello."}]}', "chat.json")
    [{'role': 'user', 'content': 'Hello.'}]
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "not JSON", where=where, expected=SHAPE, found=str(error) if text.strip() else "nothing"
        ) from None
    if isinstance(given, dict):
        if "messages" not in given:
            found = f"an object with {', '.join(map(repr, list(given)[:5])) or 'nothing in it'}"
            raise InputError("no messages", where=where, expected=SHAPE, found=found)
        given = given["messages"]
    try:
        return [message.model_dump() for message in _MESSAGES.validate_python(given)]
    except ValidationError as error:
        raise _explained(error.errors(include_url=False)[0], where) from None


def _explained(detail: Any, where: str) -> InputError:
    place = detail["loc"]
    here = f"{where}, message {place[0]}" if place else where
    name = str(place[-1]) if len(place) > 1 else ""
    match detail["type"]:
        case "missing":
            return InputError(f"missing field {name!r}", where=here, expected=SHAPE)
        case "extra_forbidden":
            fix = "take it away: nothing would be made of it"
            return InputError(f"unknown field {name!r}", where=here, expected="role and content", fix=fix)
        case "string_pattern_mismatch":
            return InputError(f"blank {name}", where=here, expected=f"a {name}", found=repr(detail["input"]))
        case "too_short":
            return InputError("the conversation is empty", where=here, expected=SHAPE, found="[]")
    what = f"the {name} is no text" if name else "not a message" if place else "not a list of messages"
    return InputError(what, where=here, expected=SHAPE, found=repr(detail["input"])[:60])
