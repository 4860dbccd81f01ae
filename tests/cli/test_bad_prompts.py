"""Texts, conversations, expressions and options that `read`, `steer` and `log` refuse."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.conftest import GOOD, Bench, Cli, described, write_rows

PROMPTS = {
    "unknown emotion": (["read", "hello", "--emotions", "clam"], "--emotions: unknown emotion 'clam'", "'calm'?"),
    "no emotion": (["read", "hello", "--emotions", ""], "--emotions: unknown emotion ''", "afraid, angry, calm"),
    "unknown steered emotion": (["steer", "0.1*clam", "hello"], "unknown emotion 'clam'", "did you mean 'calm'?"),
    "broken expression": (["steer", "0.1*calm +", "hello"], "cannot read '0.1*calm +' from character 10", "joined by"),
    "empty expression": (["steer", "", "hello"], "steering expression", "found 'nothing'"),
    "infinite strength": (["steer", "inf*calm", "hello"], "a strength must be finite", "found inf"),
    "strength that is no number": (["read", "hello", "--steer", "nan*calm"], "a strength must be finite", "found nan"),
    "strength beyond all bounds": (["steer", "1e39*calm", "hello"], "what would be added is not finite", "strengths"),
    "strength that drowns the stream": (["steer", "1e30*calm", "hello"], "no longer finite", "steer with less"),
    "empty text": (["read", ""], "text: the text is empty", "found ''"),
    "blank text": (["read", " \n "], "text: the text is empty", "expected some text"),
    "no text": (["read"], "what is to be read?", "found neither"),
    "two texts": (["read", "hello", "--chat", "x.json"], "what is to be read?", "found both"),
    "empty prompt": (["steer", "calm", ""], "prompt: the prompt is empty", "expected some text"),
    "not UTF-8": (["read", "\udcff"], "text: the text is not UTF-8", "udcff"),
    "too long": (["read", "word " * 3000], "longer than the model can see", "at most 2048 tokens; found 3000"),
    "too long with the reply": (["steer", "calm", "hello", "--max-tokens", "2048"], "longer", "found 2049"),
    "layer without vectors": (["read", "hello", "--layers", "7"], "layer 7 does not exist", "0 to 5"),
    "layer to steer": (["read", "hello", "--steer", "calm", "--steer-layers", "x"], "'x' is not a layer", "0 to 5"),
    "tokens without steering": (["read", "hello", "--tokens", "all "], "--tokens: nothing is steered", "--steer EXPR"),
    "layers without steering": (["read", "hello", "--steer-layers", "2"], "nothing is steered", "--steer-layers"),
    "unknown tokens": (["steer", "calm", "hello", "--tokens", "answer"], "'answer' names no tokens", "prompt, reply"),
    "negative tokens": (["steer", "calm", "hello", "--tokens", "from -2"], "'from -2' names no tokens", "'from N'"),
    "no turn": (["steer", "calm", "hello", "--tokens", "turn"], "no assistant's turn", "give a conversation"),
    "nothing to touch": (["read", "hello", "--steer", "calm", "--tokens", "reply"], "would touch no token", "'reply'"),
    "nothing to generate": (["steer", "calm", "hello", "--max-tokens", "0"], "nothing to generate", "1 or more"),
    "temperature": (["steer", "calm", "hello", "--temperature", "nan"], "sampling is out of range", "temperature nan"),
    "top p": (["steer", "calm", "hello", "--top-p", "1.5"], "sampling is out of range", "top_p 1.5"),
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
