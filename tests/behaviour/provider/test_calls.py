"""A model calls Inspect's tools, whether its template knows them or we tell it of them. Its words are scripted here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSample
from inspect_ai.model import ChatMessageAssistant, ChatMessageTool
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, use_tools
from inspect_ai.tool import Tool, ToolDef, ToolFunction, ToolInfo, tool

from affectlab.behaviour.provider.messages import described
from affectlab.behaviour.provider.shared import close_queue, open_queue
from affectlab.models.base import Row
from affectlab.models.queue import Queue
from affectlab.models.tools import written
from affectlab.models.verbs import Reply
from affectlab.testing.tiny import save_tiny, tiny_tokenizer
from tests.behaviour.evaluating import evaluate
from tests.behaviour.provider.conftest import ask
from tests.models.test_tools import NATIVE

Script = Callable[..., list[str]]


@tool
def weigh() -> Tool:
    async def weigh(thing: str, grams: int = 1) -> str:
        """Says what a thing weighs.

        Args:
            thing: What is put on the scales.
            grams: How exactly.
        """
        return f"{thing} weighs {180 // grams * grams} g"

    return weigh


CALL = written({"name": "weigh", "arguments": {"thing": "a pear", "grams": 100}})


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Lets every model say these replies, one after another; gives the prompts that it was shown."""

    def scripted(*replies: str) -> list[str]:
        shown: list[str] = []
        left = iter(replies)

        async def reply(self: Queue, row: Row) -> Reply:
            shown.append("".join(self.model.tokenizer.pieces(row.tokens)))
            text = next(left)
            tokens = self.model.tokenizer.encode(text)
            return Reply(text, tokens, (0.0,) * len(tokens), "stop", row.tokens)

        monkeypatch.setattr(Queue, "reply", reply)
        return shown

    return scripted


def held(folder: Path) -> Iterator[str]:
    """The model in this folder, loaded once for all tests."""
    key, _ = open_queue(str(folder), {"dtype": "float32"})
    yield f"affectlab/{folder}"
    close_queue(key)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tiny model that sees far, since its tokens are bytes, and whose template knows no tools."""
    yield from held(save_tiny(tmp_path_factory.mktemp("plain"), max_position_embeddings=8192))


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same with a template that knows tools."""
    folder = save_tiny(tmp_path_factory.mktemp("native"), max_position_embeddings=8192)
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = NATIVE
    tokenizer.save_pretrained(folder)
    yield from held(folder)


@pytest.fixture(params=["plain", "native"])
def named(request: pytest.FixtureRequest) -> str:
    name: str = request.getfixturevalue(request.param)
    return name


def run(name: str, folder: Path) -> EvalSample:
    task = Task(
        dataset=[Sample(input="How heavy is a pear?", target="100 g")],
        solver=[use_tools(weigh()), generate()],
        scorer=includes(),
    )
    log = evaluate(task, folder, model=name)
    assert log.status == "success", log.error and log.error.message
    assert log.samples is not None
    return log.samples[0]


def test_a_tool_is_called_and_its_result_is_shown(named: str, tmp_path: Path, scripted: Script) -> None:
    shown = scripted(f"I will see.\n{CALL}", "It weighs 100 g.")
    sample = run(named, tmp_path)
    assert [message.role for message in sample.messages] == ["user", "assistant", "tool", "assistant"]
    _, calling, result, last = sample.messages
    assert isinstance(calling, ChatMessageAssistant)
    assert isinstance(result, ChatMessageTool)
    assert (calling.text, last.text) == ("I will see.", "It weighs 100 g.")
    [call] = calling.tool_calls or []
    assert (call.function, call.arguments) == ("weigh", {"thing": "a pear", "grams": 100})
    assert result.text == "a pear weighs 100 g"
    assert '"description": "What is put on the scales."' in shown[0]
    assert CALL in shown[1]
    assert "<tool_response>\na pear weighs 100 g\n</tool_response>" in shown[1]
    assert shown[1].index("How heavy") < shown[1].index("I will see.") < shown[1].index("a pear weighs")
    assert sample.scores is not None
    assert sample.scores["includes"].value == "C"


def test_calls_that_cannot_be_read_or_carried_out_are_told_to_the_model(
    named: str, tmp_path: Path, scripted: Script
) -> None:
    wrong = (
        '<tool_call>{"name": "weigh", "arguments": {"thing"</tool_call>',
        written({"name": "fly", "arguments": {}}),
    )
    shown = scripted(*wrong, written({"name": "weigh", "arguments": {"grams": 3}}), "I give up.")
    sample = run(named, tmp_path)
    results = [message for message in sample.messages if isinstance(message, ChatMessageTool)]
    assert len(results) == 3
    assert all(result.error is not None for result in results)
    assert "this call is not JSON" in shown[1]
    assert wrong[0] in shown[1], "what it wrote stays in its words"
    assert "fly" in shown[2].rpartition("<tool_response>")[2]
    assert sample.messages[-1].text == "I give up."


def info(of: Any) -> ToolInfo:
    made = ToolDef(of)
    return ToolInfo(name=made.name, description=made.description, parameters=made.parameters)


def test_a_reply_that_must_call_begins_with_a_call(plain: str, scripted: Script) -> None:
    tools = [info(weigh())]
    shown = scripted(
        '{"name": "weigh", "arguments": {"thing": "x"}}\n</tool_call>', '{"thing": "y"}}\n</tool_call>', "No."
    )
    output = ask(plain, "Go.", tools, "any")
    assert shown[0].endswith("<tool_call>\n")
    assert output.message.tool_calls[0].arguments == {"thing": "x"}
    output = ask(plain, "Go.", tools, ToolFunction("weigh"))
    assert shown[1].endswith('<tool_call>\n{"name": "weigh", "arguments": ')
    assert (output.message.tool_calls[0].function, output.message.tool_calls[0].arguments) == ("weigh", {"thing": "y"})
    assert output.stop_reason == "tool_calls"
    assert ask(plain, "Go.", (), "none").message.tool_calls is None
    assert "weigh" not in shown[2]


def test_only_one_call_where_one_is_wanted(plain: str, scripted: Script) -> None:
    scripted(CALL + CALL, CALL + CALL)
    tools = [info(weigh())]
    assert len(ask(plain, "Go.", tools).message.tool_calls) == 2
    assert len(ask(plain, "Go.", tools, parallel_tool_calls=False).message.tool_calls) == 1


def test_without_tools_a_call_is_words(plain: str, scripted: Script) -> None:
    scripted(CALL)
    output = ask(plain, "Go.")
    assert output.completion == CALL
    assert output.message.tool_calls is None


def test_a_tool_is_described_by_its_schema() -> None:
    [found] = described([info(weigh())])
    assert set(found) == {"name", "description", "parameters"}
    assert found["parameters"]["required"] == ["thing"]
    assert found["parameters"]["properties"]["grams"]["type"] == "integer"
    json.dumps(found)
