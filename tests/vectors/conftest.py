"""Small extractions to write and read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from affectlab.models.fake import FakeModel
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, Recipe, extract
from affectlab.vectors.store import save_vectors

RECIPE = Recipe(start=8, minimum=3, rank=12)
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def extraction(labelled: Rows) -> Extraction:
    return extract(FakeModel(blocks=3, width=16), corpus_of(labelled(neutral=8)), recipe=RECIPE)


@pytest.fixture(scope="session")
def without_neutral(labelled: Rows) -> Extraction:
    stories = [row for row in labelled() if row["kind"] == "stories"]
    return extract(FakeModel(blocks=3, width=16), corpus_of(stories), recipe=RECIPE)


@pytest.fixture
def path(extraction: Extraction, tmp_path: Path) -> Path:
    save_vectors(extraction.vectors, tmp_path / "v.safetensors")
    return tmp_path / "v.safetensors"
