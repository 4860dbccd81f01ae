"""Every error is one line: what, where, expected, found, what to do; the exit code says whose fault it is."""

import json
from pathlib import Path

import pytest

from affectlab import runlog
from tests.cli.conftest import Cli, Lab

USAGE = {
    "unknown command": (["extrct", "x"], "unknown command 'extrct'", "did you mean 'extract'?"),
    "unknown option": (["read", "v", "hello", "--layer", "3"], "unknown option '--layer'", "did you mean '--layers'"),
    "short option": (["steer", "v", "-calm", "hello"], "unknown option '-c'", "put -- in front"),
    "missing argument": (["extract", "fake"], "missing argument CORPUS...", "affectlab extract --help"),
    "missing option": (["extract", "fake", "c.jsonl"], "missing option --output", "affectlab extract --help"),
    "option without value": (["read", "v", "hello", "--layers"], "option '--layers' requires an argument", "--help"),
    "no number": (
        ["extract", "fake", "c", "-o", "v", "--start", "soon"],
        "extract --start",
        "a valid integer; found 'soon'",
    ),
    "too small": (["steer", "v", "calm", "hello", "--seed", "-1"], "steer --seed", "or equal to 0; found '-1'"),
    "no choice": (["read", "v", "hello", "--convention", "centered"], "unknown value", "did you mean 'centred'?"),
    "too many": (["read", "v", "hello", "there"], "more arguments than it takes", "in quotes"),
}


@pytest.mark.parametrize(("words", "what", "fix"), USAGE.values(), ids=list(USAGE))
def test_a_command_line_that_cannot_be_understood(cli: Cli, words: list[str], what: str, fix: str) -> None:
    ran = cli(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("affectlab: error: affectlab")
    assert what in ran.err
    assert fix in ran.err


@pytest.mark.parametrize("words", [words for words, _, _ in USAGE.values()], ids=list(USAGE))
def test_it_is_said_in_json_too(cli: Cli, words: list[str]) -> None:
    ran = cli(*words[:1], "--json", *words[1:])
    assert ran.code == 2
    assert list(ran.json) == ["error"]
    assert list(ran.json["error"]) == ["what", "where", "expected", "found", "fix"]
    assert ran.json["error"]["what"] in ran.err


def test_json_after_two_dashes_is_a_text(cli: Cli) -> None:
    ran = cli("read", "nowhere.safetensors", "--", "--json")
    assert (ran.code, ran.out) == (2, "")


def test_without_a_command_there_is_help(cli: Cli) -> None:
    ran = cli()
    assert ran.code == 0
    assert "Commands:" in ran.out


class Broken:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *_: object, **__: object) -> None:
        raise self.error


def test_what_is_our_fault_says_so(cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectlab.vectors.read.read", Broken(ZeroDivisionError("division\nby zero")))
    ran = cli("read", lab.fake, "hello", "--json")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "found ZeroDivisionError: division; this is our fault" in ran.err
    assert ran.json["error"]["what"] == "something went wrong inside affectlab"
    assert runlog.runs(limit=1)[0].result["error"] == "ZeroDivisionError"


@pytest.mark.parametrize("how", ["option", "variable"])
def test_a_traceback_is_shown_where_it_is_asked_for(
    cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("affectlab.vectors.read.read", Broken(ZeroDivisionError()))
    if how == "variable":
        monkeypatch.setenv("AFFECTLAB_TRACEBACK", "1")
    ran = cli("read", lab.fake, "hello", *(["--traceback"] if how == "option" else []))
    assert "Traceback (most recent call last)" in ran.err
    assert ran.err.splitlines()[-1].startswith("affectlab: error: ")


def test_an_interruption_is_one_line(cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectlab.vectors.read.read", Broken(KeyboardInterrupt()))
    assert cli("read", lab.fake, "hello") == (130, "", "affectlab: interrupted\n")


def test_a_name_cannot_move_the_cursor(cli: Cli) -> None:
    ran = cli("read", "\x1b[2Jnowhere\n", "hello")
    assert "\x1b" not in ran.err
    assert ran.err.count("\n") == 1


def test_a_log_that_cannot_be_written_stops_nothing(
    cli: Cli, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AFFECTLAB_LOG", str(tmp_path / "file" / "log.sqlite"))
    runlog._warn_once.cache_clear()
    ran = cli("read", lab.fake, "hello", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["tokens"] == ["hello"]
    assert ran.err.startswith("affectlab: this run is not logged")
