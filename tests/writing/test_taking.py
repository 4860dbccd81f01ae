"""Texts that exist already: read from any of the usual forms, screened, and refused with the place of what is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectlab.errors import CorpusError, InputError, UnknownNameError
from affectlab.text import read_corpus
from affectlab.writing.folder import REJECTED
from affectlab.writing.taking import NO_TOPIC, take
from affectlab.writing.work import outcome_of

EASY = {"shortest": 5, "english": False}


def texts(count: int = 6) -> list[dict[str, str]]:
    return [
        {
            "emotion": ("calm", "sad")[n % 2],
            "topic": f"topic {n % 3}",
            "text": " ".join(f"w{n}x{k}" for k in range(20)) + ".",
        }
        for n in range(count)
    ]


def as_csv(folder: Path, rows: list[dict[str, str]], name: str = "set.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if name.endswith("tsv") else ",")
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_lines(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def as_parquet(folder: Path, rows: list[dict[str, str]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), folder / "set.parquet")
    return folder / "set.parquet"


def as_dataset(folder: Path, rows: list[dict[str, str]]) -> Path:
    """What `datasets.Dataset.save_to_disk` leaves: streams of Arrow batches, and files that describe them."""
    saved = folder / "saved"
    saved.mkdir()
    table = pa.Table.from_pylist(rows)
    for number, part in enumerate((table.slice(0, 4), table.slice(4))):
        with pa.ipc.new_stream(str(saved / f"data-{number:05d}-of-00002.arrow"), table.schema) as stream:
            stream.write_table(part)
    (saved / "dataset_info.json").write_text("{}")
    return saved


@pytest.mark.parametrize(
    "write", [as_csv, lambda f, r: as_csv(f, r, "set.tsv"), as_lines, as_parquet, as_dataset],
    ids=["csv", "tsv", "jsonl", "parquet", "dataset"],
)  # fmt: skip
def test_every_form_gives_the_same_corpus(tmp_path: Path, write: object) -> None:
    found = take(write(tmp_path, texts()), tmp_path / "c", kind="stories", screen=EASY)  # type: ignore[operator]
    assert (found.planned, found.accepted) == (6, 6)
    corpus = read_corpus(tmp_path / "c" / "corpus.parquet")
    assert [corpus.text(row) for row in range(6)] == [row["text"] for row in texts()]
    assert corpus.emotions == ("calm", "sad")
    assert corpus.ids[0] == "row-000001"
    assert set(corpus.topics) == {"topic 0", "topic 1", "topic 2"}


def test_columns_of_other_names_are_named_and_the_rest_is_left(tmp_path: Path) -> None:
    rows = [{"label": row["emotion"], "story": row["text"], "annotator": "A. B."} for row in texts()]
    columns = {"emotion": "label", "text": "story"}
    found = take(as_csv(tmp_path, rows), tmp_path / "c", kind="stories", columns=columns, screen=EASY)
    corpus = read_corpus(found.corpus)
    assert set(corpus.topics) == {NO_TOPIC}
    assert "annotator" not in corpus.row(0)


def test_what_does_not_pass_the_screen_is_kept_with_its_reason(tmp_path: Path) -> None:
    rows = [*texts(), {"emotion": "calm", "topic": "t", "text": "She was calm and sat by the river for a while."}]
    found = take(as_lines(tmp_path, rows), tmp_path / "c", kind="stories", screen=EASY)
    assert (found.planned, found.accepted, found.given_up) == (7, 6, 1)
    assert found.reasons == {"names the emotion": 1}
    (rejected,) = pq.read_table(tmp_path / "c" / REJECTED).to_pylist()
    assert rejected["id"] == "row-000007"
    assert rejected["found"] == "calm"
    assert outcome_of(tmp_path / "c") == found


def test_of_what_was_not_screened_nothing_is_said_and_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    for path in (as_lines(tmp_path, texts()), tmp_path, tmp_path / "nowhere"):
        assert outcome_of(path) is None
    take(as_lines(tmp_path, texts()), tmp_path / "c", kind="stories", screen=EASY)
    (tmp_path / "c" / REJECTED).write_bytes(b"no table")
    with pytest.raises(InputError, match="the rejected texts cannot be read"):
        outcome_of(tmp_path / "c")


def test_a_strange_column_is_an_error_that_names_its_row(tmp_path: Path) -> None:
    rows = [{**row, "annotator": "A"} for row in texts()]
    with pytest.raises(CorpusError, match=r"set.csv, line 2: unknown field 'annotator'"):
        take(as_csv(tmp_path, rows), tmp_path / "c", kind="stories")


@pytest.mark.parametrize(
    ("columns", "message"),
    [({"mood": "emotion"}, "unknown field 'mood'"), ({"text": "story"}, "unknown column 'story'")],
)
def test_columns_that_do_not_exist_are_refused(tmp_path: Path, columns: dict[str, str], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        take(as_csv(tmp_path, texts()), tmp_path / "c", kind="stories", columns=columns)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("text,emotion\na,b,c\n")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "data.arrow").write_bytes(b"no arrow")
    (tmp_path / "list.jsonl").write_text("[1]\n")
    for name, message in [
        ("nowhere.csv", "no such file"),
        ("bad.csv", "other columns than the first line"),
        ("binary.csv", "cannot read this file"),
        ("empty", "holds no dataset"),
        ("bad", "not a dataset"),
        ("list.jsonl", "not an object"),
    ]:
        with pytest.raises(CorpusError, match=message):
            take(tmp_path / name, tmp_path / f"c {name}", kind="stories")


def test_a_corpus_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    source = as_lines(tmp_path, texts())
    take(source, tmp_path / "c", kind="stories", screen=EASY)
    with pytest.raises(InputError, match="there is a corpus already"):
        take(source, tmp_path / "c", kind="stories", screen=EASY)


def test_nothing_accepted_is_an_error_and_the_reasons_are_kept(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no text was accepted.*too short: 6"):
        take(as_lines(tmp_path, texts()), tmp_path / "c", kind="stories", screen={"shortest": 50, "english": False})
    assert len(pq.read_table(tmp_path / "c" / REJECTED)) == 6
