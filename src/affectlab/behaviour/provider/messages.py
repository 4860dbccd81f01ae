"""Inspect's messages, tools and settings in our terms, and our calls in Inspect's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool, ContentText, GenerateConfig
from inspect_ai.tool import ToolCall, ToolChoice, ToolFunction, ToolInfo

from affectlab.errors import InputError
from affectlab.models.tools import OPEN_CALL, Call, Message, Tool

NOTHING_SAID = "(no content)"
"""What an earlier reply without words is shown as; templates want words in every turn. Inspect's own text for it."""

HONOURED = "max_tokens temperature top_p seed stop_seqs num_choices logprobs parallel_tool_calls".split()
INSPECTS_OWN = (
    "max_retries timeout attempt_timeout stream_idle_timeout max_connections adaptive_connections system_message "
    "max_tool_output cache cache_prompt reasoning_history internal_tools fail_on_refusal batch"
).split()
"""Done by Inspect itself, or about how calls are sent: they change nothing in what this model says."""


def check_config(config: GenerateConfig) -> None:
    """Raise for a setting that would change what the model says and that we cannot follow."""
    for name in type(config).model_fields:
        value = getattr(config, name)
        if name in (*HONOURED, *INSPECTS_OWN) or not value or value == "none" or (name, value) == ("best_of", 1):
            continue
        raise InputError(
            "this setting cannot be followed here",
            where=f"GenerateConfig.{name}",
            expected=f"only {', '.join(HONOURED)}",
            found=str(value),
            fix=f"leave {name} away",
        )


def conversation(messages: Sequence[ChatMessage]) -> tuple[list[Message], str]:
    """The messages, and what the assistant has begun to say: the words of a last message that is its own."""
    told: list[Message] = [_told(message) for message in messages]
    if told and told[-1]["role"] == "assistant" and not told[-1].get("tool_calls"):
        return told[:-1], messages[-1].text
    return told, ""


def _told(message: ChatMessage) -> Message:
    found: dict[str, Any] = {"role": message.role, "content": _text(message)}
    if isinstance(message, ChatMessageTool):
        found["name"] = message.function or ""
        if message.error is not None:
            found["content"] = message.error.message
    if isinstance(message, ChatMessageAssistant):
        # A call that could not be read stands in the words.
        calls = [call for call in message.tool_calls or [] if call.parse_error is None]
        if calls:
            found["tool_calls"] = [{"name": call.function, "arguments": call.arguments} for call in calls]
        elif not found["content"].strip():
            found["content"] = NOTHING_SAID
    return found


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    for part in message.content:
        if not isinstance(part, ContentText):
            raise InputError(
                "this model reads text alone",
                where=f"a message of the {message.role}",
                expected="text",
                found=part.type,
                fix="leave this sample out, or use another model",
            )
    return message.text


def described(tools: Sequence[ToolInfo]) -> list[Tool]:
    """Tools as JSON schemas."""
    return [
        json.loads(tool.model_dump_json(include={"name", "description", "parameters"}, exclude_none=True))
        for tool in tools
    ]


def opening(choice: ToolChoice) -> str:
    """How a reply begins that must call a tool: any, or this one."""
    if choice == "any":
        return f"{OPEN_CALL}\n"
    if isinstance(choice, ToolFunction):
        return f'{OPEN_CALL}\n{{"name": {json.dumps(choice.name)}, "arguments": '
    return ""


def called(calls: Sequence[Call]) -> list[ToolCall]:
    """Calls as Inspect makes them; it tells the model of one that could not be read."""
    return [
        ToolCall(f"call-{uuid4().hex[:12]}", call.name or "unknown", call.arguments, call.fault or None)
        for call in calls
    ]
