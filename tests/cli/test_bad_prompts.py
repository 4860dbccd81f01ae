"""Texts, conversations, expressions and options that `read`, `steer` and `log` refuse."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.conftest import GOOD, Bench, Cli, described, write_rows

PROMPTS = {
    "unknown emotion": (["read", "hello", "--emotions", "clam"], "--emotions: unknown emotion 'clam'", "'calm'?"),
    "no emotion": (["read", "hello", "--emotions", ""], "--emotions: unknown emotion ''", "afraid, angry, calm"),
    "unknown steered emotion": (["steer", "0.1*clam", "hello"], "EXPR: unknown emotion 'clam'", "did you mean 'calm'?"),
    "unknown emotion while reading": (["read", "x", "--steer", "1*clam"], "--steer: unknown emotion", "'calm'?"),
    "no strength": (["steer", "calm", "hello"], "EXPR: a strength is missing", "write 0.05*calm"),
    "no strength while reading": (["read", "x", "--steer", "-sad"], "--steer: a strength is missing", "0.05*sad"),
    "nothing added": (["steer", "0*calm", "hello"], "EXPR: this adds nothing", "do not steer"),
    "terms that cancel": (["steer", "0.3*calm - 0.1*calm - 0.2*calm", "x"], "EXPR: this adds nothing", "found"),
    "too little for any number": (["steer", "1e-60*calm", "hello"], "EXPR: this adds nothing", "steer with more"),
    "broken expression": (["steer", "0.1*calm +", "hello"], "cannot read '0.1*calm +' from character 10", "joined by"),
    "empty expression": (["steer", "", "hello"], "EXPR: cannot read", "found 'nothing'"),
    "infinite strength": (["steer", "inf*calm", "hello"], "a strength must be finite", "found inf"),
    "strength that is no number": (["read", "hello", "--steer", "nan*calm"], "a strength must be finite", "found nan"),
    "strength beyond all bounds": (["steer", "1e39*calm", "hello"], "what would be added is not finite", "strengths"),
    "strength that drowns the stream": (["steer", "1e30*calm", "hello"], "no longer finite", "steer with less"),
    "empty text": (["read", ""], "text: the text is empty", "found ''"),
    "blank text": (["read", " \n "], "text: the text is empty", "expected some text"),
    "no text": (["read"], "what is to be read?", "found neither"),
    "two texts": (["read", "hello", "--chat", "x.json"], "what is to be read?", "found both"),
    "empty prompt": (["steer", "1*calm", ""], "prompt: the prompt is empty", "expected some text"),
    "not UTF-8": (["read", "\udcff"], "text: the text is not UTF-8", "udcff"),
    "too long": (["read", "word " * 3000], "TEXT: the text is longer", "at most 2048 tokens; found 3000"),
    "too long with the reply": (
        ["steer", "1*calm", "hello", "--max-tokens", "2048"],
        "PROMPT: the text is longer",
        "found 2049",
    ),
    "layer without vectors": (["read", "hello", "--layers", "7"], "--layers: layer 7 does not exist", "0 to 5"),
    "layer to steer": (
        ["read", "hello", "--steer", "1*calm", "--steer-layers", "x"],
        "--steer-layers: 'x' is not a",
        "0 to 5",
    ),
    "tokens without steering": (["read", "hello", "--tokens", "all "], "--tokens: nothing is steered", "--steer EXPR"),
    "layers without steering": (["read", "hello", "--steer-layers", "2"], "nothing is steered", "--steer-layers"),
    "unknown tokens": (["steer", "1*calm", "hello", "--tokens", "answer"], "'answer' names no tokens", "prompt, reply"),
    "negative tokens": (["steer", "1*calm", "hello", "--tokens", "from -2"], "'from -2' names no tokens", "'from N'"),
    "no turn": (
        ["steer", "1*calm", "hello", "--tokens", "turn"],
        "--tokens turn: this row has no",
        "give a conversation",
    ),
    "spans": (["steer", "1*calm", "hello", "--tokens", "spans"], "--tokens: 'spans' names no tokens", "from Python"),
    "nothing to touch": (
        ["read", "hello", "--steer", "1*calm", "--tokens", "reply"],
        "--tokens: the steering would touch no token",
        "'reply'",
    ),
    "nothing to generate": (
        ["steer", "1*calm", "hello", "--max-tokens", "0"],
        "--max-tokens: nothing to generate",
        "1 or more",
    ),
    "temperature": (
        ["steer", "1*calm", "hello", "--temperature", "nan"],
        "--temperature: this temperature",
        "found nan; 0 takes",
    ),
    "top p": (["steer", "1*calm", "hello", "--top-p", "1.5"], "--top-p: this share", "at most 1; found 1.5"),
    "standard input": (["read", "-"], "standard input: not UTF-8 text", "byte 0xff at place 3"),
}


@pytest.mark.parametrize(("words", "what", "more"), PROMPTS.values(), ids=list(PROMPTS))
def test_a_text_or_a_steering_that_cannot_be_used(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, words: list[str], what: str, more: str
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"ab\xff")))
    line = bench.refused(words[0], bench.lab.fake, *words[1:])
    assert what in line
    assert more in line


def test_a_page_that_cannot_be_written(bench: Bench) -> None:
    assert "no folder 'nowhere'" in bench.refused("read", bench.lab.fake, "hello", "--html", "nowhere/page.html")


def test_centred_readings_need_neutral_texts(bench: Bench, cli: Cli) -> None:
    write_rows(bench.folder / "stories.jsonl", GOOD)
    assert cli("extract", "fake", "stories.jsonl", "-o", "v.safetensors", "--start", "9").code == 0
    centred = bench.refused("read", "v.safetensors", "hello", "--convention", "centred")
    assert "--convention centred: there is no neutral mean" in centred
    assert "--form clean: these vectors have no cleaned form" in bench.refused(
        "read", "v.safetensors", "hi", "--form", "clean"
    )


def test_a_log_that_is_none(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.sqlite").write_text("this is no database, and it is long enough to be taken for one")
    monkeypatch.setenv("AFFECTLAB_LOG", str(tmp_path / "log.sqlite"))
    assert "cannot read the run log" in described(cli("log"))
    assert "--limit: no runs to show" in described(cli("log", "--limit", "0"))


@pytest.mark.parametrize("limit", ["1000001", "99999999999999999999"])
def test_more_runs_than_can_be_shown(cli: Cli, limit: str) -> None:
    assert f"--limit: more runs than can be shown; expected 1 to 1000000; found {limit}" in described(
        cli("log", "--limit", limit)
    )


def test_runs_of_a_command_that_does_not_exist(cli: Cli) -> None:
    line = described(cli("log", "--command", "raed"))
    assert "--command: unknown command 'raed'; expected one of behave, compare, doctor, extract" in line
    assert "did you mean 'read'?" in line


def test_spans_are_offered_nowhere(cli: Cli, bench: Bench) -> None:
    refused = bench.refused("steer", bench.lab.fake, "1*calm", "hello", "--tokens", "answer")
    assert "expected all, prompt, reply, turn, or 'from N'" in refused
    assert "spans" not in cli("steer", "--help").out


def test_one_layer_is_not_called_a_range(bench: Bench, cli: Cli) -> None:
    words = ["extract", "fake", bench.lab.corpus, "-o", "one.safetensors", "--start", "5", "--layers", "2"]
    assert cli(*words).code == 0
    assert "--layers: there are no vectors for layer 3; expected layer 2; found 3" in bench.refused(
        "read", "one.safetensors", "hello", "--layers", "3"
    )
