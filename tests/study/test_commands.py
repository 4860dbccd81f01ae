"""The command lines of a report can be given as they stand: commands know their options, and name what was studied."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from affectlab.cli.app import command
from affectlab.lexicon.items import general
from affectlab.models.fake import FakeModel
from affectlab.study import FULL, QUICK, Settings
from affectlab.study.commands import commands
from affectlab.study.stages import Subject
from affectlab.vectors.extract import Extraction
from tests.checks.conftest import fake, found

__all__ = ["fake", "found"]
FOLDER = Path("out/my study")


def typed(settings: Settings, found: Extraction, *, base: bool = True, own: list[Path] | None = None) -> dict[str, str]:
    subject = Subject(FakeModel(), general(), (lambda: FakeModel(seed=1)) if base else None)
    return commands(subject, settings, FOLDER, (FOLDER / "v.safetensors", found.vectors), own or [])


@pytest.mark.parametrize("settings", [FULL, QUICK, replace(QUICK, stories=9, nulls=5, seed=3)])
def test_every_line_is_one_that_the_command_line_understands(settings: Settings, found: Extraction) -> None:
    whole: Any = command()
    lines = typed(settings, found)
    assert list(lines) == [
        "study",
        "write stories",
        "write neutral",
        "extract",
        "validate",
        "snippets",
        "map",
        "compare",
    ]
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
    assert "extract fake mine.parquet -o" in lines["extract"]
    assert "--emotions afraid,angry,calm,sad" in lines["snippets"]
