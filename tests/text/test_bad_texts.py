"""Every bad input gives one line that names the file, the line, and what is wrong."""

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectlab.errors import CorpusError
from affectlab.text import corpus_of, read_corpus, write_parquet

Row = dict[str, Any]
MakeRow = Callable[..., Row]
WriteLines = Callable[..., Path]


def line_of(error: pytest.ExceptionInfo[CorpusError]) -> str:
    line = error.value.line
    assert "\n" not in line
    return line


def without(row: Row, name: str) -> Row:
    return {field: value for field, value in row.items() if field != name}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as error:
        read_corpus(tmp_path / "nowhere.jsonl")
    assert line_of(error) == f"{tmp_path / 'nowhere.jsonl'}: no such file; check the path"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as error:
        read_corpus(tmp_path)
    assert line_of(error) == f"{tmp_path}: cannot read texts; expected a file; found a folder"


def test_a_path_that_cannot_be_opened_is_named_with_the_reason(tmp_path: Path) -> None:
    loop = tmp_path / "loop.jsonl"
    loop.symlink_to(loop)
    with pytest.raises(CorpusError, match=r"loop\.jsonl: cannot read this file; found .*symbolic links"):
        read_corpus(loop)
    with pytest.raises(CorpusError, match="cannot read this file"):
        read_corpus("a\0b")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{broken", "Expecting property name"),
        ("{} {}", "Extra data"),
        ('{"seed": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "maximum recursion"),
        ('{"seed": ' + "9" * 5000 + "}", "4300 digits"),
        ("plain prose, not rows", "'plain prose, not rows'"),
    ],
)
def test_what_is_not_json_is_named_with_its_line(line: str, found: str, story: MakeRow, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(story(1))}\n\n{line}\n")
    with pytest.raises(CorpusError, match=found) as error:
        read_corpus(path)
    assert line_of(error).startswith(f"{path}, line 3: not JSON; expected one JSON object; found ")


