"""The sums beside the vectors are read back whole, give the same vectors, and are refused where they do not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from affectlab.vectors.extract import Extraction
from affectlab.vectors.store import load_sums, save_sums
from affectlab.vectors.sums import make_vectors
from tests.vectors.damaged import lacking, parsed, refuses, rewritten


@pytest.mark.parametrize("kind", ["with", "without"])
def test_sums_are_read_back_and_give_the_same_vectors(
    kind: str, extraction: Extraction, without_neutral: Extraction, tmp_path: Path
) -> None:
    result = extraction if kind == "with" else without_neutral
    first, second = tmp_path / "first.sums.safetensors", tmp_path / "second.sums.safetensors"
    save_sums(result.sums, first, result.vectors.hash)
    again = load_sums(first)
    save_sums(again, second, result.vectors.hash)
    assert second.read_bytes() == first.read_bytes()
    assert again.plan == result.sums.plan
    assert again.belongs_to == result.vectors.hash
    assert again.sample_ids == result.sums.sample_ids
    for name in ("sample", "sample_labels", "sample_folds", "counts"):
        np.testing.assert_array_equal(getattr(again, name), getattr(result.sums, name))
    np.testing.assert_allclose(again.norms.median(), result.sums.norms.median())
    np.testing.assert_allclose(again.norms.mean(), result.sums.norms.mean())
    for folds in (None, [0, 1, 3, 4, 5]):
        ours, theirs = make_vectors(again, 0.5, folds), make_vectors(result.sums, 0.5, folds)
        np.testing.assert_allclose(ours.raw, theirs.raw, atol=1e-6)
        assert ours.neutral_k == theirs.neutral_k
        if kind == "with":
            np.testing.assert_allclose(ours.clean, theirs.clean, atol=1e-5)  # type: ignore[arg-type]


def test_sums_that_lack_something_are_refused(extraction: Extraction, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    save_sums(extraction.sums, path, extraction.vectors.hash)
    for name in load_file(path):
        refuses(load_sums, rewritten(path, {name: None}))
    for key in json.loads(parsed(path)[0]["__metadata__"]["affectlab"]):
        refuses(load_sums, rewritten(path, header=lacking(key)))


@pytest.mark.parametrize(
    "change",
    [
        lambda header: {**header, "neutral_folds": [0, 1, 2, 3, 4, 99]},
        lambda header: {**header, "neutral_folds": [0]},
        lambda header: {**header, "neutral_folds": "all"},
        lambda header: {**header, "sample_ids": header["sample_ids"][:-1]},
        lambda header: {**header, "emotions": header["emotions"][:-1]},
        lambda header: {**header, "layers": [0, 1]},
        lambda header: {**header, "plan_budget": "many"},
    ],
)
def test_sums_whose_header_does_not_fit_are_refused(
    change: Callable[[dict[str, Any]], Any], extraction: Extraction, tmp_path: Path
) -> None:
    path = tmp_path / "s.safetensors"
    save_sums(extraction.sums, path, extraction.vectors.hash)
    refuses(load_sums, rewritten(path, header=change))


def test_sums_of_the_wrong_shape_are_refused(extraction: Extraction, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    save_sums(extraction.sums, path, extraction.vectors.hash)
    for name, array in load_file(path).items():
        refuses(load_sums, rewritten(path, {name: array[..., None]}))
        refuses(load_sums, rewritten(path, {name: array[:-1]}))
