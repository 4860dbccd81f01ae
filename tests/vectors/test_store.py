"""What is written is read back byte for byte, and what is not ours, or not whole, is refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from affectlab.errors import InputError, OutputError
from affectlab.vectors.extract import Extraction
from affectlab.vectors.store import load_sums, load_vectors, save_sums, save_vectors, sums_path
from tests.vectors.damaged import lacking, parsed, refuses, rewritten

BLOCKS, WIDTH, EMOTIONS = 3, 16, 4


def test_the_file_is_a_length_a_header_and_the_numbers(extraction: Extraction, path: Path) -> None:
    header, data = parsed(path)
    assert set(header.pop("__metadata__")) == {"affectlab"}
    count = max(extraction.vectors.neutral_k)  # type: ignore[arg-type]
    assert {name: (part["dtype"], tuple(part["shape"])) for name, part in header.items()} == {
        "raw": ("F32", (BLOCKS, EMOTIONS, WIDTH)),
        "clean": ("F32", (BLOCKS, EMOTIONS, WIDTH)),
        "center": ("F32", (BLOCKS, WIDTH)),
        "neutral_mean": ("F32", (BLOCKS, WIDTH)),
        "neutral_basis": ("F32", (BLOCKS, count, WIDTH)),
        "neutral_k": ("I64", (BLOCKS,)),
        "resid_norm": ("F32", (BLOCKS,)),
        "resid_norm_median": ("F32", (BLOCKS,)),
    }
    assert max(part["data_offsets"][1] for part in header.values()) == len(data)
    for name, part in header.items():
        begin, end = part["data_offsets"]
        assert (
            data[begin:end]
            == extraction.vectors.tensors()[name]
            .astype(part["dtype"].replace("F32", "<f4").replace("I64", "<i8"))
            .tobytes()
        )


def test_the_header_is_one_json_object_with_sorted_keys_and_no_spaces(path: Path) -> None:
    text = parsed(path)[0]["__metadata__"]["affectlab"]
    header = json.loads(text)
    assert text == json.dumps(header, sort_keys=True, separators=(",", ":"))
    assert set(header) == {"format", "emotions", "layers", "model", "corpus", "recipe", "code"}
    assert header["format"] == 1
    assert set(header["model"]) == {
        "id",
        "revision",
        "config",
        "weights",
        "tokenizer",
        "template",
        "blocks",
        "width",
        "dtype",
        "source",
    }


@pytest.mark.parametrize("kind", ["with", "without"])
def test_vectors_are_read_back_byte_for_byte(
    kind: str, extraction: Extraction, without_neutral: Extraction, tmp_path: Path
) -> None:
    vectors = (extraction if kind == "with" else without_neutral).vectors
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    save_vectors(vectors, first)
    again = load_vectors(first)
    save_vectors(again, second)
    assert second.read_bytes() == first.read_bytes()
    assert again.hash == vectors.hash
    assert again.emotions == vectors.emotions
    assert again.layers == vectors.layers
    assert dict(again.header) == dict(vectors.header)
    for name, array in vectors.tensors().items():
        np.testing.assert_array_equal(again.tensors()[name], array)
    assert (again.clean is None) == (kind == "without")


def test_the_sums_stand_beside_the_vectors() -> None:
    assert sums_path("a/b.safetensors") == Path("a/b.sums.safetensors")
    assert sums_path("vectors") == Path("vectors.sums.safetensors")


def test_a_file_cut_anywhere_is_refused(extraction: Extraction, path: Path, tmp_path: Path) -> None:
    save_sums(extraction.sums, tmp_path / "s.safetensors", extraction.vectors.hash)
    for load, source in ((load_vectors, path), (load_sums, tmp_path / "s.safetensors")):
        raw = source.read_bytes()
        cut = tmp_path / "cut.safetensors"
        head = 8 + int.from_bytes(raw[:8], "little")
        for size in (0, 1, 7, 8, 9, head // 2, head - 1, head, head + 1, len(raw) // 2, len(raw) - 1):
            cut.write_bytes(raw[:size])
            refuses(load, cut)
        cut.write_bytes(raw + b"\0")
        refuses(load, cut)


@pytest.mark.parametrize("content", [b"", b"{}", b"PAR1", b"\xff" * 64, b"PK\x03\x04" + b"\0" * 100, b'{"id": 1}\n'])
def test_a_file_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    path.write_bytes(content)
    assert "damaged or foreign" in refuses(load_vectors, path)
    refuses(load_sums, path)


def test_safetensors_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({"weight": np.ones((3, 3), dtype=np.float32)}, path, metadata={"format": "pt"})
    assert "a safetensors file of something else" in refuses(load_vectors, path)
    assert "no such vectors file" in refuses(load_vectors, tmp_path / "nothing.safetensors")
    assert "no such vectors file" in refuses(load_vectors, tmp_path)


@pytest.mark.parametrize("key", ["format", "emotions", "layers", "model", "corpus", "recipe", "code"])
def test_a_header_without_a_key_is_refused(key: str, path: Path) -> None:
    assert "cannot be read as vectors" in refuses(load_vectors, rewritten(path, header=lacking(key)))


@pytest.mark.parametrize(
    "change",
    [
        lambda header: "not json",
        lambda header: "[1, 2]",
        lambda header: {**header, "format": 2},
        lambda header: {**header, "format": "1"},
        lambda header: {**header, "emotions": "calm"},
        lambda header: {**header, "emotions": header["emotions"][:2]},
        lambda header: {**header, "emotions": ["calm"] * 4},
        lambda header: {**header, "layers": [0, 1]},
        lambda header: {**header, "layers": [2, 1, 0]},
        lambda header: {**header, "layers": [0, 1, 99]},
        lambda header: {**header, "model": {}},
        lambda header: {**header, "model": {**header["model"], "width": 17}},
        lambda header: {**header, "corpus": None},
        lambda header: "[" * 5000,
    ],
)
def test_a_header_that_does_not_fit_is_refused(change: Callable[[dict[str, Any]], Any], path: Path) -> None:
    assert "cannot be read as vectors" in refuses(load_vectors, rewritten(path, header=change))


@pytest.mark.parametrize("name", ["raw", "clean", "center", "neutral_mean", "neutral_basis", "neutral_k", "resid_norm"])
def test_a_tensor_that_is_missing_or_misshapen_is_refused(name: str, path: Path) -> None:
    array = load_file(path)[name]
    assert f"no {name}" in refuses(load_vectors, rewritten(path, {name: None}))
    for wrong in (array[:-1], array[..., None], array.astype(np.float64), np.zeros((), dtype=np.float32)):
        assert name in refuses(load_vectors, rewritten(path, {name: wrong}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float, path: Path) -> None:
    raw = load_file(path)["raw"].copy()
    raw[1, 2, 3] = value
    assert "raw with numbers that are not finite" in refuses(load_vectors, rewritten(path, {"raw": raw}))


def test_keys_and_tensors_that_are_not_known_are_ignored(extraction: Extraction, path: Path) -> None:
    changed = rewritten(path, {"extra": np.ones(3)}, lambda header: {**header, "layer": 1, "more": [1]})
    vectors = load_vectors(changed)
    assert vectors.default_layer == 1
    np.testing.assert_array_equal(vectors.raw, extraction.vectors.raw)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_header_is_read_or_refused_and_nothing_else(data: st.DataObject, path: Path) -> None:
    raw = bytearray(path.read_bytes())
    head = 8 + int.from_bytes(raw[:8], "little")
    for place in data.draw(st.lists(st.integers(0, head - 1), min_size=1, max_size=4)):
        raw[place] = data.draw(st.integers(0, 255))
    damaged = path.with_name("damaged.safetensors")
    damaged.write_bytes(bytes(raw))
    with suppress(InputError):
        load_vectors(damaged)


def test_a_path_that_cannot_be_written_is_refused_and_nothing_is_left(extraction: Extraction, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        save_vectors(extraction.vectors, tmp_path / "no" / "folder.safetensors")
    with pytest.raises(OutputError):
        save_vectors(extraction.vectors, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_replaced_whole(extraction: Extraction, path: Path) -> None:
    changed = replace(extraction.vectors, raw=extraction.vectors.raw * 2)
    save_vectors(changed, path)
    assert load_vectors(path).hash == changed.hash != extraction.vectors.hash
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_hash_names_numbers_and_origin(extraction: Extraction) -> None:
    vectors = extraction.vectors
    nudged = vectors.raw.copy()
    nudged[0, 0, 0] = np.nextafter(nudged[0, 0, 0], np.float32(9))
    assert replace(vectors, raw=nudged).hash != vectors.hash
    assert replace(vectors, header={**vectors.header, "code": {"affectlab": "0"}}).hash != vectors.hash
    assert replace(vectors).hash == vectors.hash
