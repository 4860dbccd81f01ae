"""A study runs each stage once, goes on where it stopped, and does again what has changed and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from affectlab.core import Score
from affectlab.errors import InputError, OutputError
from affectlab.findings import Findings
from affectlab.lexicon.items import general
from affectlab.models.base import Model
from affectlab.models.fake import FakeModel
from affectlab.study import QUICK, Settings, study
from affectlab.study import path as module
from affectlab.study.finders import FINDERS, stages_of
from affectlab.study.stages import Extracted, Show, Subject
from affectlab.text import corpus_of, read_corpus, write_parquet
from affectlab.vectors.store import load_vectors
from affectlab.writing.taking import take

SMALL = replace(QUICK, nulls=3)


class Silent:
    def reached(self, done: int, total: int) -> None: ...
    def at(self, what: str) -> None: ...


@contextmanager
def silent(what: str, unit: str = "tokens") -> Iterator[Silent]:
    yield Silent()


@pytest.fixture
def texts(tmp_path: Path, labelled: Callable[..., list[dict[str, Any]]]) -> Path:
    path = tmp_path / "texts.parquet"
    write_parquet(corpus_of(labelled(least=60, most=75)), path)
    return path


@pytest.fixture
def subject() -> Subject:
    return Subject(FakeModel(blocks=3, width=16), general())


METRICS = {
    "validate": "heldout.auc",
    "snippets": "snippets.top",
    "map": "map.pc1.pleasure",
    "compare": "temperament.agreement",
}


def finder(name: str) -> Callable[[Subject, Settings, Extracted, Show], Findings]:
    def find(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
        value = 0.9 if name == "validate" else 0.1
        metric = METRICS[name]
        return Findings(
            (Score(metric, value, value - 0.05, value + 0.05, 9, "words", 0.5, {"shuffled story labels": 0.6}),)
        )

    return find


@pytest.fixture(autouse=True)
def quick_finders(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in METRICS:
        monkeypatch.setitem(FINDERS, name, finder(name))
    monkeypatch.setattr(module, "pictures", lambda stages: {})


def test_every_stage_is_run_once_and_a_finished_study_runs_nothing(
    subject: Subject, texts: Path, tmp_path: Path
) -> None:
    first = study(subject, tmp_path / "out", SMALL, silent, texts=[texts])
    assert first.run == ("extract", "validate", "snippets", "map")
    assert set(first.seconds) == set(first.run)
    vectors = load_vectors(tmp_path / "out" / "vectors.safetensors")
    assert vectors.header["layer"] == vectors.default_layer
    again = study(subject, tmp_path / "out", SMALL, silent, texts=[texts])
    assert again.run == ()
    assert [result.as_dict() for result in again.claims] == [result.as_dict() for result in first.claims]


def test_a_story_that_was_given_up_does_not_end_a_study(
    subject: Subject, labelled: Callable[..., list[dict[str, Any]]], tmp_path: Path
) -> None:
    rows = labelled(least=60, most=75)
    first = next(row for row in rows if row["kind"] == "stories")
    fewer = [row for row in rows if row["kind"] != "stories" or row["emotion"] != first["emotion"]]
    fewer += [row for row in rows if row["kind"] == "stories" and row["emotion"] == first["emotion"]][:4]
    write_parquet(corpus_of(fewer), tmp_path / "texts.parquet")
    assert study(subject, tmp_path / "out", SMALL, silent, texts=[tmp_path / "texts.parquet"]).run[0] == "extract"


def test_what_scripts_read_is_what_was_found(subject: Subject, texts: Path, tmp_path: Path) -> None:
    study(subject, tmp_path / "out", SMALL, silent, texts=[texts])
    claims = {claim["metric"]: claim for claim in json.loads((tmp_path / "out" / "claims.json").read_text())}
    assert claims["heldout.auc"]["verdict"] == "agrees"
    assert claims["map.pc1.pleasure"]["verdict"] == "disagrees"
    assert claims["temperament.agreement"]["verdict"] == "not testable here"
    assert str(texts) in claims["heldout.auc"]["command"]
    assert "heldout.auc" in (tmp_path / "out" / "report.html").read_text()


def test_the_screening_of_texts_is_told_where_it_is_known(subject: Subject, texts: Path, tmp_path: Path) -> None:
    alone = study(subject, tmp_path / "out", SMALL, silent, texts=[texts])
    assert not alone.stages["write"].facts
    folder = tmp_path / "taken"
    take(texts, folder, kind="stories", screen={"shortest": 5, "english": False})
    told = study(subject, tmp_path / "other", SMALL, silent, texts=[folder]).stages["write"].facts["screening"]
    assert list(told) == [str(folder)]
    assert told[str(folder)]["planned"] == len(read_corpus(texts))


def test_only_what_a_change_reaches_is_run_again(
    subject: Subject, texts: Path, tmp_path: Path, labelled: Callable[..., list[dict[str, Any]]]
) -> None:
    out = tmp_path / "out"
    study(subject, out, SMALL, silent, texts=[texts])
    assert study(subject, out, replace(SMALL, nulls=4), silent, texts=[texts]).run == ("validate", "map")
    assert study(subject, out, replace(SMALL, nulls=4, passages=40), silent, texts=[texts]).run == ("snippets",)
    assert study(subject, out, replace(SMALL, nulls=4), silent, texts=[texts]).run == ("snippets",)
    (out / "map.safetensors").unlink()
    assert study(subject, out, replace(SMALL, nulls=4), silent, texts=[texts]).run == ("map",)
    (out / "vectors.safetensors").unlink()
    # The vectors come out the same, so nothing that was found with them is in doubt.
    assert study(subject, out, replace(SMALL, nulls=4), silent, texts=[texts]).run == ("extract",)
    write_parquet(corpus_of(labelled(least=60, most=75, seed=1)), texts)
    assert study(subject, out, replace(SMALL, nulls=4), silent, texts=[texts]).run == (
        "extract",
        "validate",
        "snippets",
        "map",
    )
    other = replace(subject, model=FakeModel(blocks=3, width=16, seed=5))
    assert study(other, out, replace(SMALL, nulls=4), silent, texts=[texts]).run == (
        "extract",
        "validate",
        "snippets",
        "map",
    )


def test_a_study_that_broke_off_goes_on_with_the_stage_in_hand(
    subject: Subject, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> Findings:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(FINDERS, "map", broken)
        with pytest.raises(KeyboardInterrupt):
            study(subject, tmp_path / "out", SMALL, silent, texts=[texts])
    assert study(subject, tmp_path / "out", SMALL, silent, texts=[texts]).run == ("map",)


def test_checkpoints_are_compared_where_there_is_a_base(subject: Subject, texts: Path, tmp_path: Path) -> None:
    bases: list[Model] = [FakeModel(blocks=3, width=16, seed=1), FakeModel(blocks=3, width=16, seed=2)]
    with_base = replace(subject, base=lambda: bases[0])
    assert list(stages_of(subject, SMALL)) == ["validate", "snippets", "map"]
    assert study(with_base, tmp_path / "out", SMALL, silent, texts=[texts]).run[-1] == "compare"
    other = replace(subject, base=lambda: bases[1])
    assert study(other, tmp_path / "out", SMALL, silent, texts=[texts]).run == ("compare",)


def test_a_folder_that_cannot_be_made_is_said(subject: Subject, texts: Path) -> None:
    with pytest.raises(OutputError, match="cannot make this folder"):
        study(subject, texts / "inside a file", SMALL, silent, texts=[texts])


def test_too_small_a_study_is_refused() -> None:
    with pytest.raises(InputError, match="too few for a study"):
        Settings(stories=1, neutral=100, nulls=5)
