"""Tools are told to a model in its template's way where that is the usual form, else in words; calls are read back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affectlab.models.chat import encode_chat
from affectlab.models.fake import FakeTokenizer
from affectlab.models.hf.tokenizer import HFTokenizer
from affectlab.models.tools import Call, Message, encode_tools, knows_tools, parse_calls, spelt_out, uses_tools, written
from affectlab.testing.tiny import tiny_tokenizer
from tests.models.templates import ALWAYS_THINKING, CHATML, GEMMA

TOOL = {
    "name": "weigh",
    "description": "Says what a thing weighs.",
    "parameters": {"type": "object", "properties": {"thing": {"type": "string"}}, "required": ["thing"]},
}
CALL = {"name": "weigh", "arguments": {"thing": "a pear"}}
ASKED: list[Message] = [{"role": "user", "content": "How heavy is a pear?"}]
CALLED: list[Message] = [*ASKED, {"role": "assistant", "content": "I will see.", "tool_calls": [CALL]}]
ANSWERED: list[Message] = [*CALLED, {"role": "tool", "name": "weigh", "content": "180 g"}]

NATIVE = (
    "{% if tools %}<|im_start|>system\nTools:{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}<|im_end|>\n"
    "{% endif %}{% for m in messages %}<|im_start|>{{ 'user' if m.role == 'tool' else m.role }}\n"
    "{% if m.role == 'tool' %}<tool_response>\n{{ m.content }}\n</tool_response>{% else %}{{ m.content }}{% endif %}"
    "{% for call in m.tool_calls or [] %}\n<tool_call>\n"
    '{"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}'
    "\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Tools and calls in the usual form."""
OTHER_CALLS = NATIVE.replace("<tool_call>", "[TOOL_CALLS]").replace("</tool_call>", "")
"""Takes tools, but writes calls in a form of its own."""
NO_RESULTS = NATIVE.replace("{{ m.content }}\n</tool_response>", "...\n</tool_response>")


def tokenizer(template: str | None) -> HFTokenizer:
    made = tiny_tokenizer()
    made.chat_template = template
    return HFTokenizer(made)


def text_of(tokenizer: Any, messages: list[Message], **options: Any) -> str:
    return "".join(tokenizer.pieces(encode_tools(tokenizer, messages, [TOOL], **options).tokens))


def test_a_template_is_used_for_tools_if_its_calls_can_be_read_back() -> None:
    assert knows_tools(tokenizer(NATIVE))
    for template in (CHATML, GEMMA, OTHER_CALLS, NO_RESULTS, None):
        assert not knows_tools(tokenizer(template)), template
    assert not knows_tools(FakeTokenizer(512))


def test_calls_that_decoding_drops_are_not_taken_for_readable() -> None:
    made = tiny_tokenizer()
    made.chat_template = NATIVE
    made.add_special_tokens({"additional_special_tokens": ["<tool_call>", "</tool_call>"]})
    assert not knows_tools(HFTokenizer(made))


def test_a_template_with_tools_writes_the_whole_conversation() -> None:
    text = text_of(tokenizer(NATIVE), ANSWERED, prefill="It is")
    shown = json.loads(text.split("Tools:")[1].split("<|im_end|>")[0])
    assert shown == {"type": "function", "function": TOOL}
    assert parse_calls(text)[1] == [Call(**CALL)]  # type: ignore[arg-type]
    assert text.endswith("<tool_response>\n180 g\n</tool_response><|im_end|>\n<|im_start|>assistant\nIt is")


@pytest.mark.parametrize("template", [NATIVE, CHATML])
def test_it_is_known_where_the_last_reply_ends_and_the_next_begins(template: str) -> None:
    made = tokenizer(template)
    for messages, spoken in ((ASKED, False), (ANSWERED, True)):
        found = encode_tools(made, messages, [TOOL], prefill="It is")
        pieces = made.pieces(found.tokens)
        assert found.assistant is not None
        assert found.colon is not None
        assert "".join(pieces[found.assistant :]) == "<|im_start|>assistant\nIt is"
        assert "".join(pieces[found.assistant : found.colon + 1]) == "<|im_start|>assistant\n"
        before = "".join(pieces[place] for place, turn in enumerate(found.turn) if found.roles[turn] == "assistant")
        assert ("I will see." in before) is spoken
        assert "180 g" not in before
    assert encode_tools(tokenizer(ALWAYS_THINKING), ASKED, [TOOL]).colon is not None


def test_without_such_a_template_tools_calls_and_results_are_spelt_out() -> None:
    plain = spelt_out([{"role": "system", "content": "Be brief."}, *ANSWERED], [TOOL])
    assert [message["role"] for message in plain] == ["system", "user", "assistant", "user"]
    assert plain[0]["content"].startswith("Be brief.\n\nThere are tools")
    assert json.dumps(TOOL) in plain[0]["content"]
    assert parse_calls(plain[0]["content"])[1][0].name == "NAME", "the example is in the form that is read back"
    assert plain[2]["content"] == f"I will see.\n{written(CALL)}"
    assert plain[3]["content"] == "<tool_response>\n180 g\n</tool_response>"
    made = tokenizer(CHATML)
    assert encode_tools(made, ANSWERED, [TOOL]).tokens == encode_chat(made, spelt_out(ANSWERED, [TOOL])).tokens
    fake = FakeTokenizer(4096)
    assert "weigh" in fake.pieces(encode_tools(fake, ANSWERED, [TOOL]).tokens)


def test_turns_still_take_turns_when_results_stand_in_the_users_words() -> None:
    two = [*ANSWERED, {"role": "tool", "name": "weigh", "content": "190 g"}, {"role": "user", "content": "Well?"}]
    plain = spelt_out(two, [])
    assert [message["role"] for message in plain] == ["user", "assistant", "user"]
    assert [part in plain[2]["content"] for part in ("180 g", "190 g", "Well?")] == [True] * 3
    assert uses_tools(two)
    assert not uses_tools(ASKED)


@pytest.mark.parametrize(
    ("text", "words", "calls"),
    [
        ("Nothing to call.", "Nothing to call.", []),
        (f"So: {written(CALL)} done", "So:  done", [("weigh", {"thing": "a pear"})]),
        (written(CALL) + written({"name": "b", "arguments": {}}), "", [("weigh", {"thing": "a pear"}), ("b", {})]),
        ('<tool_call>{"name": "a", "parameters": {"n": 1}}', "", [("a", {"n": 1})]),
        ('<tool_call>{"name": "a"}</tool_call>', "", [("a", {})]),
        (written({"name": "a", "arguments": {"t": "<b>\n</b>"}}), "", [("a", {"t": "<b>\n</b>"})]),
    ],
)
def test_calls_are_found_in_what_is_written(text: str, words: str, calls: list[Any]) -> None:
    found_words, found = parse_calls(text)
    assert (found_words, [(call.name, call.arguments) for call in found]) == (words, calls)
    assert not any(call.fault for call in found)


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        ('{"name": "a", "arguments": {"n": 1}', "not JSON"),
        ('{"arguments": {}}', 'no "name"'),
        ('["a"]', 'no "name"'),
        ('{"name": 3}', 'no "name"'),
        ('{"name": "a", "arguments": "n"}', "must be a JSON object"),
        ('{"name": "a", "arguments": [1]}', "must be a JSON object"),
    ],
)
def test_a_call_that_cannot_be_read_says_why_and_stays_in_the_words(inside: str, fault: str) -> None:
    text = f"See: <tool_call>{inside}</tool_call>"
    words, [call] = parse_calls(text)
    assert words == text
    assert fault in call.fault
    assert inside in call.fault
