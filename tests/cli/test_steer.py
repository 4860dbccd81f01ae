"""`affectlab steer` says both what is said and what would have been said, and proves that it steered."""

import io
from types import SimpleNamespace

import pytest

from affectlab import runlog
from affectlab.vectors.store import load_vectors
from tests.cli.conftest import Cli, Lab

SHORT = ("--max-tokens", "6", "--json")


def test_json_has_the_promised_keys(cli: Cli, lab: Lab) -> None:
    ran = cli("steer", lab.vectors, "2*calm - 0.5*sad", "Hello", "--tokens", "reply", "--layers", "1-2", *SHORT)
    assert list(ran.json) == ["text", "unsteered", "receipt"]
    receipt = ran.json["receipt"]
    assert (receipt["label"], receipt["sites"], receipt["tokens"]) == ("2*calm - 0.5*sad", [1, 2], 5)
    assert receipt["vectors"] == load_vectors(lab.vectors).hash
    assert runlog.runs(limit=1)[0].result == ran.json


def test_both_replies_are_drawn_with_one_seed(cli: Cli, lab: Lab) -> None:
    drawn = ("--temperature", "1", "--top-p", "0.9", "--seed")
    nothing = cli("steer", lab.vectors, "0*calm", "Hello", *drawn, "3", *SHORT).json
    assert nothing["text"] == nothing["unsteered"]
    other = cli("steer", lab.vectors, "0*calm", "Hello", *drawn, "4", *SHORT).json
    assert other["text"] != nothing["text"]
    much = cli("steer", lab.vectors, "20*calm", "Hello", *drawn, "3", *SHORT).json
    assert much["unsteered"] == nothing["unsteered"]
    assert much["text"] != much["unsteered"]


def test_an_expression_may_begin_with_a_minus(cli: Cli, lab: Lab) -> None:
    ran = cli("steer", lab.fake, "-0.5*calm + 0.1*sad", "She wept", *SHORT)
    assert ran.json["receipt"]["label"] == "-0.5*calm + 0.1*sad"


def test_a_prompt_is_a_message_where_there_is_a_template(cli: Cli, lab: Lab) -> None:
    given, chat, plain = (
        cli("steer", lab.vectors, "calm", "Hello", *SHORT, *how).json["receipt"]["tokens"]
        for how in ((), ("--chat",), ("--plain",))
    )
    assert given == chat == len("<[user] Hello<\n[assistant]:") + 5
    assert plain == len("<Hello") + 5
    fake = cli("steer", lab.fake, "calm", "She wept", *SHORT).json["receipt"]["tokens"]
    assert fake == 2 + 5


def test_a_person_sees_both_and_the_receipt(cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"She wept\n")))
    ran = cli("steer", lab.fake, "0.5*calm", "-", "--max-tokens", "3")
    assert ran.out.startswith("unsteered\n")
    assert "\nsteered\n" in ran.out
    assert "steered by 0.5*calm at 4 tokens; layer 4 added" in ran.out
    assert ran.err == ""
