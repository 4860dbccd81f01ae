"""`affectlab steer` says both what is said and what would have been said, and proves that it steered."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from affectlab import runlog
from affectlab.cli.texts import abridged
from affectlab.core import parse_mix
from affectlab.vectors.store import load_vectors
from tests.cli.conftest import Cli, Lab, write_rows

SHORT = ("--max-tokens", "6", "--json")


def test_json_has_the_promised_keys(cli: Cli, lab: Lab) -> None:
    ran = cli("steer", lab.vectors, "2*calm - 0.5*sad", "Hello", "--tokens", "reply", "--layers", "1-2", *SHORT)
    assert list(ran.json) == ["text", "unsteered", "receipt"]
    receipt = ran.json["receipt"]
    assert (receipt["label"], receipt["sites"], receipt["tokens"]) == ("2*calm - 0.5*sad", [1, 2], 5)
    assert receipt["vectors"] == load_vectors(lab.vectors).hash
    kept = runlog.runs(limit=1)[0]
    assert kept.result["receipt"] == receipt
    assert kept.result["text"] == abridged(ran.json["text"])
    assert kept.arguments["prompt"] == abridged("Hello")


def test_both_replies_are_drawn_with_one_seed(cli: Cli, lab: Lab) -> None:
    drawn = ("--temperature", "1", "--top-p", "0.9", "--seed")
    nothing = cli("steer", lab.vectors, "1e-6*calm", "Hello", *drawn, "3", *SHORT).json
    assert nothing["text"] == nothing["unsteered"]
    other = cli("steer", lab.vectors, "1e-6*calm", "Hello", *drawn, "4", *SHORT).json
    assert other["text"] != nothing["text"]
    much = cli("steer", lab.vectors, "20*calm", "Hello", *drawn, "3", *SHORT).json
    assert much["unsteered"] == nothing["unsteered"]
    assert much["text"] != much["unsteered"]


def test_an_expression_may_begin_with_a_minus(cli: Cli, lab: Lab) -> None:
    ran = cli("steer", lab.fake, "-0.5*calm + 0.1*sad", "She wept", *SHORT)
    assert ran.json["receipt"]["label"] == "-0.5*calm + 0.1*sad"
    behind = cli("steer", "--layers", "2", lab.fake, "-0.5*calm", "She wept", *SHORT)
    assert behind.json["receipt"]["sites"] == [2]


def test_a_prompt_is_never_changed(cli: Cli, lab: Lab) -> None:
    sum_ = "-3*4 is what"
    refused = cli("steer", lab.fake, "0.5*calm", sum_, *SHORT)
    assert refused.json["error"]["fix"] == "put -- in front of a text that begins with a minus"
    for words in ((lab.fake, "0.5*calm", "--", sum_), ("--", lab.fake, "-0.5*calm", sum_)):
        assert cli("steer", *SHORT, *words).code == 0
        assert runlog.runs(limit=1)[0].arguments["prompt"] == abridged(sum_)


def test_a_reply_that_ends_at_once_was_not_steered_and_that_is_said(
    cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from affectlab.models import fake

    monkeypatch.setattr(fake, "_choose", lambda *_: 0)
    ran = cli("steer", lab.fake, "0.5*calm", "She wept", "--tokens", "reply", *SHORT)
    assert ran.json["receipt"]["tokens"] == 0
    assert ran.err.startswith("affectlab: warning: nothing was steered: the model ended its reply")
    assert cli("steer", lab.fake, "0.5*calm", "She wept", *SHORT).err == ""


def test_a_steering_that_rounding_swallows_is_said(cli: Cli, lab: Lab) -> None:
    ran = cli("steer", lab.fake, "1e-12*calm", "She wept", *SHORT)
    assert ran.json["receipt"]["moved_norm"] == [0.0]
    assert "affectlab: warning: nothing was moved" in ran.err


def test_every_emotion_that_can_be_extracted_can_be_steered_and_read(
    cli: Cli, lab: Lab, tmp_path: Path, labelled: Callable[..., list[dict[str, Any]]]
) -> None:
    names = {"calm": "9 to 5 joy", "sad": "love/hate, mixed", "angry": 'so-called "rage"', "afraid": "it's + odd"}
    rows = [{**row, "emotion": names[row["emotion"]]} if "emotion" in row else row for row in labelled()]
    vectors = str(tmp_path / "v.safetensors")
    corpus = write_rows(tmp_path / "corpus.jsonl", rows)
    assert cli("extract", "fake", corpus, "-o", vectors, "--start", "5").code == 0
    terms = ['0.1*"9 to 5 joy"', "0.2*'love/hate, mixed'", "0.1*'so-called \"rage\"'", '0.1*"it\'s + odd"']
    expression = " - ".join(terms)
    receipt = cli("steer", vectors, expression, "She wept", *SHORT).json["receipt"]
    assert parse_mix(receipt["label"]) == parse_mix(expression)
    asked = ", ".join(["'love/hate, mixed'", "9 to 5 joy", '"so-called ""rage"""'])
    read = cli("read", vectors, "She wept", "--emotions", asked, "--json").json
    assert list(read["scores"]) == ["love/hate, mixed", "9 to 5 joy", 'so-called "rage"']


def test_a_prompt_is_a_message_where_there_is_a_template(cli: Cli, lab: Lab) -> None:
    given, chat, plain = (
        cli("steer", lab.vectors, "1*calm", "Hello", *SHORT, *how).json["receipt"]["tokens"]
        for how in ((), ("--chat",), ("--plain",))
    )
    assert given == chat == len("<[user] Hello<\n[assistant]:") + 5
    assert plain == len("<Hello") + 5
    fake = cli("steer", lab.fake, "1*calm", "She wept", *SHORT).json["receipt"]["tokens"]
    assert fake == 2 + 5


def test_a_person_sees_both_and_the_receipt(cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"She wept\n")))
    ran = cli("steer", lab.fake, "0.5*calm", "-", "--max-tokens", "3")
    assert ran.out.startswith("unsteered\n")
    assert "\nsteered\n" in ran.out
    assert "steered by 0.5*calm at 4 tokens; layer 4 added" in ran.out
    assert ran.err == ""
