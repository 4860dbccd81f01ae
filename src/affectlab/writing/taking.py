"""Texts that exist already, taken as they are, screened, and kept like those that were written here.

    CSV                       one text a row, names of columns in the first line
    JSON lines, Parquet       one object or row a text
    a Hugging Face dataset    a folder made by `save_to_disk`, or one with Parquet files

Columns may have other names than ours; what is missing is filled in where that is harmless: ids are counted, the kind
is the one asked for, and without topics folds go by the texts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from affectlab.errors import CorpusError, InputError, UnknownNameError
from affectlab.files import check_writable
from affectlab.text.rows import FIELDS, PlainRow, check_row
from affectlab.text.screen import Screen
from affectlab.text.sources import open_source
from affectlab.writing.folder import CORPUS, CorpusFolder, Written, write_rejected
from affectlab.writing.work import Outcome, corpus_from, reasons_of

NO_TOPIC = "no topic"
LONGEST_CELL = 2**24


def take(
    source: str | Path,
    path: str | Path,
    *,
    kind: str,
    columns: Mapping[str, str] | None = None,
    screen: Mapping[str, Any] | None = None,
) -> Outcome:
    """Read a set of texts, screen it, and write a corpus and what was rejected into a folder. `columns` says which of
    their columns stands for which of our fields."""
    folder = CorpusFolder(Path(path))
    if (folder.path / CORPUS).exists():
        raise InputError("there is a corpus already", where=str(path), fix="name another folder")
    folder.path.mkdir(parents=True, exist_ok=True)
    check_writable(folder.path / CORPUS)
    judge, rejected = Screen(**dict(screen or {})), list[Written]()

    def usable() -> Iterator[PlainRow]:
        for number, (raw, where) in enumerate(_rows(Path(source)), start=1):
            row = check_row(_named(raw, number, kind, columns or {}, where), where)
            fault = judge.check(row)
            if fault is None:
                yield row
            else:
                rejected.append(Written(row, 0, *fault))

    try:
        accepted = corpus_from(usable(), folder.path, rejected)
    finally:
        write_rejected(folder.path, rejected)
    taken = accepted + len(rejected)
    return Outcome(folder.path / CORPUS, taken, accepted, len(rejected), reasons_of(rejected))


def _named(raw: Mapping[str, Any], number: int, kind: str, columns: Mapping[str, str], where: str) -> dict[str, Any]:
    """A row under our names, with what can be filled in."""
    theirs = set(raw)
    for field, column in columns.items():
        if field not in FIELDS:
            raise UnknownNameError("field", field, FIELDS, where="--columns")
        if column not in theirs:
            raise UnknownNameError("column", column, theirs, where=where)
    renamed = {column: field for field, column in columns.items()}
    row = {renamed.get(name, name): value for name, value in raw.items()}
    # With named columns the others are nobody's business; without them a strange one is a mistake to be told of.
    if columns:
        row = {name: value for name, value in row.items() if name in FIELDS}
    return {"id": f"row-{number:06d}", "kind": kind, "topic": NO_TOPIC, **_present(row)}


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _rows(source: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The rows of a file or a dataset folder, each with where it stands."""
    if source.is_dir():
        yield from _dataset(source)
    elif source.suffix.lower() in (".csv", ".tsv"):
        yield from _csv(source)
    else:
        opened = open_source(source)
        with closing(opened.rows):
            for number, row in opened.rows:
                if not isinstance(row, Mapping):
                    raise CorpusError("a row that is not an object", where=opened.place(number), expected="{...}")
                yield row, opened.place(number)


def _csv(path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if None in row or None in row.values():
                    found = f"{len(row) if None not in row else 'more'} cells"
                    raise CorpusError("a row with other columns than the first line", where=where, found=found)
                yield {name: json.loads(cell) if name == "turns" else cell or None for name, cell in row.items()}, where
    except FileNotFoundError:
        raise CorpusError("no such file", where=str(path), fix="check the path") from None
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise CorpusError("cannot read this file", where=str(path), found=str(error), fix="give UTF-8 CSV") from error


def _dataset(folder: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Arrow files as `save_to_disk` leaves them, or Parquet files."""
    arrow, parquet = (sorted(folder.rglob(f"*.{ending}")) for ending in ("arrow", "parquet"))
    if not arrow and not parquet:
        expected = "*.arrow or *.parquet in it"
        raise CorpusError("this folder holds no dataset", where=str(folder), expected=expected)
    for path in parquet if not arrow else []:
        yield from _rows(path)
    for path in arrow:
        number = 0
        try:
            with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as stream:
                for batch in stream:
                    for row in batch.to_pylist():
                        number += 1
                        yield row, f"{path}, row {number}"
        except (pa.ArrowException, OSError) as error:
            raise CorpusError("not a dataset, or a damaged one", where=str(path), found=str(error)) from error
