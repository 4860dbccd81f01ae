"""Conversations in which the assistant may call tools, in the form that many open models are trained on:

    <tool_call>
    {"name": "look_up", "arguments": {"word": "harbour"}}
    </tool_call>

1. A chat template that takes tools and writes calls in this form is used as it is. That is tried out, not guessed.
2. For every other model a system text of our own describes the tools, the assistant's calls stand in its words, and
   results in the user's; the template sees a plain conversation.
3. Calls are found in what the model wrote. One that cannot be read becomes a fault that the model can be told of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

from affectlab.errors import InputError
from affectlab.models.base import Tokenizer
from affectlab.models.chat import ChatTokens, answered, encode_chat, encode_text

Tool: TypeAlias = Mapping[str, Any]
"""`{"name", "description", "parameters"}`, the last a JSON schema."""
Message: TypeAlias = Mapping[str, Any]
"""`{"role", "content"}`, where an assistant's may have `tool_calls`, a list of `{"name", "arguments"}`, and the result
of a call has the role `tool`."""

OPEN_CALL, CLOSE_CALL = "<tool_call>", "</tool_call>"
_CALL = re.compile(rf"{OPEN_CALL}\s*(.*?)\s*(?:{CLOSE_CALL}|\Z)", re.DOTALL)

TOOLS_TEXT = """\
There are tools you can use. Each line describes one, in JSON:
{tools}

To use a tool, write its name and what you pass to it in exactly this form, then stop:
{call}
What it returns is shown to you between <tool_response> and </tool_response>."""


class Call(NamedTuple):
    """A call the model wrote; with a `fault` if it cannot be read."""

    name: str
    arguments: dict[str, Any]
    fault: str = ""


@runtime_checkable
class ToolTokenizer(Protocol):
    """A tokenizer whose template can be given tools."""

    @property
    def template(self) -> str | None: ...
    def render_tools(self, messages: Sequence[Message], tools: Sequence[Tool], *, generation: bool) -> str: ...


def uses_tools(messages: Sequence[Message]) -> bool:
    """Whether a tool has been called in this conversation."""
    return any(message["role"] == "tool" or message.get("tool_calls") for message in messages)


def encode_tools(
    tokenizer: Tokenizer, messages: Sequence[Message], tools: Sequence[Tool], *, prefill: str = ""
) -> ChatTokens:
    """Tokens of a conversation with tools, opened for the assistant's answer.

    Where the template writes the tools, there are two turns: all until the assistant's last words, and what follows.
    """
    if not (isinstance(tokenizer, ToolTokenizer) and knows_tools(tokenizer)):
        return encode_chat(tokenizer, spelt_out(messages, tools), prefill=prefill)
    told, described = [_told(message) for message in messages], [_described(tool) for tool in tools]
    text, whole = (tokenizer.render_tools(told, described, generation=generation) for generation in (False, True))
    spoken = max((place for place, message in enumerate(messages, 1) if message["role"] == "assistant"), default=0)
    head = tokenizer.render_tools(told[:spoken], described, generation=False) if spoken else ""
    end = len(head) if text.startswith(head) else 0
    turns, roles = (((0, end), (end, len(text))), ("assistant", "user")) if end else (((0, len(text)),), ("user",))
    return encode_text(tokenizer, answered(text, whole, turns, prefill=prefill), roles)


@lru_cache(maxsize=16)
def knows_tools(tokenizer: Tokenizer) -> bool:
    """Whether the template takes tools, and a call that it writes is read back from its tokens."""
    if not isinstance(tokenizer, ToolTokenizer) or tokenizer.template is None:
        return False
    tool = {"name": "look_up", "description": "Says what a word means.", "parameters": {"type": "object"}}
    call = Call("look_up", {"word": "harbour"})
    tool_calls = [{"name": call.name, "arguments": call.arguments}]
    asked: list[Message] = [{"role": "user", "content": "What is a harbour?"}]
    called = [*asked, {"role": "assistant", "content": "", "tool_calls": tool_calls}]
    answered_ = [*called, {"role": "tool", "name": "look_up", "content": "a place for boats"}]
    try:
        plain, offered, back, seen = (
            tokenizer.render_tools([_told(message) for message in messages], tools, generation=False)
            for messages, tools in ((asked, []), (asked, [_described(tool)]), (called, []), (answered_, []))
        )
    except InputError:
        return False
    found = parse_calls(tokenizer.decode(tokenizer.encode(back)))[1]
    return offered != plain and found == [call] and "a place for boats" in seen


def _told(message: Message) -> dict[str, Any]:
    """A message as templates want it."""
    calls = [{"type": "function", "function": dict(call)} for call in message.get("tool_calls") or ()]
    return {**message, "tool_calls": calls} if calls else {**message}


def _described(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": dict(tool)}


def spelt_out(messages: Sequence[Message], tools: Sequence[Tool]) -> list[dict[str, str]]:
    """The same conversation in plain messages: tools, calls and results in words."""
    plain: list[dict[str, str]] = []
    for message in messages:
        role, content = message["role"], message["content"]
        if role == "tool":
            role, content = "user", f"<tool_response>\n{content}\n</tool_response>"
        for call in message.get("tool_calls") or ():
            content = f"{content}\n{written(call)}".strip()
        if plain and plain[-1]["role"] == role:
            content = f"{plain.pop()['content']}\n\n{content}"
        plain.append({"role": role, "content": content})
    if tools:
        example = written({"name": "NAME", "arguments": {"ARGUMENT": "VALUE"}})
        text = TOOLS_TEXT.format(tools="\n".join(map(_json, tools)), call=example)
        if plain and plain[0]["role"] == "system":
            text = f"{plain.pop(0)['content']}\n\n{text}"
        plain.insert(0, {"role": "system", "content": text})
    return plain


def written(call: Mapping[str, Any]) -> str:
    """A call as a model would write it."""
    return f"{OPEN_CALL}\n{_json(call)}\n{CLOSE_CALL}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def parse_calls(text: str) -> tuple[str, list[Call]]:
    """The words of a reply without its calls, and the calls. A call that cannot be read stays in the words as well.

    >>> parse_calls('Let me see. <tool_call>{"name": "look_up", "arguments": {"word": "quay"}}</tool_call>')
    ('Let me see.', [Call(name='look_up', arguments={'word': 'quay'}, fault='')])
    """
    calls = [_parsed(found[1]) for found in _CALL.finditer(text)]
    left = iter(calls)
    return _CALL.sub(lambda found: found[0] if next(left).fault else "", text).strip(), calls


def _parsed(text: str) -> Call:
    try:
        found = json.loads(text)
    except ValueError as error:
        return Call("", {}, f"this call is not JSON ({error}): {text}")
    name = found.get("name") if isinstance(found, dict) else None
    if not isinstance(name, str) or not name:
        return Call("", {}, f'this call has no "name": {text}')
    arguments = found.get("arguments", found.get("parameters", {}))
    if not isinstance(arguments, dict):
        return Call(name, {}, f'"arguments" must be a JSON object: {text}')
    return Call(name, arguments)
