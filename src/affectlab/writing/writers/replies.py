"""What a server of the OpenAI protocol says: an answer, a complaint, the names of its models.

Nothing here is trusted. A reply that is not what the protocol promises raises `MayPass`, because the next one may be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from affectlab.models.chat import CLOSED_THOUGHT, OPEN_THOUGHT
from affectlab.writing.writers.base import Answer

_THOUGHT = re.compile(rf"{OPEN_THOUGHT}.*?({CLOSED_THOUGHT}|\Z)", re.DOTALL)
_SHOWN = 300
"""Letters of a complaint; some servers send a whole page."""


class Reply(NamedTuple):
    """What came back over the wire, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class MayPass(Exception):
    """A fault that may be gone when asked again: why, what would help if it stays, and how long the server wants to
    be left alone."""

    def __init__(self, why: str, *, fix: str = "", after: float = 0.0) -> None:
        self.why, self.fix, self.after = why, fix, after
        super().__init__(why)


def answer_in(content: bytes) -> Answer:
    """The first choice of a chat completion."""
    said = parsed(content)
    choices = said.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise MayPass(f"no choice in it{_quoted(words_in(content)) if said else ', and it is no JSON object'}")
    reason = choice.get("finish_reason")
    if reason in ("error", "abort"):
        raise MayPass("the server broke off while it wrote")
    text, refusal = without_thought(_text(message.get("content"))), _text(message.get("refusal")).strip()
    if refusal or reason == "content_filter":
        return Answer(text or refusal, "refused")
    return Answer(text, "length" if reason in ("length", "max_tokens", "model_length") else "stop")


def without_thought(text: str) -> str:
    """What was written, without what the model thought before. Some templates open the thought in the prompt."""
    return _THOUGHT.sub("", text).rpartition(CLOSED_THOUGHT)[2].strip()


def _text(content: Any) -> str:
    """A content is a text, a list of parts, or nothing."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
        content = "".join(_text(part.get("text")) for part in parts)
    # JSON may hold halves of surrogate pairs, which no file takes.
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(content, str) else ""


def parsed(content: bytes) -> dict[str, Any]:
    """The JSON object in it, or an empty one."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def words_in(content: bytes) -> str:
    """What a server says of what went wrong, on one line."""
    said = parsed(content)
    error = said.get("error", said)
    if isinstance(error, dict):
        error = next((error[name] for name in ("message", "detail", "error") if error.get(name)), "")
    words = str(error) if said else content[:_SHOWN].decode("utf-8", "replace")
    return " ".join(words.split())[:_SHOWN]


def code_in(content: bytes) -> str:
    """The name that the protocol gives the fault, where the server says it."""
    said = parsed(content)
    error = said.get("error", said)
    return str(error.get("code") or error.get("type") or "") if isinstance(error, dict) else ""


def models_in(content: bytes) -> list[str]:
    """The names in a list of models."""
    listed = parsed(content).get("data")
    entries = [entry.get("id") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [name for name in entries if isinstance(name, str)]


def _quoted(words: str) -> str:
    return f": {words}" if words else ""
