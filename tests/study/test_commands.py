"""The command lines of a report can be given as they stand: commands know their options, and name what was studied."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from affectlab.cli.app import command
from affectlab.lexicon.items import general
from affectlab.models.fake import FakeModel
from affectlab.study import FULL, QUICK, Settings
from affectlab.study.commands import Files, commands
from affectlab.study.stages import Subject
from affectlab.vectors.extract import Extraction
from tests.checks.conftest import fake, found

__all__ = ["fake", "found"]
FOLDER = Path("out/my study")


def typed(
    settings: Settings,
    found: Extraction,
    *,
    base: bool = True,
    own: list[Path] | None = None,
    model: FakeModel | None = None,
    behaviour: Sequence[Path] = (),
) -> dict[str, str]:
    subject = Subject(model or FakeModel(), general(), (lambda: model or FakeModel(seed=1)) if base else None)
    return commands(subject, settings, Files(FOLDER, FOLDER / "v.safetensors", own or [], behaviour), found.vectors)


@pytest.mark.parametrize("settings", [FULL, QUICK, replace(QUICK, stories=9, nulls=5, seed=3)])
def test_every_line_is_one_that_the_command_line_understands(settings: Settings, found: Extraction) -> None:
    whole: Any = command()
    lines = typed(settings, found)
    always = ["study", "write stories", "write neutral", "extract", "validate", "snippets", "map", "compare"]
    assert list(lines) == ([*always, "prefer", "behave"] if settings.runs else always)
    for line in lines.values():
        first, verb, *words = shlex.split(line)
        assert first == "affectlab"
        whole.commands[verb].make_context(verb, words)  # an unknown option or a missing argument is an error


def test_a_study_is_named_by_its_size(found: Extraction) -> None:
    assert typed(FULL, found)["study"] == "affectlab study fake --base fake -o 'out/my study'"
    assert "--quick --base" in typed(QUICK, found)["study"]
    own = replace(QUICK, stories=9, nulls=5, seed=3)
    assert "study fake --quick --stories 9 --nulls 5 --seed 3" in typed(own, found)["study"]
    assert "--sample 1539 " in typed(own, found)["write stories"]


def test_texts_of_ones_own_were_not_written_and_without_a_base_nothing_was_compared(found: Extraction) -> None:
    lines = typed(QUICK, found, base=False, own=[Path("mine.parquet")])
    assert list(lines) == ["study", "extract", "validate", "snippets", "map"]
    assert "--corpus mine.parquet" in lines["study"]
    assert "extract fake mine.parquet --minimum 3 -o" in lines["extract"]
    assert "--emotions afraid,angry,calm,sad" in lines["snippets"]


def test_findings_that_were_given_are_named(found: Extraction) -> None:
    line = typed(QUICK, found, behaviour=[Path("hacking"), Path("flattery")])["study"]
    assert "--behaviour hacking --behaviour flattery -o" in line


def test_how_a_model_was_loaded_is_told_until_vectors_know_it(found: Extraction) -> None:
    model = FakeModel()
    model.facts = {**model.facts, "dtype": "bfloat16"}
    model.identity = replace(model.identity, id="some/model", revision="a1b2")
    lines = typed(FULL, found, model=model)
    told = {stage for stage, line in lines.items() if "--dtype bfloat16 --revision a1b2" in line}
    assert told == {"study", "write stories", "write neutral", "extract"}
    assert "--base some/model@a1b2 --post some/model@a1b2 --register general" in lines["compare"]
    assert "--base some/model@a1b2" in lines["study"]


def test_without_neutral_texts_checkpoints_are_compared_by_plain_cosines(found: Extraction) -> None:
    assert "--convention centred" in typed(QUICK, found)["compare"]
    plain = found._replace(vectors=replace(found.vectors, neutral_mean=None))
    assert "--convention cosine" in typed(QUICK, plain)["compare"]
