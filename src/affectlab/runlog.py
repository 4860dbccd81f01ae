"""What was run: an append-only log in SQLite for its user's eyes alone, which never fails the run that it records.

1. `record` opens a run, and appends an event for each thing learned about it, for its result, or for its error.
2. The database itself refuses to change or delete what was appended.
3. `runs` reads runs back, newest first. A run without an end was killed, or is still going: `unfinished`.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np

from affectlab._version import __version__
from affectlab.errors import AffectlabError, InputError

Status = Literal["ok", "error", "interrupted", "unfinished"]
LogPath = str | os.PathLike[str] | None

BUSY_SECONDS = 10.0
"""How long one process waits while another writes."""

_ENDS: dict[str, Status] = {"result": "ok", "error": "error", "interrupted": "interrupted"}

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    command TEXT NOT NULL,
    arguments TEXT NOT NULL,
    affectlab TEXT NOT NULL,
    python TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    at TEXT NOT NULL,
    seconds REAL NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('started', 'note', 'result', 'error', 'interrupted')),
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of_run ON events (run);
"""

# INSERT OR REPLACE deletes without a DELETE trigger, hence the third.
_APPEND_ONLY = """
CREATE TRIGGER IF NOT EXISTS {table}_stay BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the run log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS {table}_last BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the run log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS {table}_once BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the run log is append-only'); END;
"""


@dataclass(frozen=True)
class Run:
    """One run as the log knows it. Its notes are merged; of two with one name the later holds."""

    id: int
    started: str
    """UTC, ISO 8601."""
    seconds: float | None
    """From start to end; None while unfinished."""
    command: str
    arguments: dict[str, Any]
    notes: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    """What came out; after an error, what went wrong."""
    status: Status = "unfinished"
    affectlab: str = ""
    python: str = ""


class Recorder:
    """A run that is going on: what it learns and what comes out are appended at once."""

    def __init__(self, connection: sqlite3.Connection | None, run: int | None) -> None:
        self.id = run
        self._connection = connection
        self._began = time.monotonic()
        self._lock = Lock()
        self._finished = False

    def note(self, **facts: Any) -> None:
        """Append what is now known: `run.note(model="pocket", hashes={"corpus": "..."})`."""
        self._append("note", facts)

    def result(self, outcome: Mapping[str, Any]) -> None:
        """Append what came out."""
        self._finished = True
        self._append("result", outcome)

    def _append(self, kind: str, data: Mapping[str, Any]) -> None:
        with self._lock:
            if self._connection is None:
                return
            try:
                row = (self.id, _now(), time.monotonic() - self._began, kind, _as_json(data))
                sql = "INSERT INTO events (run, at, seconds, kind, data) VALUES (?, ?, ?, ?, ?)"
                self._connection.execute(sql, row)
            except (sqlite3.Error, ValueError, RecursionError) as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        _warn_once(str(error))
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _end(self, error: BaseException | None) -> None:
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            if not self._finished:
                self._append("result", {})
        elif isinstance(error, KeyboardInterrupt | GeneratorExit):
            self._append("interrupted", {"error": type(error).__name__})
        else:
            fields = error.fields if isinstance(error, AffectlabError) else {"what": str(error)}
            self._append("error", {"error": type(error).__name__, **fields})
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


@contextmanager
def record(command: str, arguments: Mapping[str, Any], *, path: LogPath = None) -> Iterator[Recorder]:
    """Record one run. Its errors pass through; those of the log are said once on standard error, and the run goes on.

    with runlog.record("extract", arguments={"start": 50}) as run:
        run.note(model="pocket")
        run.result({"tokens": 1000})
    """
    recorder = Recorder(None, None) if is_off(path) else _begin(command, arguments, path)
    try:
        yield recorder
    except BaseException as error:
        recorder._end(error)
        raise
    recorder._end(None)


