"""A command line in this process, and a folder with a tiny model, texts and vectors to use it on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from affectlab import runlog
from affectlab.cli import run


class Ran(NamedTuple):
    """What one command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Lab(NamedTuple):
    """Things to name on a command line."""

    folder: Path
    model: str
    corpus: str
    vectors: str
    fake: str
    """Vectors of the numpy model."""


Cli = Callable[..., Ran]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs `affectlab WORDS...` and gives its exit code and what it wrote."""

    def ran(*words: str) -> Ran:
        capsys.readouterr()
        code = run(words)
        return Ran(code, *capsys.readouterr())

    return ran


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, labelled: Callable[..., list[dict[str, Any]]]) -> Lab:
    """Made once: a tiny Llama with a chat template, a corpus, and vectors of it and of the numpy model."""
    from affectlab.testing.tiny import save_tiny

    folder = tmp_path_factory.mktemp("lab")
    corpus = write_rows(folder / "corpus.jsonl", labelled())
    made = Lab(folder, str(save_tiny(folder / "model")), corpus, str(folder / "v.safetensors"), str(folder / "f.st"))
    assert run(["extract", made.model, corpus, "-o", made.vectors]) == 0
    assert run(["extract", "fake", corpus, "-o", made.fake, "--start", "5"]) == 0
    return made


class Bench(NamedTuple):
    """A folder that must stay as it is while commands fail in it."""

    refused: Callable[..., str]
    """Runs a command line that must be refused, and gives the line that says why."""
    folder: Path
    lab: Lab


def described(ran: Ran) -> str:
    """The one line of an error, which must be all there is on standard error."""
    lines = [line for line in ran.err.splitlines() if not line.endswith((" so far", " left"))]
    assert (ran.code, ran.out, len(lines)) == (2, "", 1), ran
    assert lines[0].startswith("affectlab: error: ")
    assert "Traceback" not in ran.err
    return lines[0]


@pytest.fixture
def bench(cli: Cli, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.chdir(tmp_path)

    def refused(*words: str) -> str:
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        line = described(cli(*words))
        after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        assert {path for path in after if path not in before} == set(), "something was written"
        assert {path: after[path] for path in before if path.is_file()} == {
            path: time for path, time in before.items() if path.is_file()
        }
        run = runlog.runs(limit=1)[0]
        assert run.status == "error"
        assert run.result["what"] in line
        return line

    return Bench(refused, tmp_path, lab)


def story(number: int, emotion: str, text: str = "", **more: Any) -> dict[str, Any]:
    text = text or f"Story {number} of {emotion}: " + "she waited for the train and it rained. " * 3
    return {"id": f"{emotion}-{number}", "kind": "stories", "topic": "trains", "emotion": emotion, "text": text, **more}


GOOD = [story(number, emotion) for number in range(5) for emotion in ("calm", "sad")]
