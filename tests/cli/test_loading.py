"""Models are loaded as they were when the vectors were made, and at the revision that is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from affectlab.cli import loading, study
from affectlab.cli.loading import at_revision, open_their_model
from affectlab.cli.running import Running
from affectlab.models.fake import FakeModel
from affectlab.vectors.store import load_vectors
from tests.cli.conftest import Lab

RUN = cast(Running, None)
"""Nothing is noted."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Names and revisions of the models that were opened."""
    found: list[tuple[str, str | None]] = []

    def open_model(run: Any, name: str, **options: Any) -> FakeModel:
        found.append((name, options.get("revision")))
        return FakeModel()

    for module in (loading, study):
        monkeypatch.setattr(module, "open_model", open_model)
    return found


def test_a_revision_stands_behind_an_at_sign_unless_that_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert at_revision("some/model") == ("some/model", None)
    assert at_revision("some/model@main") == ("some/model", "main")
    (tmp_path / "me@home").mkdir()
    assert at_revision("me@home") == ("me@home", None)


@pytest.mark.parametrize(
    ("named", "revision"), [(None, "a1b2"), ("some/model", "a1b2"), ("somewhere/else", None)], ids=str
)
def test_a_model_that_is_named_as_its_vectors_name_it_is_of_their_revision(
    lab: Lab, opened: list[tuple[str, str | None]], named: str | None, revision: str | None
) -> None:
    vectors = load_vectors(lab.fake)
    source = {**vectors.header["model"], "id": "some/model", "revision": "a1b2"}
    open_their_model(RUN, replace(vectors, header={**vectors.header, "model": source}), named)
    assert opened == [(named or "some/model", revision)]


def test_the_base_of_a_study_may_be_a_revision(opened: list[tuple[str, str | None]]) -> None:
    base = study._base(RUN, "some/model", "some/model@step-100", {})
    assert base is not None
    base()
    assert opened == [("some/model", "step-100")]
