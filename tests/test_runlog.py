"""The log keeps what was run, cannot be rewritten, and never stops a run."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab import runlog
from affectlab._version import __version__
from affectlab.errors import CorpusError, InputError


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "runs.sqlite"
    monkeypatch.setenv("AFFECTLAB_LOG", str(path))
    runlog._warn_once.cache_clear()
    return path


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", f"from affectlab import runlog\n{code}", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_run_is_kept_with_what_it_learned_and_what_came_out(log: Path) -> None:
    with runlog.record("extract", arguments={"start": 50, "layers": "2-5"}) as run:
        run.note(model="pocket", hashes={"corpus": "ab"})
        run.note(hashes={"vectors": "cd"})
        run.result({"tokens": 1000})
    [kept] = runlog.runs()
    assert log.exists()
    assert kept.id == run.id
    assert (kept.command, kept.arguments) == ("extract", {"start": 50, "layers": "2-5"})
    assert kept.notes == {"model": "pocket", "hashes": {"corpus": "ab", "vectors": "cd"}}
    assert (kept.status, kept.result) == ("ok", {"tokens": 1000})
    assert (kept.affectlab, kept.python) == (__version__, sys.version.split()[0])
    assert kept.started.endswith("+00:00")


def test_the_log_says_how_long_a_run_took(log: Path) -> None:
    with runlog.record("read", arguments={}):
        time.sleep(0.05)
    seconds = runlog.runs()[0].seconds
    assert seconds is not None
    assert 0.05 <= seconds < 5


def test_a_run_that_ends_without_a_result_is_ok(log: Path) -> None:
    with runlog.record("doctor", arguments={}):
        pass
    assert (runlog.runs()[0].status, runlog.runs()[0].result) == ("ok", {})


def test_an_error_is_kept_and_passes_through(log: Path) -> None:
    with pytest.raises(CorpusError), runlog.record("extract", arguments={}):
        raise CorpusError("blank 'text'", where="a.jsonl, line 3")
    [kept] = runlog.runs()
    assert kept.status == "error"
    assert kept.result["error"] == "CorpusError"
    assert (kept.result["what"], kept.result["where"]) == ("blank 'text'", "a.jsonl, line 3")


def test_an_error_after_the_result_is_an_error(log: Path) -> None:
    def report_and_fail() -> None:
        with runlog.record("extract", arguments={}) as run:
            run.result({})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        report_and_fail()
    assert runlog.runs()[0].status == "error"


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), "interrupted"), (SystemExit(0), "ok"), (SystemExit(2), "error"), (MemoryError(), "error")],
)
def test_each_way_to_end_has_its_status(error: BaseException, status: str, log: Path) -> None:
    with pytest.raises(type(error)), runlog.record("serve", arguments={}):
        raise error
    assert runlog.runs()[0].status == status


def test_a_killed_run_shows_as_unfinished(log: Path) -> None:
    code = "import os\nwith runlog.record('extract', arguments={}) as run: run.note(done=3); os.kill(os.getpid(), 9)"
    with run_python(code) as killed:
        assert killed.wait() == -9
    [kept] = runlog.runs()
    assert (kept.status, kept.seconds, kept.notes) == ("unfinished", None, {"done": 3})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET command = 'other'",
        "DELETE FROM runs",
        "INSERT OR REPLACE INTO runs SELECT id, started, 'other', arguments, affectlab, python FROM runs",
        "UPDATE events SET data = '{}'",
        "DELETE FROM events",
        "REPLACE INTO events SELECT id, run, at, seconds, kind, '{}' FROM events",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_written(statement: str, log: Path) -> None:
    with runlog.record("extract", arguments={}) as run:
        run.result({"tokens": 1})
    before = runlog.runs()
    with closing(sqlite3.connect(log)) as plain, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        plain.execute(statement)
    assert runlog.runs() == before


def test_an_event_of_an_unknown_kind_is_refused(log: Path) -> None:
    with closing(runlog.open_log()) as connection, pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        connection.execute("INSERT INTO events (run, at, seconds, kind, data) VALUES (1, '', 0, 'edited', '{}')")


def test_several_processes_may_begin_a_log_and_write_to_it_at_once(log: Path) -> None:
    code = "import sys\nfor i in range(10):\n"
    code += "    with runlog.record(sys.argv[1], arguments={'i': i}) as run: run.note(i=i); run.result({'i': i})"
    started = [run_python(code, f"worker {number}") for number in range(4)]
    for process in started:
        with process:
            assert process.wait() == 0
    kept = runlog.runs(limit=100)
    assert len(kept) == 40
    assert all(run.status == "ok" and run.notes == run.result == run.arguments for run in kept)


def test_a_run_may_note_from_several_threads(log: Path) -> None:
    with runlog.record("serve", arguments={}) as run, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: run.note(**{f"n{number}": number}), range(100)))
    assert runlog.runs()[0].notes == {f"n{number}": number for number in range(100)}


def test_runs_come_newest_first_and_can_be_chosen_by_command(log: Path) -> None:
    for number in range(5):
        with runlog.record("read" if number % 2 else "extract", arguments={"number": number}):
            pass
    assert [run.arguments["number"] for run in runlog.runs(limit=2)] == [4, 3]
    assert [run.arguments["number"] for run in runlog.runs(command="read")] == [3, 1]


def test_a_run_inside_a_run_is_a_run_of_its_own(log: Path) -> None:
    with runlog.record("study", arguments={}) as outer, runlog.record("extract", arguments={}) as inner:
        inner.result({"of": "inner"})
        outer.note(of="outer")
    assert [(run.command, run.notes, run.result) for run in runlog.runs()] == [
        ("extract", {}, {"of": "inner"}),
        ("study", {"of": "outer"}, {}),
    ]


def test_a_long_batch_plan_is_kept_whole(log: Path) -> None:
    plan = [list(range(first, first + 20)) for first in range(0, 200_000, 20)]
    with runlog.record("extract", arguments={}) as run:
        run.note(batch_plan=plan)
    assert runlog.runs()[0].notes["batch_plan"] == plan


def test_whatever_is_noted_is_kept_as_json(log: Path) -> None:
    @dataclass(frozen=True)
    class Recipe:
        start: int

    with runlog.record("extract", arguments={"output": Path("a/b"), "bad \udcff name": None}) as run:
        run.note(recipe=Recipe(50), rate=np.float32(0.5), layers=np.array([1, 2]), low=-np.inf, names={"b", "a"})
    [kept] = runlog.runs()
    assert kept.arguments == {"output": "a/b", "bad \udcff name": None}
    assert kept.notes == {"recipe": {"start": 50}, "rate": 0.5, "layers": [1, 2], "low": "-inf", "names": ["a", "b"]}
    with closing(sqlite3.connect(log)) as plain:
        assert all(json.loads(data) is not None for (data,) in plain.execute("SELECT data FROM events"))


def folder_in_the_way(path: Path) -> None:
    path.mkdir(parents=True)


def file_for_a_folder(path: Path) -> None:
    path.parent.touch()


def other_file(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("no database, but long enough to be looked at as one " * 10)


@pytest.mark.parametrize("spoil", [folder_in_the_way, file_for_a_folder, other_file])
def test_a_log_that_cannot_be_written_is_said_once_and_the_run_goes_on(
    spoil: Callable[[Path], None], log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(log)
    for _ in range(2):
        with runlog.record("extract", arguments={}) as run:
            run.note(model="pocket")
            run.result({"tokens": 1})
        assert run.id is None
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("affectlab: this run is not logged (")


def test_a_log_that_breaks_half_way_does_not_stop_the_run(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circular: list[Any] = []
    circular.append(circular)
    with runlog.record("extract", arguments={}) as run:
        run.note(circular=circular)
        run.result({"tokens": 1})
    assert "this run is not logged" in capsys.readouterr().err
    assert runlog.runs()[0].status == "unfinished"


def test_a_run_goes_on_while_another_holds_the_log(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runlog, "BUSY_SECONDS", 0.1)
    with closing(runlog.open_log()) as other:
        other.execute("BEGIN IMMEDIATE")
        with runlog.record("extract", arguments={}) as run:
            run.result({})
    assert "database is locked" in capsys.readouterr().err


def test_a_log_that_does_not_exist_holds_no_runs_and_is_not_made_by_looking(log: Path) -> None:
    assert runlog.runs() == []
    assert not log.parent.exists()


def test_a_broken_log_is_named_when_it_is_read(log: Path) -> None:
    other_file(log)
    with pytest.raises(InputError, match=r"runs\.sqlite: cannot read the run log; found file is not a database"):
        runlog.runs()


def test_the_log_is_where_it_is_said_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AFFECTLAB_LOG", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert runlog.log_path() == tmp_path / ".local" / "state" / "affectlab" / "runs.sqlite"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert runlog.log_path() == tmp_path / "state" / "affectlab" / "runs.sqlite"
    monkeypatch.setenv("AFFECTLAB_LOG", str(tmp_path / "log"))
    assert runlog.log_path() == tmp_path / "log"
    assert runlog.log_path(tmp_path / "own") == tmp_path / "own"


def test_the_log_names_no_machine_and_no_user(log: Path) -> None:
    with runlog.record("extract", arguments={}):
        pass
    written = b"".join(path.read_bytes() for path in log.parent.iterdir())
    assert os.uname().nodename.encode() not in written


def test_two_threads_never_write_at_the_same_time(log: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    class Watched:
        """A connection that stays in `execute` long enough to meet another thread there."""

        def __init__(self, connection: sqlite3.Connection) -> None:
            self.connection = connection

        def execute(self, sql: str, row: tuple[Any, ...]) -> None:
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            self.connection.execute(sql, row)
            inside.pop()

        def close(self) -> None:
            self.connection.close()

    with runlog.record("read", arguments={}) as run:
        assert run._connection is not None
        run._connection = Watched(run._connection)  # type: ignore[assignment]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda place: run.note(**{f"fact{place}": place}), range(8)))
    assert most == [1] * 9
    assert len(runlog.runs()[0].notes) == 8
