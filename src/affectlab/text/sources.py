"""Files of rows, read as a stream: JSON lines, or Parquet with the same columns."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import NoReturn, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from affectlab.errors import CorpusError

PARQUET_MAGIC = b"PAR1"
LONGEST_LINE = 64 * 2**20
"""Bytes. A file without line ends must not be read into memory whole."""

PLAN_FILE, CORPUS_FILE = "plan.json", "corpus.parquet"
"""Files of a folder that `write` has made: what was to be written, and the corpus once everything is."""

BATCH_ROWS = 256
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_AS_JSONL = "give one JSON object a line in UTF-8, or Parquet"

Numbered: TypeAlias = Generator[tuple[int, object], None, None]
"""Rows, each with its number, counted from 1."""


@dataclass(frozen=True)
class Source:
    """One file (or rows in memory, without a name) and the rows in it."""

    name: str
    unit: str
    rows: Numbered

    def place(self, number: int) -> str:
        """Where a row is, as errors say it: `stories.jsonl, line 12`."""
        return f"{self.name}, {self.unit} {number}" if self.name else f"{self.unit} {number}"


def open_source(path: str | os.PathLike[str]) -> Source:
    """The rows of a file, recognised by its first bytes or its ending, and read as they are asked for; of a folder that
    `write` has made, its corpus."""
    name = os.fspath(path)
    if any((Path(path) / file).is_file() for file in (PLAN_FILE, CORPUS_FILE)):
        path = name = _finished(Path(path))
    try:
        file = open(path, "rb")  # noqa: SIM115, the generators below close it
        first = file.peek(len(PARQUET_MAGIC))
    except (OSError, ValueError) as error:
        _refuse_opening(name, error)
    if first.startswith(PARQUET_MAGIC) or Path(name).suffix.lower() in (".parquet", ".pq"):
        return Source(name, "row", _parquet_rows(file, name))
    return Source(name, "line", _json_rows(file, name))


def _finished(folder: Path) -> str:
    """The corpus in a folder that `write` has made."""
    found = folder / CORPUS_FILE
    if not found.is_file():
        fix = "give the command that writes it once more: it goes on where it stopped"
        raise CorpusError("this corpus is not finished", where=str(folder), expected=CORPUS_FILE, fix=fix)
    return str(found)


def _refuse_opening(name: str, error: OSError | ValueError) -> NoReturn:
    match error:
        case FileNotFoundError():
            raise CorpusError("no such file", where=name, fix="check the path") from error
        case IsADirectoryError():
            raise CorpusError("cannot read texts", where=name, expected="a file", found="a folder") from error
    found = (error.strerror if isinstance(error, OSError) else None) or str(error)
    raise CorpusError("cannot read this file", where=name, found=found) from error


def _json_rows(file: BufferedReader, name: str) -> Numbered:
    with file:
        number = 0
        while True:
            number += 1
            where = f"{name}, line {number}"
            try:
                line = file.readline(LONGEST_LINE + 1)
            except OSError as error:
                raise CorpusError("cannot read on", where=where, found=error.strerror or str(error)) from error
            if not line:
                return
            text = _decoded(line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line, where)
            if text.strip():
                yield number, _parsed(text, where)


def _decoded(line: bytes, where: str) -> str:
    if b"\0" in line:
        raise CorpusError("a binary file", where=where, expected="text", found="NUL bytes", fix=_AS_JSONL)
    if len(line) > LONGEST_LINE:
        raise CorpusError(
            "a line that is too long", where=where, expected=f"at most {LONGEST_LINE} bytes", fix=_AS_JSONL
        )
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x} at place {error.start + 1}"
        raise CorpusError("not UTF-8 text", where=where, found=found, fix=_AS_JSONL) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parsed(text: str, where: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        begins = text.strip() if len(text) <= 40 else f"{text[:37].lstrip()}..."
        raise CorpusError("not JSON", where=where, expected="one JSON object", found=f"{begins!r} ({error})") from None


def _parquet_rows(file: BufferedReader, name: str) -> Numbered:
    number = 0
    with file:
        try:
            parquet = pq.ParquetFile(file)
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS):
                for row in _plain(batch).to_pylist():
                    number += 1
                    yield number, _with_json(row, f"{name}, row {number}")
        # Arrow raises its own errors, OSError, and UnicodeDecodeError for strings that are not UTF-8.
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            what = f"not a Parquet file, or a damaged one (after row {number})"
            raise CorpusError(what, where=name, found=str(error), fix="write the file again") from error


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Whole numbers that a data frame with gaps has turned into floats become whole again."""
    for name in ("seed", "fold"):
        at = batch.schema.get_field_index(name)
        if at >= 0 and pa.types.is_floating(batch.schema.field(at).type):
            try:
                batch = batch.set_column(at, name, batch.column(at).cast(pa.int64()))
            except pa.ArrowInvalid:
                return batch
    return batch


def _with_json(row: dict[str, object], where: str) -> dict[str, object]:
    """`meta` is kept as JSON text in Parquet, because its keys differ from row to row."""
    if isinstance(row.get("meta"), str):
        row["meta"] = _parsed(str(row["meta"]), f"{where}, meta")
    return row
