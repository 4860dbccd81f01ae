"""A corpus: labelled texts in columns, with their folds and the hash of their content.

A corpus is a view: rows chosen from one shared shelf. Choosing a part copies no text, and every row keeps the fold it
has in the whole.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from affectlab.core import Bools, Ints
from affectlab.errors import CorpusError, UnknownNameError
from affectlab.files import atomic_write
from affectlab.text.rows import KINDS, PlainRow
from affectlab.text.shelf import Shelf

Names = NDArray[np.object_]
"""One string per row."""

GROUP_ROWS = 16_384
"""Rows in one group of a Parquet file."""


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """Labelled texts. `read_corpus` and `corpus_of` make one; everything indexed by i speaks of row i of this view."""

    shelf: Shelf
    """Every row of the files read, in their order."""
    row_hashes: NDArray[np.uint8]
    """[rows of the shelf, 32]: SHA-256 of each row's canonical JSON."""
    shelf_folds: Ints
    fold_rule: str
    """How folds were chosen: topic, topics (fewer than ten), text hash (fewer than three topics), or given."""
    rows: Ints
    """Which rows of the shelf this corpus has."""

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        kinds = ", ".join(sorted(set(self.kinds)))
        return f"Corpus({len(self)} rows: {kinds}; {len(self.emotions)} emotions; hash {self.hash[:12]})"

    def row(self, i: int) -> PlainRow:
        """Row i as it would stand in JSON, without fields that are null."""
        return self.shelf.row(int(self.rows[i]))

    def text(self, i: int) -> str:
        """The text of row i, which must not be a conversation."""
        text = self.shelf.body(int(self.rows[i]), "text")
        if text is None:
            raise CorpusError("this row is a conversation", where=f"row {self.ids[i]!r}", fix="read its turns")
        return str(text)

    def turns(self, i: int) -> list[dict[str, str]]:
        """The turns of row i, which must be a conversation: `[{"role", "content", "emotion"?}]`."""
        turns: list[dict[str, str]] | None = self.row(i).get("turns")
        if turns is None:
            raise CorpusError("this row is no conversation", where=f"row {self.ids[i]!r}", fix="read its text")
        return turns

    def subset(self, chosen: Sequence[int] | Ints | Bools) -> Corpus:
        """These rows, by number or by a mask, in the order given."""
        picked = np.asarray(chosen)
        rows = self.rows[picked] if picked.size else self.rows[:0]
        return Corpus(self.shelf, self.row_hashes, self.shelf_folds, self.fold_rule, rows)

    def select(self, *, kind: str) -> Corpus:
        """The rows of one kind, such as `stories`."""
        if kind not in KINDS:
            raise UnknownNameError("kind", kind, KINDS)
        return self.subset(self.kinds == kind)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content: the same whatever the order of rows and the format of files."""
        words = self.row_hashes[self.rows].view(">u8").reshape(-1, 4)
        return sha256(words[np.lexsort(words.T[::-1])].tobytes()).hexdigest()

    @cached_property
    def ids(self) -> Names:
        return _fixed(self.shelf.columns["id"].to_numpy().astype(object)[self.rows])

    @cached_property
    def kinds(self) -> Names:
        return self._names("kind")

    @cached_property
    def topics(self) -> Names:
        return self._names("topic")

    @cached_property
    def writers(self) -> tuple[str, ...]:
        """Who wrote the texts, sorted; empty where the rows do not say."""
        if "writer" not in self.shelf.columns.column_names:
            return ()
        return tuple(sorted({str(writer) for writer in self._names("writer") if writer}))

    @cached_property
    def folds(self) -> Ints:
        """The fold of each row: 0 to 9 at most."""
        return _fixed(self.shelf_folds[self.rows])

    @cached_property
    def chats(self) -> Bools:
        """Which rows are conversations (`turns`) and not plain texts."""
        return _fixed(self.shelf.chats[self.rows])

    @cached_property
    def emotions(self) -> tuple[str, ...]:
        """The labels of the stories, sorted."""
        return tuple(sorted(set(self._story_emotions)))

    @cached_property
    def labels(self) -> Ints:
        """For each row the place of its emotion in `emotions`; -1 for every row that is not a story."""
        places = {emotion: place for place, emotion in enumerate(self.emotions)}
        labels = np.full(len(self), -1, dtype=np.int64)
        labels[self.kinds == "stories"] = [places[emotion] for emotion in self._story_emotions]
        return _fixed(labels)

    @property
    def _story_emotions(self) -> Names:
        if "emotion" not in self.shelf.columns.column_names:
            return np.array([], dtype=object)
        emotions: Names = self._names("emotion")[self.kinds == "stories"]
        return emotions

    def _names(self, column: str) -> Names:
        codes, names = coded(self.shelf.columns, column)
        return _fixed(np.array(names, dtype=object)[codes[self.rows]])


def coded(table: pa.Table, column: str) -> tuple[Ints, list[str]]:
    """A column of strings as places in a list of its distinct values; null is the empty string."""
    # The stubs of pyarrow do not know the members of a dictionary array.
    filled: Any = pc.fill_null(table[column], pa.scalar(""))
    chunks = filled.dictionary_encode().unify_dictionaries().chunks
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks]).astype(np.int64)
    return codes, chunks[0].dictionary.to_pylist()


def write_parquet(corpus: Corpus, path: str | os.PathLike[str]) -> None:
    """Write the rows to one Parquet file, whole or not at all; `read_corpus` gives the same corpus back."""
    schema = corpus.shelf.table(np.arange(1)).schema
    with atomic_write(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as file:
        for first in range(0, len(corpus), GROUP_ROWS):
            file.write_table(corpus.shelf.table(corpus.rows[first : first + GROUP_ROWS]))


Number = TypeVar("Number", bound=np.generic)


def _fixed(array: NDArray[Number]) -> NDArray[Number]:
    array.setflags(write=False)
    return array
