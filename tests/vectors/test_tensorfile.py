"""What is written piece by piece is what the library would write, without a second copy in memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from affectlab.vectors.extract import Extraction
from affectlab.vectors.store import load_sums, save_sums
from affectlab.vectors.tensorfile import Pieces, write_tensors


def test_the_bytes_are_those_of_the_library(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).standard_normal((3, 4, 5))
    tensors = {"b": drawn, "a": np.arange(7), "é": drawn[0].astype(np.float32), "none": np.zeros((0, 3)), "c": drawn[1]}
    metadata = {"affectlab": '{"emotions":["calm","froh"],"quote":"\\""}'}
    write_tensors(tmp_path / "x", tensors, metadata)
    assert (tmp_path / "x").read_bytes() == save({n: np.ascontiguousarray(a) for n, a in tensors.items()}, metadata)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_pieces_are_a_tensor_in_the_numbers_asked_for(kind: str, tmp_path: Path) -> None:
    pieces = [np.random.default_rng(n).standard_normal((4, 5))[:, ::-1] for n in range(3)]
    write_tensors(tmp_path / "x", {"whole": Pieces(pieces, kind), "last": np.arange(2)}, {})
    found = load_file(tmp_path / "x")
    np.testing.assert_array_equal(found["whole"], np.stack(pieces).astype(kind))
    np.testing.assert_array_equal(found["last"], [0, 1])


@pytest.mark.parametrize("exact", [False, True])
def test_sums_are_not_held_twice_while_they_are_written(exact: bool, extraction: Extraction, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    save_sums(extraction.sums, path, "hash", exact=exact)
    sums = load_sums(path)
    folds, emotions, layers, width = sums.stories.shape
    wide = 2000 * width
    sums.stories = np.ones((folds, emotions, layers, wide))
    tracemalloc.start()
    save_sums(sums, path, "hash", exact=exact)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > sums.stories.nbytes / (1 if exact else 2)
    assert peak < sums.stories.nbytes / folds + 10**6
