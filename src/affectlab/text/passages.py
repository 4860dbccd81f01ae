"""Texts of any file as a stream: Parquet, JSON lines, or plain text by lines or by paragraphs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from affectlab.errors import CorpusError
from affectlab.text.sources import BATCH_ROWS, PARQUET_MAGIC, Numbered, Source, open_source

LONGEST_PIECE = 65_536
"""Characters of plain text that are taken at once; a longer line or paragraph comes in pieces."""

Unit: TypeAlias = Literal["line", "paragraph"]
"""What a text is in a file of plain text. Paragraphs are parted by empty lines."""

LABELS = ("kind", "emotion")
"""Columns of a Parquet file that are read beside its texts; the others of a large data set are left alone."""

_PARQUET, _JSON = (".parquet", ".pq"), (".jsonl", ".ndjson", ".json")


def open_passages(path: str | os.PathLike[str], unit: Unit = "paragraph", column: str = "text") -> Source:
    """The rows of a file, read as they are asked for: of plain text they are `{"text": ...}`.

    Parquet and JSON lines are known by their ending or their first bytes (a line that begins with a brace); a line of
    JSON that is a string is a text. `column` is where a Parquet file has its texts, unless it has `turns`.
    """
    name, beginning = os.fspath(path), _beginning(path)
    ending = Path(name).suffix.lower()
    if ending in _PARQUET or beginning.startswith(PARQUET_MAGIC):
        return Source(name, "row", _parquet(name, column))
    if beginning is _UNREAD or ending in _JSON or beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        source = open_source(path)
        return Source(source.name, source.unit, _as_texts(source.rows))
    return Source(name, unit, _plain(name, unit))


_UNREAD = b"?"


def _beginning(path: str | os.PathLike[str]) -> bytes:
    """The first bytes of a file; of a folder or what cannot be opened nothing, and `open_source` says why."""
    try:
        with open(path, "rb") as file:
            return file.read(4096)
    except (OSError, ValueError):
        return _UNREAD


def _parquet(name: str, column: str) -> Numbered:
    number = 0
    try:
        with pq.ParquetFile(name) as parquet:
            names = parquet.schema_arrow.names
            if not {column, "turns"} & set(names):
                expected = f"{column} or turns"
                raise CorpusError("no column of texts", where=name, expected=expected, found=", ".join(names[:8]))
            columns = [field for field in dict.fromkeys((column, "turns", *LABELS)) if field in names]
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {field: value for field, value in row.items() if value is not None}
    # Arrow raises its own errors, OSError, and UnicodeDecodeError for strings that are not UTF-8.
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        what = f"not a Parquet file, or a damaged one (after row {number})"
        raise CorpusError(what, where=name, found=str(error), fix="write the file again") from error


def _as_texts(rows: Numbered) -> Numbered:
    try:
        for number, row in rows:
            yield number, {"text": row} if isinstance(row, str) else row
    finally:
        rows.close()


def _plain(name: str, unit: Unit) -> Numbered:
    with open(name, encoding="utf-8-sig") as file:
        lines = _lines(file, name)
        for number, text in enumerate(lines if unit == "line" else _paragraphs(lines), 1):
            if text.strip():
                yield number, {"text": text.strip()}


def _lines(file: TextIO, name: str) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        where = f"{name}, line {number}"
        try:
            line = file.readline(LONGEST_PIECE)
        except UnicodeDecodeError as error:
            found = f"byte 0x{error.object[error.start]:02x}"
            raise CorpusError("not UTF-8 text", where=where, found=found, fix="give text in UTF-8") from None
        except OSError as error:
            raise CorpusError("cannot read on", where=where, found=error.strerror or str(error)) from error
        if "\0" in line:
            fix = "give plain text, JSON lines or Parquet"
            raise CorpusError("a binary file", where=where, expected="text", found="NUL bytes", fix=fix)
        if not line:
            return
        yield line


def _paragraphs(lines: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for line in lines:
        if held and (not line.strip() or size + len(line) > LONGEST_PIECE):
            yield " ".join(held)
            held, size = [], 0
        if line.strip():
            held.append(line.strip())
            size += len(line)
    if held:
        yield " ".join(held)
