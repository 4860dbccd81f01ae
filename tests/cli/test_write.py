"""`affectlab write` on bad input: nothing is written, and the option is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from affectlab.cli.entry import run


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
        (["--writer", "http://localhost:1/v1"], "--writer: which model of the server?"),
        (["--columns", "text=story"], "--columns: columns of no file"),
        (["--from", "set.csv", "--columns", "text"], "--columns: these are no columns"),
        (["--from", "set.csv", "--html", "page.html"], "--html: no page is made"),
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
    assert run(["write", "--from", source, "--columns", columns, "-o", folder, "--json"]) == 0
    printed = capsys.readouterr().out
    assert '"planned": 3' in printed
    assert '"rejected": {' in printed
