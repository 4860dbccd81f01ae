"""What is read is what was written, whatever the order and the format."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.errors import CorpusError, OutputError, UnknownNameError
from affectlab.text import Corpus, corpus_of, read_corpus, write_parquet

Row = dict[str, Any]
MakeRow = Callable[..., Row]
WriteLines = Callable[..., Path]

visible = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: f"a{text}")


def by_id(corpus: Corpus) -> dict[str, Row]:
    return {corpus.ids[i]: corpus.row(i) for i in range(len(corpus))}


def test_rows_come_back_as_they_were_given(rows: list[Row]) -> None:
    corpus = corpus_of(rows)
    assert [corpus.row(i) for i in range(len(corpus))] == rows


def test_json_lines_and_parquet_give_the_same_rows_and_the_same_hash(
    rows: list[Row], tmp_path: Path, write_lines: WriteLines
) -> None:
    lines = read_corpus(write_lines(tmp_path / "rows.jsonl", *rows))
    write_parquet(lines, tmp_path / "rows.parquet")
    parquet = read_corpus(tmp_path / "rows.parquet")
    assert [parquet.row(i) for i in range(len(parquet))] == rows
    assert parquet.hash == lines.hash == corpus_of(rows).hash
    assert parquet.fold_rule == lines.fold_rule
    np.testing.assert_array_equal(parquet.folds, lines.folds)


def test_parquet_has_the_columns_of_the_rows(rows: list[Row], tmp_path: Path) -> None:
    write_parquet(corpus_of(rows), tmp_path / "rows.parquet")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert set(table.column_names) == {name for row in rows for name in row}
    turns = table.filter(np.array(["turns" in row for row in rows]))["turns"][0].as_py()
    assert [turn["content"] for turn in turns] == [turn["content"] for turn in rows[40]["turns"]]


def test_parquet_is_recognised_by_its_content_not_its_name(rows: list[Row], tmp_path: Path) -> None:
    write_parquet(corpus_of(rows), tmp_path / "rows.jsonl")
    assert read_corpus(tmp_path / "rows.jsonl").hash == corpus_of(rows).hash


def test_order_and_division_into_files_do_not_change_the_hash(
    rows: list[Row], tmp_path: Path, write_lines: WriteLines
) -> None:
    one = read_corpus(write_lines(tmp_path / "one.jsonl", *rows))
    last, first = write_lines(tmp_path / "b.jsonl", *rows[20:]), write_lines(tmp_path / "a.jsonl", *rows[:20][::-1])
    two = read_corpus([last, first])
    assert two.hash == one.hash
    assert by_id(two) == by_id(one)
    assert dict(zip(two.ids, two.folds, strict=True)) == dict(zip(one.ids, one.folds, strict=True))


def test_a_corpus_of_several_batches_is_the_same_corpus(story: MakeRow, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [story(number, **({"seed": number} if number > 30 else {})) for number in range(50)]
    whole = corpus_of(rows)
    expected = by_id(whole)
    monkeypatch.setattr("affectlab.text.shelf.BODY_ROWS", 7)
    monkeypatch.setattr("affectlab.text.shelf.IN_MEMORY", 100)
    batched = corpus_of(rows)
    assert batched.hash == whole.hash
    assert by_id(batched) == expected
    assert batched.emotions == whole.emotions
    np.testing.assert_array_equal(batched.labels, whole.labels)
    np.testing.assert_array_equal(batched.folds, whole.folds)


@given(
    rows=st.lists(st.tuples(visible, visible), min_size=1, max_size=8, unique_by=lambda pair: "".join(pair[1].split())),
    data=st.data(),
)
def test_any_order_has_one_hash_and_any_changed_character_another(
    rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    made: list[Row] = [
        {"id": f"{i}", "kind": "shown", "topic": "one", "text": f"{i} {text}", "scenario": scenario}
        for i, (scenario, text) in enumerate(rows)
    ]
    corpus = corpus_of(made)
    assert corpus_of(data.draw(st.permutations(made))).hash == corpus.hash
    row = data.draw(st.sampled_from(made))
    name = data.draw(st.sampled_from(["text", "scenario", "topic", "id"]))
    at = data.draw(st.integers(0, len(row[name]) - 1))
    # A letter that no generated id, topic or text begins with, so that nothing becomes equal to another row.
    row[name] = f"{row[name][:at]}{'ß' if row[name][at] != 'ß' else 'ẞ'}{row[name][at + 1 :]}"
    assert corpus_of(made).hash != corpus.hash


def test_the_hash_is_what_the_documentation_says(rows: list[Row]) -> None:
    from hashlib import sha256

    exact = [json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for row in rows]
    assert (
        corpus_of(rows).hash == sha256(b"".join(sorted(sha256(text.encode()).digest() for text in exact))).hexdigest()
    )


def test_columns_speak_of_the_rows(rows: list[Row]) -> None:
    corpus = corpus_of(rows)
    assert corpus.emotions == ("afraid", "at ease", "calm")
    assert list(corpus.ids) == [row["id"] for row in rows]
    assert list(corpus.topics) == [row["topic"] for row in rows]
    assert list(corpus.kinds) == [row["kind"] for row in rows]
    assert [corpus.emotions[label] if label >= 0 else None for label in corpus.labels] == [
        row.get("emotion") for row in rows
    ]
    assert corpus.text(3) == rows[3]["text"]
    assert corpus.turns(40) == rows[40]["turns"]
    assert list(corpus.chats) == ["turns" in row for row in rows]


def test_columns_cannot_be_changed(rows: list[Row]) -> None:
    corpus = corpus_of(rows)
    with pytest.raises(ValueError, match="read-only"):
        corpus.labels[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        corpus.folds[0] = 1


def test_a_text_is_no_conversation_and_a_conversation_no_text(rows: list[Row]) -> None:
    corpus = corpus_of(rows)
    with pytest.raises(CorpusError, match=r"row 'n0': this row is a conversation"):
        corpus.text(40)
    with pytest.raises(CorpusError, match=r"row 's0': this row is no conversation"):
        corpus.turns(0)


def test_a_part_keeps_its_folds_and_has_its_own_hash_and_emotions(rows: list[Row], tmp_path: Path) -> None:
    corpus = corpus_of(rows)
    part = corpus.select(kind="stories").subset([5, 2, 8])
    assert [part.row(i) for i in range(3)] == [rows[5], rows[2], rows[8]]
    assert part.emotions == ("at ease",)
    assert list(part.labels) == [0, 0, 0]
    assert list(part.folds) == [corpus.folds[i] for i in (5, 2, 8)]
    assert part.hash == corpus_of([rows[2], rows[5], rows[8]]).hash
    write_parquet(part, tmp_path / "part.parquet")
    assert [row["id"] for row in by_id(read_corpus(tmp_path / "part.parquet")).values()] == ["s5", "s2", "s8"]


def test_a_part_can_be_chosen_by_a_mask_and_can_be_empty(rows: list[Row], tmp_path: Path) -> None:
    corpus = corpus_of(rows)
    assert list(corpus.subset(corpus.chats).kinds[:2]) == ["neutral", "neutral"]
    nothing = corpus.select(kind="story-writing")
    assert len(nothing) == 0
    assert nothing.emotions == ()
    assert nothing.labels.shape == nothing.folds.shape == (0,)
    write_parquet(nothing, tmp_path / "nothing.parquet")
    with pytest.raises(CorpusError, match="no rows"):
        read_corpus(tmp_path / "nothing.parquet")


def test_an_unknown_kind_is_offered_a_near_one(rows: list[Row]) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'stories'"):
        corpus_of(rows).select(kind="story")


def test_words_outside_the_lexicon_are_labels_like_others(story: MakeRow) -> None:
    assert corpus_of([story(1, emotion="saudade"), story(2)]).emotions == ("at ease", "saudade")


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_do_no_harm(rows: list[Row], tmp_path: Path) -> None:
    lines = "\r\n\r\n".join(json.dumps(row) for row in rows)
    (tmp_path / "rows.jsonl").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    assert read_corpus(str(tmp_path / "rows.jsonl")).hash == corpus_of(rows).hash


def test_null_is_the_same_as_absent(story: MakeRow, conversation: MakeRow) -> None:
    absent, null = conversation(1), conversation(1, emotion=None, text=None, fold=None)
    null["turns"] = [turn | {"emotion": None} for turn in null["turns"]]
    assert corpus_of([null]).hash == corpus_of([absent]).hash
    assert corpus_of([story(1, turns=None)]).row(0) == story(1)


def test_numbers_that_a_data_frame_made_floats_are_whole_again(story: MakeRow, tmp_path: Path) -> None:
    import pyarrow as pa

    made = [story(1, seed=7.0), story(2, seed=None), story(3, seed=9.0)]
    pq.write_table(pa.Table.from_pylist(made), tmp_path / "frame.parquet")
    assert [read_corpus(tmp_path / "frame.parquet").row(i).get("seed") for i in range(3)] == [7, None, 9]


def test_a_corpus_that_cannot_be_written_leaves_nothing(rows: list[Row], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no folder"):
        write_parquet(corpus_of(rows), tmp_path / "missing" / "rows.parquet")
    with pytest.raises(OutputError, match="a folder"):
        write_parquet(corpus_of(rows), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_memory_holds_the_short_columns_and_not_the_texts(story: MakeRow) -> None:
    corpus = corpus_of(story(number, text=f"{number} " + "word " * 200) for number in range(10_000))
    texts = sum(len(corpus.text(i).encode()) for i in range(len(corpus)))
    assert corpus.shelf.columns.nbytes + corpus.row_hashes.nbytes + corpus.folds.nbytes < 0.15 * texts
    assert "text" not in corpus.shelf.columns.column_names


def test_a_full_disk_is_said_while_reading(story: MakeRow, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.write", full)
    with pytest.raises(CorpusError, match=r"temporary copy.*No space left.*TMPDIR"):
        corpus_of(story(number) for number in range(200))


def test_a_folder_that_was_written_is_read_by_its_corpus(tmp_path: Path) -> None:
    folder = tmp_path / "written"
    folder.mkdir()
    (folder / "plan.json").write_text("{}")
    with pytest.raises(CorpusError, match="this corpus is not finished"):
        read_corpus(folder)
    corpus = corpus_of([{"id": "s", "kind": "stories", "topic": "tea", "emotion": "calm", "text": "She poured."}])
    write_parquet(corpus, folder / "corpus.parquet")
    assert read_corpus(folder).hash == corpus.hash
