"""Texts of any file come as a stream, piece by piece where they are long."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectlab.errors import CorpusError
from affectlab.text import passages
from affectlab.text.passages import open_passages

BOOK = "One line,\nand its end.\n\n\nA second paragraph.\n   \nA third\n"


def texts(path: Path, **options: str) -> list[tuple[int, object]]:
    return list(open_passages(path, **options).rows)  # type: ignore[arg-type]


def test_plain_text_comes_by_lines_or_by_paragraphs(tmp_path: Path) -> None:
    book = tmp_path / "book.txt"
    book.write_text("\ufeff" + BOOK, encoding="utf-8")
    paragraphs = ["One line, and its end.", "A second paragraph.", "A third"]
    assert texts(book) == [(n, {"text": text}) for n, text in enumerate(paragraphs, 1)]
    lines = [(1, "One line,"), (2, "and its end."), (5, "A second paragraph."), (7, "A third")]
    assert texts(book, unit="line") == [(n, {"text": text}) for n, text in lines]
    assert open_passages(book).place(2).endswith("book.txt, paragraph 2")


def test_a_text_without_line_ends_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "LONGEST_PIECE", 10)
    (tmp_path / "t.txt").write_text("é" * 35, encoding="utf-8")
    found = [row["text"] for _, row in texts(tmp_path / "t.txt")]  # type: ignore[index]
    assert max(map(len, found)) <= 20
    assert "".join(found).replace(" ", "") == "é" * 35


def test_json_lines_are_known_by_their_beginning_and_may_be_strings(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(json.dumps({"text": "One.", "url": 1}) + "\n", encoding="utf-8")
    assert texts(tmp_path / "a") == [(1, {"text": "One.", "url": 1})]
    (tmp_path / "b.jsonl").write_text('"One."\n', encoding="utf-8")
    assert texts(tmp_path / "b.jsonl") == [(1, {"text": "One."})]


def test_of_parquet_only_what_is_needed_is_read(tmp_path: Path) -> None:
    table = pa.table({"text": ["One.", None], "meta": ["{", "{"], "emotion": ["sad", None], "big": [b"x", b"y"]})
    pq.write_table(table, tmp_path / "t.parquet")
    assert texts(tmp_path / "t.parquet") == [(1, {"text": "One.", "emotion": "sad"}), (2, {})]
    with pytest.raises(CorpusError, match="no column of texts"):
        texts(tmp_path / "t.parquet", column="body")


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such file"):
        texts(tmp_path / "gone.txt")
    with pytest.raises(CorpusError, match="found a folder"):
        texts(tmp_path)