def runs(limit: int = 20, command: str | None = None, *, path: LogPath = None) -> list[Run]:
    """The latest runs, newest first: of one command, or of all. A log that is off or does not exist holds none."""
    where = log_path(path)
    if is_off(path) or not where.exists():
        return []
    chosen = "SELECT id, started, command, arguments, affectlab, python FROM runs"
    try:
        with closing(open_log(where)) as log:
            rows = log.execute(
                f"{chosen} WHERE ?1 IS NULL OR command = ?1 ORDER BY id DESC LIMIT ?2", (command, limit)
            ).fetchall()
            return [_run(log, *row) for row in rows]
    except (sqlite3.Error, OSError) as error:
        fix = "move it away, or name another with AFFECTLAB_LOG"
        raise InputError("cannot read the run log", where=str(where), found=str(error), fix=fix) from error


def is_off(path: LogPath = None) -> bool:
    """Whether AFFECTLAB_LOG says that nothing is to be kept; ./off is a file."""
    return path is None and os.environ.get("AFFECTLAB_LOG") == "off"


def log_path(path: LogPath = None) -> Path:
    """Where the log is: `path`, else the variable AFFECTLAB_LOG, else the user's state folder."""
    if path is not None:
        return Path(path)
    if named := os.environ.get("AFFECTLAB_LOG"):
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "affectlab" / "runs.sqlite"


def open_log(path: LogPath = None) -> sqlite3.Connection:
    """A connection to the log, which is made where there is none. Every statement commits by itself."""
    where = log_path(path)
    where.parent.mkdir(parents=True, exist_ok=True)
    _make_private(where)
    connection = sqlite3.connect(where, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(where: Path) -> None:
    """Readable by its user alone, also a log of an earlier version; SQLite gives its other files the same mode."""
    os.close(os.open(where, os.O_CREAT | os.O_RDONLY, 0o600))
    with suppress(OSError):  # somebody else's log, which is shared on purpose
        where.chmod(0o600)


def _prepare(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        _switch_to_wal(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events_once'").fetchone():
        triggers = "".join(_APPEND_ONLY.format(table=table) for table in ("runs", "events"))
        connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}{triggers}COMMIT;")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for others when it changes the journal, so we do."""
    for _ in range(int(BUSY_SECONDS / 0.05)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)


def _begin(command: str, arguments: Mapping[str, Any], path: LogPath) -> Recorder:
    try:
        connection = open_log(path)
    except (sqlite3.Error, OSError, ValueError, RuntimeError) as error:
        _warn_once(str(error))
        return Recorder(None, None)
    recorder = Recorder(connection, None)
    try:
        row = (_now(), command, _as_json(arguments), __version__, platform.python_version())
        sql = "INSERT INTO runs (started, command, arguments, affectlab, python) VALUES (?, ?, ?, ?, ?)"
        recorder.id = connection.execute(sql, row).lastrowid
        recorder._append("started", {})
    except (sqlite3.Error, ValueError, RecursionError) as error:
        recorder._give_up(error)
    return recorder


@cache
def _warn_once(reason: str) -> None:
    print(f"affectlab: this run is not logged ({reason}); name another log with AFFECTLAB_LOG", file=sys.stderr)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _run(log: sqlite3.Connection, run: int, started: str, command: str, arguments: str, version: str, py: str) -> Run:
    notes: dict[str, Any] = {}
    result: dict[str, Any] = {}
    status: Status = "unfinished"
    ended: float | None = None
    for seconds, kind, data in log.execute("SELECT seconds, kind, data FROM events WHERE run = ? ORDER BY id", (run,)):
        if kind == "note":
            _merge(notes, json.loads(data))
        elif kind in _ENDS:
            result, status, ended = json.loads(data), _ENDS[kind], seconds
    return Run(run, started, ended, command, json.loads(arguments), notes, result, status, version, py)


def _merge(notes: dict[str, Any], more: dict[str, Any]) -> None:
    """Later notes win; objects such as `hashes` grow key by key."""
    for name, value in more.items():
        old = notes.get(name)
        notes[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value


def _as_json(value: object) -> str:
    return json.dumps(_plain(value), allow_nan=False)


def _plain(value: Any) -> Any:
    """Anything as JSON can hold it: arrays as lists, what is not finite or not known as its text."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else str(float(value))
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted((_plain(item) for item in value), key=str)
        case np.ndarray() | np.generic():
            return _plain(value.tolist())
    return _plain(asdict(value)) if is_dataclass(value) and not isinstance(value, type) else str(value)
