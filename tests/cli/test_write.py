"""`affectlab write` on bad input: nothing is written, and the option is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from affectlab.cli.entry import run
from affectlab.text import read_corpus
from affectlab.writing.folder import PLAN


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["--each", "0"], "--each: nothing to write"),
        (["--sample", "0"], "--sample: nothing to write"),
        (["--attempts", "0"], "--attempts: nothing to write"),
        (["--max-tokens", "0"], "--max-tokens: nothing to generate"),
        (["--words", "calm,,sad"], "--words: a name that is blank"),
        (["--words", "nowhere.txt"], "--words: no such file"),
        (["--topics", "tea"], "--topics: no such file"),
        (["--kind", "neutral", "--words", "calm"], "--words: neutral texts have no emotion"),
        (["--writer-model", "x"], "--writer-model: a model of no server"),
        (["--writer", "vllm", "--writer-model", "x"], "--writer-model: a model of no server"),
        (["--writer", "vllm"], "--writer vllm: vLLM is not installed"),
        (["--writer", "vllm", "--device", "cpu"], "--device: vLLM chooses the device itself"),
        (["--writer", "http://localhost:1/v1"], "--writer: which model of the server?"),
        (["--columns", "text=story"], "--columns: columns of no file"),
        (["--from", "set.csv", "--columns", "text"], "--columns: these are no columns"),
        (["--from", "set.csv", "--figure", "nowhere/bars.html"], "nowhere/bars.html"),
        (["--prompts", "nowhere.toml"], "nowhere.toml: no such file"),
        (["--html", "nowhere/page.html"], "nowhere/page.html"),
    ],
)
def test_what_cannot_be_done_names_its_option_and_writes_nothing(
    words: list[str],
    where: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["write", "fake", "-o", "corpus", *words]) == 2
    assert where in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_texts_that_exist_are_taken_screened_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = " ".join(f"The {word} stood by the door and she went out to look at it again." for word in "abcdef")
    rows = [f"{name},{story.replace('door', name * 2)}" for name in ("happy", "sad")]
    (tmp_path / "set.csv").write_text("label,story\n" + "\n".join(rows) + "\nsad,She was sad.\n")
    columns = "text=story,emotion=label"
    source, folder = str(tmp_path / "set.csv"), str(tmp_path / "corpus")
    page, bars = tmp_path / "page.html", tmp_path / "bars.html"
    drawn = ["--html", str(page), "--figure", str(bars)]
    assert run(["write", "--from", source, "--columns", columns, "-o", folder, "--json", *drawn]) == 0
    printed = capsys.readouterr().out
    assert "She was sad." in page.read_text()
    assert "sadsad" in page.read_text()
    assert "rejected: " in bars.read_text()
    assert f'"accepted": {len(read_corpus(folder))},' in printed
    assert '"planned": 3' in printed
    assert '"rejected": {' in printed


FRENCH = "Il ouvrit la porte de la maison et regarda longtemps la rue avant de sortir avec son chien. "


def test_texts_in_another_language_are_kept_where_that_is_asked(tmp_path: Path) -> None:
    rows = [f"happy,{FRENCH * 4}"]
    (tmp_path / "set.csv").write_text("emotion,text\n" + "\n".join(rows) + "\n")
    given = ["write", "--from", str(tmp_path / "set.csv"), "-o"]
    assert run([*given, str(tmp_path / "one")]) == 2
    assert run([*given, str(tmp_path / "other"), "--any-language"]) == 0


def test_a_run_goes_on_with_the_budget_it_was_begun_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectlab.models.fake import FakeModel

    given = ["write", "fake", "--words", "calm,sad", "--sample", "4", "--max-tokens", "16", "--any-language"]
    folder = tmp_path / "corpus"
    assert run([*given, "-o", str(folder)]) == 2  # its texts are too short, and the folder is begun
    begun = json.loads((folder / PLAN).read_text())["budget"]
    made = FakeModel.__init__

    def larger(self: FakeModel, *given: Any, **named: Any) -> None:
        made(self, *given, **named)
        self.budget = begun * 2

    monkeypatch.setattr(FakeModel, "__init__", larger)
    assert run([*given, "-o", str(folder)]) == 2
    assert json.loads((folder / PLAN).read_text())["budget"] == begun


def test_a_folder_holds_texts_of_one_dtype(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from affectlab.models.fake import FakeModel

    given = ["write", "fake", "--words", "calm,sad", "--sample", "4", "--max-tokens", "16", "--any-language"]
    folder = str(tmp_path / "corpus")
    assert run([*given, "-o", folder]) == 2  # its texts are too short, and the folder is begun
    assert "no text was accepted" in capsys.readouterr().err
    made = FakeModel.__init__

    def coarser(self: FakeModel, *given: Any, **named: Any) -> None:
        made(self, *given, **named)
        self.facts = {**self.facts, "dtype": "bfloat16"}

    monkeypatch.setattr(FakeModel, "__init__", coarser)
    assert run([*given, "-o", folder]) == 2
    assert 'expected dtype "float32"; found dtype "bfloat16"' in capsys.readouterr().err
