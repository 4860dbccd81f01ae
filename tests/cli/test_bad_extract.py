"""Texts, options and outputs that `affectlab extract` refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from affectlab.testing.tiny import save_tiny
from tests.cli.conftest import GOOD, Bench, Cli, story, write_rows

CORPORA = {
    "not JSON at line n": ('{"id": "a"', "corpus.jsonl, line 1: not JSON"),
    "a list in a line": ("[1, 2]", "line 1: a row that is not an object"),
    "binary": (bytes(range(256)), "line 1: a binary file"),
    "not UTF-8": (b'{"id": "\xff"}', "line 1: not UTF-8 text"),
    "empty": ("", "corpus.jsonl: no rows"),
    "missing field": ([{"id": "a", "kind": "stories", "topic": "t", "text": "x"}], "missing field 'emotion'"),
    "unknown field": ([story(1, "calm", mood="x")], "line 1: unknown field 'mood'"),
    "unknown kind": ([story(1, "calm") | {"kind": "story"}], "did you mean 'stories'?"),
    "blank text": ([story(1, "calm", " \n ")], "line 1: blank 'text'"),
    "duplicate ids": ([*GOOD, story(1, "calm", "Another.")], "line 11: an id that is used twice"),
    "duplicate texts": ([*GOOD, GOOD[0] | {"id": "other"}], "line 11: a text that occurs twice"),
    "one emotion": (
        [row for row in GOOD if row["emotion"] == "sad"],
        "stories of at least two emotions; found only 'sad'",
    ),
    "no stories": ([{"id": "n", "kind": "neutral", "topic": "t", "text": "Bread."}], "corpus: no stories"),
    "too few texts": (GOOD[:-1], "too few stories of 'sad'; expected at least 5"),
    "too short": (
        [story(n, e, f"Short {n} {e}.") for n in range(5) for e in "ab"],
        "every story ends before the start",
    ),
}


@pytest.mark.parametrize(("content", "said"), CORPORA.values(), ids=list(CORPORA))
def test_a_corpus_that_cannot_be_used(bench: Bench, content: Any, said: str) -> None:
    path = bench.folder / "corpus.jsonl"
    if isinstance(content, list):
        write_rows(path, content)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert said in bench.refused("extract", "fake", "corpus.jsonl", "-o", "v.safetensors", "--start", "9")


def test_a_corpus_that_is_missing(bench: Bench) -> None:
    assert "nowhere.jsonl: no such file" in bench.refused("extract", "fake", "nowhere.jsonl", "-o", "v.safetensors")


OPTIONS = {
    "no such layer": (["--layers", "9"], "layer 9 does not exist; expected all, a number from 0 to 5"),
    "nonsense layer": (["--layers", "deep"], "'deep' is not a layer"),
    "no layer": (["--layers", ""], "'' is not a layer"),
    "backward layers": (["--layers", "3-1"], "layer 3-1 does not exist"),
    "negative start": (["--start", "-1"], "--start: no text has tokens there; expected 0 or more; found -1"),
    "start beyond the context": (["--start", "99999"], "--start: no text has tokens there"),
    "start beyond every text": (["--start", "500"], "every story ends before the start position"),
    "share": (["--neutral-share", "1.5"], "found share 1.5"),
    "rank": (["--neutral-rank", "0"], "found share 0.5, rank 0"),
    "minimum": (["--minimum", "0"], "minimum 0"),
    "preferred layer": (["--layer", "best"], "--layer: this names no layer; expected held-out, two-thirds, or"),
    "preferred layer that is not extracted": (
        ["--layers", "1,3", "--layer", "2"],
        "--layer: this layer is not extracted; expected one of 1, 3; found 2",
    ),
    "plan that is missing": (["--plan", "nowhere"], "nowhere.sums.safetensors: no such vectors file"),
}


@pytest.mark.parametrize(("options", "said"), OPTIONS.values(), ids=list(OPTIONS))
def test_an_option_of_extract_that_cannot_be_used(bench: Bench, options: list[str], said: str) -> None:
    words = ["extract", "fake", bench.lab.corpus, "-o", "v.safetensors", *options]
    assert said in bench.refused(*words)


def test_a_plan_for_other_texts(bench: Bench) -> None:
    write_rows(bench.folder / "other.jsonl", GOOD)
    words = ["extract", "fake", "other.jsonl", "-o", "v.safetensors", "--start", "9", "--plan", bench.lab.fake]
    assert "the batch plan belongs to other texts" in bench.refused(*words)


def test_a_plan_for_as_many_other_texts(bench: Bench) -> None:
    rows = [json.loads(line) for line in Path(bench.lab.corpus).read_text().splitlines()]
    write_rows(
        bench.folder / "other.jsonl", [row | ({"text": row["text"] + " So."} if "text" in row else {}) for row in rows]
    )
    words = ["extract", "fake", "other.jsonl", "-o", "v.safetensors", "--start", "5", "--plan", bench.lab.fake]
    assert "--plan: the batch plan belongs to other texts" in bench.refused(*words)


def test_a_plan_for_another_model(bench: Bench) -> None:
    words = ["extract", bench.lab.model, bench.lab.corpus, "-o", "v.safetensors", "--plan", bench.lab.fake]
    line = bench.refused(*words)
    assert "the batch plan belongs to another model; expected fake" in line
    assert "differs in config" in line


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("nowhere/v.safetensors", "no folder 'nowhere'"),
        ("/proc/v.safetensors", "found '/proc' takes no files; choose another folder"),
        ("folder", "expected a file; found a folder"),
        ("/dev/null", "a device or a pipe"),
        ("", "no file is named"),
        ("corpus.jsonl", "this would replace an input"),
    ],
)
def test_an_output_that_cannot_be_written(bench: Bench, output: str, said: str) -> None:
    (bench.folder / "folder").mkdir()
    write_rows(bench.folder / "corpus.jsonl", GOOD)
    assert said in bench.refused("extract", "fake", "corpus.jsonl", "-o", output, "--start", "9")


def test_a_text_longer_than_the_context_is_cut_and_said(cli: Cli, bench: Bench) -> None:
    small = str(save_tiny(bench.folder / "small", max_position_embeddings=64))
    ran = cli("extract", small, bench.lab.corpus, "-o", "v.safetensors", "--start", "20")
    assert ran.code == 0
    assert "affectlab: warning: 32 texts were cut to the 64 tokens the model can see" in ran.err