@pytest.mark.parametrize("value", [["a row"], "a row", 3, None])
def test_a_row_that_is_not_an_object_is_refused(
    value: object, story: MakeRow, tmp_path: Path, write_lines: WriteLines
) -> None:
    path = write_lines(tmp_path / "a.jsonl", story(1), value)
    with pytest.raises(CorpusError) as error:
        read_corpus(path)
    assert line_of(error) == f"{path}, line 2: a row that is not an object; expected {{...}}; found {value!r}"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0", "line 1: not UTF-8 text"),
        (b"{}\0\0", "line 1: a binary file; expected text; found NUL bytes"),
        ('{"id": "s1"}'.encode("utf-16-le"), "line 1: a binary file"),
        (b'{"id": "caf\xe9"}', "line 1: not UTF-8 text; found byte 0xe9 at place 12"),
        (b"\x1f\x8b\x08", "line 1: not UTF-8 text"),
    ],
)
def test_a_binary_file_is_recognised(content: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=what) as error:
        read_corpus(path)
    assert line_of(error).startswith(f"{path}, line 1")


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectlab.text.sources.LONGEST_LINE", 100)
    (tmp_path / "a.jsonl").write_text("x" * 1000)
    with pytest.raises(CorpusError, match=r"a\.jsonl, line 1: a line that is too long; expected at most 100 bytes"):
        read_corpus(tmp_path / "a.jsonl")


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.6, 0.99])
def test_a_truncated_parquet_file_is_refused(keep: float, rows: list[Row], tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(corpus_of(rows), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(CorpusError, match="not a Parquet file, or a damaged one") as error:
        read_corpus(path)
    assert line_of(error).startswith(f"{path}: ")


def test_a_parquet_file_damaged_inside_is_refused(story: MakeRow, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(corpus_of([story(number, text=os.urandom(200).hex()) for number in range(50)]), path)
    whole = bytearray(path.read_bytes())
    whole[200:4000] = bytes(3800)
    path.write_bytes(whole)
    with pytest.raises(CorpusError, match="not a Parquet file, or a damaged one"):
        read_corpus(path)


def test_json_lines_under_the_name_of_parquet_are_refused(
    story: MakeRow, tmp_path: Path, write_lines: WriteLines
) -> None:
    with pytest.raises(CorpusError, match="not a Parquet file"):
        read_corpus(write_lines(tmp_path / "a.parquet", story(1)))


def test_an_error_in_parquet_names_the_row(story: MakeRow, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist([story(1), story(2), story(3, text=" ")]), path)
    with pytest.raises(CorpusError) as error:
        read_corpus(path)
    assert line_of(error) == f"{path}, row 3: blank 'text'; found ' '"


def test_meta_in_parquet_that_is_not_json_names_the_row(story: MakeRow, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist([story(1, meta="{}"), story(2, meta="{broken")]), path)
    with pytest.raises(CorpusError, match=r"a\.parquet, row 2, meta: not JSON"):
        read_corpus(path)


@pytest.mark.parametrize("name", ["id", "kind", "topic", "emotion", "text"])
def test_a_missing_field_is_named(name: str, story: MakeRow, tmp_path: Path, write_lines: WriteLines) -> None:
    path = write_lines(tmp_path / "a.jsonl", story(1), without(story(2), name))
    with pytest.raises(CorpusError) as error:
        read_corpus(path)
    assert line_of(error).startswith(f"{path}, line 2: missing field {name!r}")


def test_an_unknown_field_is_offered_a_near_one(story: MakeRow, tmp_path: Path, write_lines: WriteLines) -> None:
    path = write_lines(tmp_path / "a.jsonl", without(story(1), "emotion") | {"emotoin": "calm"})
    with pytest.raises(CorpusError) as error:
        read_corpus(path)
    assert line_of(error).startswith(f"{path}, line 1: unknown field 'emotoin'; expected one of id, kind, topic, ")
    assert line_of(error).endswith("did you mean 'emotion'?")


ROW_ERRORS: list[tuple[Row, str]] = [
    ({"text": " \n\t"}, "blank 'text'"),
    ({"text": ""}, "blank 'text'"),
    ({"text": "\u200b\u00a0"}, "blank 'text'"),
    ({"text": 3}, "'text' cannot be used; expected a valid string; found 3"),
    ({"text": "a\ud800b"}, "'text' is not valid Unicode"),
    ({"emotion": " "}, "blank 'emotion'"),
    ({"emotion": "calm "}, "white space around 'emotion'; found 'calm '"),
    ({"topic": ""}, "blank 'topic'"),
    ({"id": ""}, "blank 'id'"),
    ({"id": 7}, "'id' cannot be used; expected a valid string; found 7"),
    ({"kind": "storys"}, "unknown kind 'storys'; expected one of stories, neutral, .*; did you mean 'stories'"),
    ({"kind": "neutral"}, "a neutral row with an emotion"),
    ({"kind": "dialogues"}, "'text' in a row of kind 'dialogues'; expected 'turns' instead"),
    ({"turns": [{"role": "user", "content": "Hi"}]}, "both 'text' and 'turns' in one row"),
    ({"text": None, "turns": [{"role": "user", "content": "Hi"}]}, "'turns' in a row of kind 'stories'"),
    ({"text": None, "kind": "hidden"}, "missing field 'text' or 'turns'"),
    ({"text": None, "turns": []}, "'turns' is empty"),
    ({"text": None, "turns": [{"role": "user", "content": " "}]}, r"blank 'turns\[0\]\.content'"),
    ({"text": None, "turns": [{"role": "user"}]}, r"missing field 'turns\[0\]\.content'"),
    ({"text": None, "turns": [{"roles": "user", "content": "Hi"}]}, r"'turns\[0\]\.roles'.* role, .*mean 'role'"),
    ({"text": None, "turns": "Hi"}, "'turns' cannot be used; expected a valid list; found 'Hi'"),
    ({"fold": 10}, "'fold' cannot be used; expected less than or equal to 9; found 10"),
    ({"fold": -1}, "'fold' cannot be used; expected greater than or equal to 0"),
    ({"fold": 1.5}, "'fold' cannot be used; expected a valid integer; found 1.5"),
    ({"fold": True}, "'fold' cannot be used; expected a valid integer; found True"),
    ({"seed": 2**70}, "'seed' cannot be used; expected less than"),
    ({"meta": [1]}, "'meta' cannot be used; expected a valid dictionary"),
    ({"meta": {"a": "\ud800"}}, "text that is not valid Unicode"),
    ({"\ud800": 1}, "the name of a field is not valid Unicode"),
]


@pytest.mark.parametrize(("changed", "what"), ROW_ERRORS)
def test_a_row_that_breaks_the_schema_is_named_with_what_is_wrong(
    changed: Row, what: str, story: MakeRow, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(story(1))}\n{json.dumps(story(2, **changed))}\n")
    with pytest.raises(CorpusError, match=what) as error:
        read_corpus(path)
    assert line_of(error).startswith(f"{path}, line 2")
    line_of(error).encode()


@pytest.mark.parametrize("meta", [{"a": float("nan")}, {"a": (1, 2)}, {"a": object()}, {1: 2}])
def test_meta_that_json_cannot_hold_is_refused_in_memory_too(meta: Any, story: MakeRow) -> None:
    with pytest.raises(CorpusError, match=r"^row 1: "):
        corpus_of([story(1, meta=meta)])


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n \n")
    with pytest.raises(CorpusError) as error:
        read_corpus([tmp_path / "a.jsonl"])
    assert line_of(error) == f"{tmp_path / 'a.jsonl'}: no rows; expected at least one labelled text; give texts"
    with pytest.raises(CorpusError, match="no rows"):
        corpus_of([])
    with pytest.raises(CorpusError, match="no rows"):
        read_corpus([])


def test_an_id_used_twice_names_both_lines(story: MakeRow, tmp_path: Path, write_lines: WriteLines) -> None:
    first = write_lines(tmp_path / "a.jsonl", story(1), story(2))
    second = write_lines(tmp_path / "b.jsonl", story(3), story(4), story(5, id="s2"))
    with pytest.raises(CorpusError) as error:
        read_corpus([first, second])
    assert line_of(error) == (
        f"{second}, line 3: an id that is used twice; found 's2' ({second}, line 3) after 's2' ({first}, line 2); "
        "give every row its own id"
    )


def test_a_file_given_twice_is_refused(rows: list[Row], tmp_path: Path, write_lines: WriteLines) -> None:
    path = write_lines(tmp_path / "a.jsonl", *rows)
    with pytest.raises(CorpusError, match=re.escape(f"{path}, line 1: an id that is used twice")):
        read_corpus([path, path])


def test_a_text_that_occurs_twice_names_both_ids(story: MakeRow, tmp_path: Path, write_lines: WriteLines) -> None:
    spaced, composed = "  Il  était\nune fois ", "Il e\u0301tait une fois"
    path = write_lines(tmp_path / "a.jsonl", story(1, text=spaced), story(2), story(3, text=composed, emotion="sad"))
    with pytest.raises(CorpusError) as error:
        read_corpus(path)
    assert line_of(error) == (
        f"{path}, line 3: a text that occurs twice; found 's3' ({path}, line 3) after 's1' ({path}, line 1); "
        "remove one of them"
    )


def test_a_conversation_that_occurs_twice_is_refused(conversation: MakeRow) -> None:
    with pytest.raises(CorpusError, match="row 2: a text that occurs twice; found 'other'"):
        corpus_of([conversation(1), conversation(1, id="other")])


def test_rows_of_a_kilobyte_are_read_nearly_as_fast_as_json(
    story: MakeRow, tmp_path: Path, write_lines: WriteLines
) -> None:
    """Against what any reader has to do: read each line, and write it in one form for its hash. The best of several
    turns counts, since a busy machine only ever adds; types are checked at every call in tests."""
    path = write_lines(
        tmp_path / "a.jsonl", *(story(number, text=f"{number} " + "word " * 180) for number in range(2_000))
    )

    def bare() -> int:
        return len([json.loads(json.dumps(json.loads(line), sort_keys=True)) for line in path.read_text().splitlines()])

    turns = [(_seconds(bare), _seconds(lambda: len(read_corpus(path)))) for _ in range(7)]
    needed, found = (min(times) for times in zip(*turns, strict=True))
    assert bare() == len(read_corpus(path)) == 2_000
    assert found < 15 * needed, f"{found / needed:.1f} times as long as reading and writing the rows alone"


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
