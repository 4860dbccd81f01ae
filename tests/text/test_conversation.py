"""A conversation is a list of messages with a role and a content; every other shape is refused with what it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from affectlab.errors import InputError
from affectlab.text.conversation import parse_conversation, read_conversation

HELLO = [{"role": "user", "content": "Hello."}]
BAD: dict[str, tuple[Any, str]] = {
    "nothing": ("", 'not JSON; expected [{"role": "user", "content": "..."}, ...]; found nothing'),
    "not JSON": ("{nope", "not JSON"),
    "too deep": ("[" * 100_000, "not JSON"),
    "a number": (3, "not a list of messages"),
    "null": ("null", "not a list of messages"),
    "no message": ([], "the conversation is empty"),
    "an empty object": ({}, "no messages"),
    "another object": ({"turns": HELLO}, "found an object with 'turns'"),
    "an object without a list": ({"messages": "Hello."}, "not a list of messages"),
    "a text as a message": (["Hello."], "chat.json, message 0: not a message"),
    "no role": ([{"content": "Hello."}], "message 0: missing field 'role'"),
    "no content": ([*HELLO, {"role": "assistant"}], "message 1: missing field 'content'"),
    "blank content": ([{"role": "user", "content": " \n"}], "message 0: blank content"),
    "null content": ([{"role": "user", "content": None}], "message 0: the content is no text"),
    "content in parts": ([{"role": "user", "content": [{"type": "text"}]}], "message 0: the content is no text"),
    "a number as a role": ([{"role": 3, "content": "Hello."}], "message 0: the role is no text"),
    "something beside": ([{"role": "user", "content": "Hello.", "name": "Ada"}], "message 0: unknown field 'name'"),
}


@pytest.mark.parametrize(("given", "said"), BAD.values(), ids=list(BAD))
def test_every_other_shape_is_refused(given: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_conversation(given if isinstance(given, str) else json.dumps(given), "chat.json")
    assert caught.value.line.startswith("chat.json")
    assert said in caught.value.line
    assert len(caught.value.line) < 300


def test_a_list_and_an_object_with_one_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    for given in (HELLO, {"messages": HELLO, "model": "x"}):
        path.write_text("\ufeff" + json.dumps(given), encoding="utf-8")
        assert read_conversation(path) == HELLO


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    for name, said in (("nowhere", "no such file"), (".", "found a folder"), ("binary", "byte 0xff at place 1")):
        with pytest.raises(InputError, match=said) as caught:
            read_conversation(tmp_path / name)
        assert caught.value.where == str(tmp_path / name)
