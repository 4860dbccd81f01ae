"""Where the rows of a corpus stand: short columns in memory, texts and turns in a temporary file.

A text is read when it is asked for, so memory does not grow with the texts. A few megabytes never reach the disk.
"""

from __future__ import annotations

import json
import tempfile
import weakref
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from affectlab.core import Bools, Ints
from affectlab.errors import CorpusError
from affectlab.text.rows import FIELDS, PlainRow

TURN_TYPE = pa.struct([("role", pa.string()), ("content", pa.string()), ("emotion", pa.string())])
COLUMN_TYPES: dict[str, pa.DataType] = {"turns": pa.list_(TURN_TYPE), "seed": pa.int64(), "fold": pa.int64()}
"""The columns that do not hold strings; `meta` is JSON text."""

BODIES = ("text", "turns", "meta")
"""The columns that may be long."""
BODY_ROWS = 64
"""Rows that are read from the file together: more make a single text slow, fewer make the file large."""
IN_MEMORY = 4 * 2**20
"""Bytes of long columns that are held in memory instead."""


class _Scratch:
    """A temporary file that is closed, and with it removed, when nobody holds it any more."""

    def __init__(self) -> None:
        self.file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self.file.close)


class Shelf:
    """All rows of a corpus, by number."""

    def __init__(self, columns: pa.Table, scratch: _Scratch, bodies: pa.RecordBatchFileReader, used: list[str]) -> None:
        self.columns, self.used = columns, used
        self._scratch = scratch
        self._bodies = bodies
        self._open: tuple[int, pa.RecordBatch] | None = None

    def __len__(self) -> int:
        return len(self.columns)

    @cached_property
    def chats(self) -> Bools:
        """Which rows are conversations."""
        if "turns" not in self.used:
            return np.zeros(len(self), dtype=np.bool_)
        batches = (self._bodies.get_batch(at) for at in range(self._bodies.num_record_batches))
        return np.concatenate([batch.column("turns").is_valid().to_numpy(zero_copy_only=False) for batch in batches])

    def row(self, number: int) -> PlainRow:
        """A row as it would stand in JSON, without fields that are null."""
        values = {name: self.columns[name][number].as_py() for name in self.columns.column_names}
        values |= {name: self.body(number, name) for name in BODIES}
        row = {name: values[name] for name in FIELDS if values.get(name) is not None}
        if "turns" in row:
            row["turns"] = [{name: value for name, value in turn.items() if value is not None} for turn in row["turns"]]
        if "meta" in row:
            row["meta"] = json.loads(row["meta"])
        return row

    def body(self, number: int, column: str) -> Any:
        """The value of one long column, None where the row has none."""
        return self._batch(number // BODY_ROWS).column(column)[number % BODY_ROWS].as_py()

    def table(self, rows: Ints) -> pa.Table:
        """These rows with every column that is used, in the order of the schema."""
        pieces = [self._piece(start, end) for start, end in _runs(rows)]
        return pa.concat_tables(pieces).select(self.used)

    def _piece(self, start: int, end: int) -> pa.Table:
        first = start // BODY_ROWS
        batches = [self._batch(at) for at in range(first, -(-end // BODY_ROWS))]
        piece = self.columns.slice(start, end - start)
        bodies = pa.Table.from_batches(batches).slice(start - first * BODY_ROWS, end - start)
        for name in BODIES:
            piece = piece.append_column(name, bodies[name])
        return piece

    def _batch(self, at: int) -> pa.RecordBatch:
        opened = self._open
        if opened is None or opened[0] != at:
            # Kept, since rows are mostly asked for in order.
            self._open = opened = (at, self._bodies.get_batch(at))
        return opened[1]


class ShelfWriter:
    """Rows on their way to a shelf."""

    def __init__(self) -> None:
        self._file = _Scratch()
        self._sink = pa.PythonFile(self._file.file, mode="w")
        schema = pa.schema([(name, COLUMN_TYPES.get(name, pa.string())) for name in BODIES])
        self._bodies = pa.ipc.new_file(self._sink, schema)
        self._tables: list[pa.Table] = []
        self._waiting: list[PlainRow] = []
        self._used: set[str] = set()

    def add(self, row: PlainRow) -> None:
        self._waiting.append(row)
        if len(self._waiting) == BODY_ROWS:
            self._store()

    def shelf(self) -> Shelf | None:
        """Everything added; None if that is nothing."""
        self._store()
        self._bodies.close()
        if not self._tables:
            return None
        columns = pa.concat_tables(self._tables, promote_options="default").combine_chunks()
        bodies = pa.ipc.open_file(pa.PythonFile(self._file.file, mode="r"))
        # Arrow keeps freed memory for itself: after reading that is more than the corpus.
        self._tables = []
        pa.default_memory_pool().release_unused()
        return Shelf(columns, self._file, bodies, [name for name in FIELDS if name in self._used])

    def _store(self) -> None:
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        used = [name for name in FIELDS if any(name in row for row in rows)]
        self._used.update(used)
        self._tables.append(pa.table({name: _column(rows, name) for name in used if name not in BODIES}))
        try:
            self._bodies.write_batch(pa.record_batch([_column(rows, name) for name in BODIES], names=list(BODIES)))
        except OSError as error:
            raise CorpusError(
                "the temporary copy of the texts cannot be written",
                where=tempfile.gettempdir(),
                found=str(error),
                fix="make room there, or set TMPDIR to a folder with more",
            ) from error


def _column(rows: list[PlainRow], name: str) -> pa.Array[Any]:
    values = [row.get(name) for row in rows]
    if name == "meta":
        values = [None if value is None else json.dumps(value, sort_keys=True) for value in values]
    return pa.array(values, type=COLUMN_TYPES.get(name, pa.string()))


def _runs(rows: Ints) -> list[tuple[int, int]]:
    """Rows as runs of neighbours: taking them one by one would copy whole columns each time."""
    starts = np.flatnonzero(np.diff(rows, prepend=rows[0] - 2) != 1)
    ends = np.append(starts[1:], len(rows))
    return [(int(rows[start]), int(rows[end - 1]) + 1) for start, end in zip(starts, ends, strict=True)]
