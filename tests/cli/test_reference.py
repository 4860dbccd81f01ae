"""Every command and every option has help, and the reference on disk is the one that the commands give."""

from pathlib import Path
from typing import Any

import pytest

from affectlab.cli.app import command
from affectlab.cli.reference import parameters, reference

VERBS: dict[str, Any] = dict(command().commands)


@pytest.mark.parametrize("name", VERBS)
def test_every_command_and_option_has_help(name: str) -> None:
    assert VERBS[name].help
    for parameter in parameters(VERBS[name]):
        assert parameter.help, f"{name} {parameter.name} has no help"
        assert parameter.help.endswith("."), f"the help of {name} {parameter.name} is no sentence"


@pytest.mark.parametrize("name", VERBS)
def test_every_command_speaks_json(name: str) -> None:
    assert "--json" in {option for parameter in parameters(VERBS[name]) for option in parameter.opts}


@pytest.mark.parametrize("name", VERBS)
def test_every_first_sentence_fits_into_the_list_of_commands(name: str) -> None:
    assert len(VERBS[name].help.splitlines()[0]) <= 70


def test_the_reference_is_not_stale() -> None:
    page = Path(__file__).parents[2] / "docs" / "commands.md"
    remedy = "run python -m affectlab.cli.reference docs/commands.md"
    assert page.read_text(encoding="utf-8") == reference(), remedy
