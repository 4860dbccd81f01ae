"""Vectors of the fake model, for checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from affectlab.models.fake import FakeModel
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, Recipe, extract

RECIPE = Recipe(start=8, minimum=3, rank=12)


@pytest.fixture(scope="session")
def fake() -> FakeModel:
    return FakeModel(blocks=3, width=16)


@pytest.fixture(scope="session")
def found(fake: FakeModel, labelled: Callable[..., list[dict[str, Any]]]) -> Extraction:
    return extract(fake, corpus_of(labelled(neutral=8)), recipe=RECIPE)
