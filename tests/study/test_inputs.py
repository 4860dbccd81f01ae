"""A change of anything that decides what a stage finds runs that stage again, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from affectlab.models.fake import FakeModel
from affectlab.pocket.activities import pocket_preferences
from affectlab.pocket.prompts import prompts_of
from affectlab.pocket.situations import mailboxes
from affectlab.pocket.steering import pocket_steering
from affectlab.study import Settings, causes, finders, stages, study
from affectlab.study import path as module
from affectlab.study.finders import FINDERS
from affectlab.study.stages import Show, Subject
from affectlab.text import corpus_of, write_parquet
from affectlab.writing.folder import CORPUS
from affectlab.writing.prompts import Prompts
from tests.study.test_causes import nothing
from tests.study.test_path import SMALL, quick_finders, silent, subject, texts

__all__ = ["quick_finders", "subject", "texts"]

WHOLE = replace(SMALL, runs=2)
EVERY_FINDER = ("validate", "snippets", "map", "compare", "prefer", "behave")


@pytest.fixture
def whole(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """A subject whose study has all stages."""
    for name in ("prefer", "behave"):
        monkeypatch.setitem(FINDERS, name, nothing)
    base = FakeModel(blocks=3, width=16, seed=1)
    return replace(subject, items=replace(subject.items, register="pocket"), base=lambda: base)


def with_items(subject: Subject, **changed: Any) -> Subject:
    return replace(subject, items=replace(subject.items, **changed))


def in_bfloat16(subject: Subject) -> Subject:
    model = FakeModel(blocks=3, width=16)
    model.facts = {**model.facts, "dtype": "bfloat16"}
    return replace(subject, model=model)


def after(subject: Subject, settings: Settings, out: Path, texts: list[Path] | None = None) -> tuple[str, ...]:
    """What a study runs."""
    return study(subject, out, settings, silent, texts=texts or []).run


SUBJECTS: dict[str, tuple[Callable[[Subject], Subject], tuple[str, ...]]] = {
    "nothing": (lambda subject: subject, ()),
    "a scene": (lambda subject: with_items(subject, scenes=subject.items.scenes[1:]), ("validate",)),
    "a prompt": (lambda subject: with_items(subject, neutral=subject.items.neutral[1:]), ("validate", "compare")),
    # Vectors know the numbers their model computed with, so they are others.
    "the dtype": (in_bfloat16, ("extract", *EVERY_FINDER)),
}
SETTINGS: dict[str, tuple[dict[str, int], tuple[str, ...]]] = {
    "nulls": ({"nulls": 4}, ("validate", "map", "compare")),
    "passages": ({"passages": 40}, ("snippets",)),
    "runs": ({"runs": 3}, ("behave",)),
    "seed": ({"seed": 1}, EVERY_FINDER),
    "more stories, of which as many must be there": ({"stories": 6}, ()),
    "stories of which more must be there": ({"stories": 9}, ("extract", *EVERY_FINDER)),
}


@pytest.mark.parametrize(("change", "run"), SUBJECTS.values(), ids=list(SUBJECTS))
def test_a_change_of_what_is_studied(
    whole: Subject, texts: Path, tmp_path: Path, change: Callable[[Subject], Subject], run: tuple[str, ...]
) -> None:
    assert after(whole, WHOLE, tmp_path / "out", [texts]) == ("extract", *EVERY_FINDER)
    assert after(change(whole), WHOLE, tmp_path / "out", [texts]) == run


@pytest.mark.parametrize(("change", "run"), SETTINGS.values(), ids=list(SETTINGS))
def test_a_change_of_settings(
    whole: Subject, texts: Path, tmp_path: Path, change: dict[str, Any], run: tuple[str, ...]
) -> None:
    after(whole, WHOLE, tmp_path / "out", [texts])
    assert after(whole, replace(WHOLE, **change), tmp_path / "out", [texts]) == run


def test_a_change_of_what_a_stage_alone_asks(
    whole: Subject, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after(whole, WHOLE, tmp_path / "out", [texts])
    steering, activities = pocket_steering(), pocket_preferences()
    fewer = replace(activities, activities=activities.activities[1:])
    for place, name, changed, run in (
        (finders, "steering_of", lambda register: replace(steering, things=("a key",)), ("validate", "behave")),
        (finders, "preferences_of", lambda register: fewer, ("prefer",)),
        (causes, "mailboxes", lambda count: mailboxes(count, seed=1), ("behave",)),
    ):
        monkeypatch.setattr(place, name, changed)
        assert after(whole, WHOLE, tmp_path / "out", [texts]) == run, name


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch, labelled: Callable[..., list[dict[str, Any]]]) -> None:
    """Texts are there as soon as they are asked for."""

    def write(subject: Subject, settings: Settings, kind: str, folder: Path, show: Show) -> None:
        folder.mkdir(exist_ok=True)
        rows = [row for row in labelled(least=60, most=75) if row["kind"] == kind]
        write_parquet(corpus_of(rows), folder / CORPUS)

    monkeypatch.setattr(module, "write_kind", write)


@pytest.mark.usefixtures("writing")
def test_texts_are_written_again_where_others_are_asked_for(
    whole: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(subject: Subject, settings: Settings) -> list[str]:
        return [name for name in after(subject, settings, tmp_path / "out") if name.startswith("write")]

    both = ["write stories", "write neutral"]
    assert written(whole, WHOLE) == both
    assert written(whole, replace(WHOLE, nulls=4, passages=40, runs=3)) == []
    assert written(whole, replace(WHOLE, stories=6)) == both[:1]
    assert written(whole, replace(WHOLE, stories=6, neutral=120)) == both[1:]
    assert written(whole, WHOLE) == both
    assert written(in_bfloat16(whole), WHOLE) == both
    assert written(in_bfloat16(whole), replace(WHOLE, seed=1)) == both

    def fewer(register: str, kind: str) -> Prompts:
        found = prompts_of(register, kind)
        return replace(found, templates=found.templates[1:])

    monkeypatch.setattr(stages, "prompts_of", fewer)
    assert written(in_bfloat16(whole), replace(WHOLE, seed=1)) == both
