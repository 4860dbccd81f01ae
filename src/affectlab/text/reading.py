"""From files or rows to a corpus, as a stream: each row is checked, hashed, and put on a shelf.

1. Every row passes the schema.
2. Rows are put on a shelf, which holds long texts in a temporary file.
3. No id and no text may occur twice; only their hashes are kept to see it.
4. Folds are dealt when all topics are known.
"""

from __future__ import annotations

import os
import unicodedata
from array import array
from collections.abc import Iterable, Mapping
from contextlib import closing
from hashlib import blake2b, sha256
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectlab.core import Ints
from affectlab.errors import CorpusError
from affectlab.text.corpus import Corpus, coded
from affectlab.text.folds import GIVEN, Folds, folds_by_topic
from affectlab.text.rows import PlainRow, canonical, check_row
from affectlab.text.shelf import ShelfWriter
from affectlab.text.sources import Source, open_source

DIGEST_BYTES = 16

FilePath: TypeAlias = str | os.PathLike[str]


def read_corpus(paths: FilePath | Iterable[FilePath]) -> Corpus:
    """Read one or more files of rows, JSON lines or Parquet, as one corpus.

    >>> read_corpus("nowhere.jsonl")
    Traceback (most recent call last):
        ...
    affectlab.errors.CorpusError: nowhere.jsonl: no such file; check the path
    """
    listed = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    intake = _Intake()
    for path in listed:
        source = open_source(path)
        with closing(source.rows):
            intake.take(source)
    return intake.corpus(", ".join(os.fspath(path) for path in listed))


def corpus_of(rows: Iterable[Mapping[str, Any]]) -> Corpus:
    """A corpus of rows in memory.

    >>> rows = [{"id": "s1", "kind": "stories", "topic": "a late train", "emotion": "calm", "text": "She waited."}]
    >>> corpus_of(rows).emotions
    ('calm',)
    """
    intake = _Intake()
    intake.take(Source("", "row", ((number, row) for number, row in enumerate(rows, start=1))))
    return intake.corpus("rows")


class _Intake:
    """Rows on their way into a corpus."""

    def __init__(self) -> None:
        self.writer = ShelfWriter()
        self.hashes = bytearray()
        self.id_digests = bytearray()
        self.text_digests = bytearray()
        self.numbers = array("q")
        self.sources: list[tuple[int, Source]] = []

    def take(self, source: Source) -> None:
        self.sources.append((len(self.numbers), source))
        for number, raw in source.rows:
            where = source.place(number)
            row = check_row(raw, where)
            exact = canonical(row, where)
            self.hashes += sha256(exact).digest()
            self.id_digests += _digest(row["id"])
            self.text_digests += _digest(_content(row))
            self.numbers.append(number)
            self.writer.add(row)

    def corpus(self, name: str) -> Corpus:
        shelf = self.writer.shelf()
        if shelf is None:
            raise CorpusError("no rows", where=name, expected="at least one labelled text", fix="give texts")
        table = shelf.columns
        self._refuse_twice(table, self.id_digests, "an id that is used twice", "give every row its own id")
        self._refuse_twice(table, self.text_digests, "a text that occurs twice", "remove one of them")
        folds = self._folds(table)
        hashes = np.frombuffer(bytes(self.hashes), dtype=np.uint8).reshape(-1, 32)
        return Corpus(shelf, hashes, folds.folds, folds.rule, np.arange(len(shelf)))

    def _refuse_twice(self, table: pa.Table, digests: bytearray, what: str, fix: str) -> None:
        pair = _first_repeated(_words(digests))
        if pair is None:
            return
        first, second = (f"{table['id'][row].as_py()!r} ({self._place(row)})" for row in pair)
        raise CorpusError(what, where=self._place(pair[1]), found=f"{second} after {first}", fix=fix)

    def _place(self, row: int) -> str:
        source = next(source for first, source in reversed(self.sources) if first <= row)
        return source.place(self.numbers[row])

    def _folds(self, table: pa.Table) -> Folds:
        if "fold" in table.column_names:
            given = table["fold"]
            if given.null_count:
                place = self._place(given.is_null().index(True).as_py())
                raise CorpusError(
                    "a row without a fold among rows with one", where=place, fix="give every row a fold, or none"
                )
            return Folds(given.to_numpy(), GIVEN)
        topics, names = coded(table, "topic")
        kinds, kind_names = coded(table, "kind")
        stories = np.array([name == "stories" for name in kind_names])[kinds]
        return folds_by_topic(topics, names, stories, _words(self.text_digests)[:, 0])


def _content(row: PlainRow) -> str:
    """What must not occur twice: the words of a row, however they are composed or spaced."""
    spoken = row["text"] if "text" in row else "\0".join(f"{turn['role']}: {turn['content']}" for turn in row["turns"])
    return " ".join(unicodedata.normalize("NFC", spoken).split())


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()


def _words(digests: bytearray) -> NDArray[np.uint64]:
    """Digests as [rows, 2] numbers, the same on every machine."""
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64).reshape(-1, 2)


def _first_repeated(words: NDArray[np.uint64]) -> tuple[int, int] | None:
    """The first row whose digest occurred before, after the row where it did."""
    order: Ints = np.lexsort(words.T)
    repeated = np.flatnonzero((words[order[1:]] == words[order[:-1]]).all(axis=1))
    if not repeated.size:
        return None
    at = repeated[np.argmin(order[repeated + 1])]
    return int(order[at]), int(order[at + 1])
