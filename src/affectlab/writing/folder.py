"""The folder of a corpus that is being written: its plan, its shards, and in the end the corpus.

    plan.json        what decides every text: settings, writer, prompts, sampling, screen
    plan.parquet     one row a planned text, to look at
    shards/          what was written, accepted or not, a file a shard, each whole or not there
    corpus.parquet   the accepted texts, once all shards are done
    rejected.parquet the others, with their reasons: what people look at, and the whole row
    lock             held while somebody writes

A run that was killed finds its finished shards, and does the others again from the same seeds.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from affectlab.errors import InputError, OutputError
from affectlab.files import TEMPORARY, atomic_write, refusal
from affectlab.text.reading import read_corpus
from affectlab.text.rows import PlainRow, canonical
from affectlab.text.sources import CORPUS_FILE, PLAN_FILE
from affectlab.writing.plan import Plan

PLAN, CORPUS = PLAN_FILE, CORPUS_FILE
TABLE, SHARDS, REJECTED, LOCK = "plan.parquet", "shards", "rejected.parquet", "lock"

_COLUMNS: dict[str, pa.DataType] = {
    "row": pa.string(),
    "attempt": pa.int64(),
    "reason": pa.string(),
    "found": pa.string(),
}
_SCHEMA = pa.schema(_COLUMNS)
_SHOWN: dict[str, pa.DataType] = {"id": pa.string(), **_COLUMNS, "text": pa.string()}
_REJECTED_SCHEMA = pa.schema(_SHOWN)


@dataclass(frozen=True)
class Written:
    """A text as it came, and why it may not be used if it may not."""

    row: PlainRow
    attempt: int
    reason: str | None = None
    found: str | None = None


@dataclass(frozen=True)
class CorpusFolder:
    """The files of a corpus. `opened` gives one that nobody else writes to."""

    path: Path

    def shard(self, number: int) -> Path:
        return self.path / SHARDS / f"{number:05d}.parquet"

    def done(self, number: int) -> bool:
        return self.shard(number).is_file()

    def keep(self, number: int, texts: Sequence[Written]) -> None:
        """Write a shard, whole or not at all."""
        with atomic_write(self.shard(number)) as temporary:
            pq.write_table(pa.table(_columns(texts), schema=_SCHEMA), temporary, compression="zstd")

    def texts(self, number: int) -> list[Written]:
        """What a shard holds."""
        path = self.shard(number)
        try:
            return [_written(row) for row in pq.read_table(path, schema=_SCHEMA).to_pylist()]
        except (pa.ArrowException, OSError, ValueError) as error:
            found = str(error).splitlines()[0]
            fix = "remove this file; it is then written again"
            raise InputError("a shard cannot be read", where=str(path), found=found, fix=fix) from error

    def all_texts(self, shards: int) -> Iterator[Written]:
        """Every text of so many shards: in the order of the plan, and then what was asked for again."""
        for number in range(shards):
            yield from self.texts(number)


def _columns(texts: Sequence[Written]) -> dict[str, list[Any]]:
    return {
        "row": [canonical(text.row).decode() for text in texts],
        "attempt": [text.attempt for text in texts],
        "reason": [text.reason for text in texts],
        "found": [text.found for text in texts],
    }


def _written(row: Mapping[str, Any]) -> Written:
    return Written(json.loads(row["row"]), row["attempt"], row["reason"], row["found"])


def write_rejected(path: Path, rejected: Sequence[Written]) -> None:
    """Every rejected text as a table: its id, reason and text for people, and the row as it stands in a corpus."""
    columns = {
        "id": [text.row["id"] for text in rejected],
        **_columns(rejected),
        "text": [_told(text.row) for text in rejected],
    }
    with atomic_write(path / REJECTED) as temporary:
        pq.write_table(pa.table(columns, schema=_REJECTED_SCHEMA), temporary, compression="zstd")


def finished_texts(path: Path) -> Iterator[Written]:
    """The texts of a folder that is done, the accepted ones and then the rejected ones."""
    corpus = read_corpus(path / CORPUS)
    for place in range(len(corpus)):
        yield Written(corpus.row(place), 0)
    for row in pq.read_table(path / REJECTED).to_pylist():
        yield _written(row)


def _told(row: PlainRow) -> str:
    """The text of a row, or its turns as they would be printed."""
    if "text" in row:
        return str(row["text"])
    return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in row["turns"])


def settings_begun(path: str | os.PathLike[str], name: str) -> Any:
    """What the plan of a folder says of a setting; None where no run began or the setting is not in it."""
    target = Path(path) / PLAN
    return _read_plan(target).get(name) if target.is_file() else None


@contextmanager
def opened(path: str | os.PathLike[str], plan: Plan, facts: Mapping[str, Any]) -> Iterator[CorpusFolder]:
    """The folder, made or found, locked while the body runs. `facts` are what decides the texts beside the plan: a
    folder that was begun with others is refused."""
    folder = CorpusFolder(Path(path))
    try:
        (folder.path / SHARDS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        found = error.strerror or str(error)
        raise OutputError("this folder cannot be made", where=str(path), found=found, fix="choose another") from error
    with _locked(folder.path):
        for left in (*folder.path.glob(f"{TEMPORARY}*"), *(folder.path / SHARDS).glob(f"{TEMPORARY}*")):
            left.unlink()  # half written by a run that was killed; nobody else writes here now
        _check_same(folder.path, {"settings": plan.settings.as_dict(), **facts}, plan)
        yield folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The lock belongs to the process: when that ends, in whatever way, it is free."""
    with open(path / LOCK, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise OutputError(
                "somebody else is writing to this folder",
                where=str(path),
                found=f"process {file.read().strip() or 'unknown'}",
                fix="wait for it to end, or name another folder",
            ) from None
        try:
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), str(os.getpid()).encode())
        except OSError as error:
            raise refusal(path / LOCK, error) from error
        yield


def _check_same(path: Path, facts: Mapping[str, Any], plan: Plan) -> None:
    """Lay the plan down, or see that the one that is there is the same."""
    wanted = json.loads(json.dumps(facts))
    target = path / PLAN
    if not target.is_file():
        if any((path / SHARDS).iterdir()):
            raise InputError("a folder with shards and no plan", where=str(path), fix="name another folder")
        with atomic_write(path / TABLE) as temporary:
            pq.write_table(plan.table(), temporary, compression="zstd")
        with atomic_write(target) as temporary:
            Path(temporary).write_text(json.dumps(wanted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    there = _read_plan(target)
    different = _differences(there, wanted)
    if different:
        raise InputError(
            "this folder was begun with other settings",
            where=str(path),
            expected="; ".join(f"{name} {_short(there_value)}" for name, there_value, _ in different[:3]),
            found="; ".join(f"{name} {_short(value)}" for name, _, value in different[:3]),
            fix="give the same command again, or name another folder",
        )


def _read_plan(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("the plan cannot be read", where=str(path), found=str(error)) from error
    if not isinstance(found, dict):
        raise InputError("the plan cannot be read", where=str(path), expected="a JSON object")
    return found


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], within: str = "") -> list[tuple[str, Any, Any]]:
    """Where two plans differ: the name of a setting and both its values."""
    found: list[tuple[str, Any, Any]] = []
    for name in sorted({*one, *other}):
        left, right = one.get(name), other.get(name)
        if isinstance(left, dict) and isinstance(right, dict):
            found += _differences(left, right, f"{within}{name}.")
        elif left != right:
            found.append((f"{within}{name}", left, right))
    return found


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
