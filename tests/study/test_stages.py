"""Stages of a study do with what there is: few words, or no neutral texts, are no reason to end it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from affectlab.errors import InputError, TooFewError
from affectlab.findings import ABSENT
from affectlab.lexicon.items import general
from affectlab.study import stages
from affectlab.study.pictures import pictures
from affectlab.study.stages import Extracted, Subject, compare_checkpoints, draw_map, extract_vectors, open_extraction
from affectlab.text import corpus_of
from tests.study.test_path import SMALL, silent
from tests.temperament.conftest import base_model, trained


@pytest.fixture
def subject() -> Subject:
    return Subject(trained(), general(), base_model)


@pytest.fixture
def stories_alone(subject: Subject, labelled: Callable[..., list[dict[str, Any]]], tmp_path: Path) -> Extracted:
    corpus = corpus_of([row for row in labelled(least=60, most=75) if row["kind"] == "stories"])
    extract_vectors(subject, SMALL, corpus, tmp_path / "vectors.safetensors", silent)
    return open_extraction(tmp_path / "vectors.safetensors", corpus)


def test_without_neutral_texts_checkpoints_are_compared_by_plain_cosines(
    subject: Subject, stories_alone: Extracted
) -> None:
    found = compare_checkpoints(subject, SMALL, stories_alone, silent)
    assert {score.convention for score in found.scores if score.convention} == {"cosine"}


def test_few_words_are_not_mapped_and_it_is_said_why(
    subject: Subject, stories_alone: Extracted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any, **options: Any) -> None:
        raise TooFewError("too few emotions for a map", where="vectors", found="4")

    monkeypatch.setattr(stages, "map_vectors", refuse)
    found = draw_map(subject, SMALL, stories_alone, silent)
    assert "too few emotions for a map" in found.facts[ABSENT]["map.pc1.pleasure"]
    assert pictures({"map": found}) == {}


def test_other_errors_of_a_map_are_not_taken_for_few_words(
    subject: Subject, stories_alone: Extracted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any, **options: Any) -> None:
        raise InputError("the sums belong to other vectors", where="sums")

    monkeypatch.setattr(stages, "map_vectors", refuse)
    with pytest.raises(InputError, match="belong to other vectors"):
        draw_map(subject, SMALL, stories_alone, silent)
