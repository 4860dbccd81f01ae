"""`prefer` prints scores, draws what it found, sets a base beside it, and refuses what cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from affectlab.cli import prefer as command
from affectlab.errors import InputError
from affectlab.findings import load_findings
from affectlab.models.base import Model
from tests.cli.conftest import Bench, Cli, Lab, described
from tests.preference.planted import RATED, Planted, items, vectors_of

NAMES = ("angry", "disgusted", "happy", "hostile", "proud", "relaxed")
FEW = ("--quick", "--directions", "4")


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A name of the vectors of the model with planted liking, which is found again as any other would be."""
    models = {"planted": Planted(), "base": Planted(name="base", order=-0.3), "mute": Planted(name="mute", mass=0.2)}

    def opened(run: Any, name: str, **options: Any) -> Model:
        return models[name]

    monkeypatch.setattr(command, "open_model", opened)
    monkeypatch.setattr(command, "open_their_model", lambda run, given, moved, **options: models["planted"])
    monkeypatch.setattr("affectlab.pocket.activities.preferences_of", lambda register: items(2))
    given = vectors_of(models["planted"], names=NAMES)
    monkeypatch.setattr(command, "open_vectors", lambda run, path: given)
    return str(tmp_path / "planted.safetensors")


def test_scores_are_printed_and_kept_and_drawn(cli: Cli, planted: str, tmp_path: Path) -> None:
    kept, page = tmp_path / "found", tmp_path / "page.html"
    ran = cli("prefer", planted, *FEW, "-o", str(kept), "--figure", str(page), "--json")
    assert ran.code == 0, ran.err
    scores = {score["name"]: score for score in ran.json["scores"]}
    assert scores["prefer.change.correlation"]["value"] > 0.5
    assert scores["prefer.change.correlation.random"]["n"] == 4
    assert set(scores["prefer.change.correlation"]) >= {"value", "low", "high", "n", "unit", "chance", "nulls"}
    assert [score.name for score in load_findings(kept).scores] == list(scores)
    assert page.read_text().count("correlation of the reading with Elo") >= 1
    assert "nothing is said of shuffled labels" in ran.err


def test_a_base_is_asked_in_the_same_way(cli: Cli, planted: str) -> None:
    ran = cli("prefer", planted, *FEW, "--base", "base", "--json")
    assert ran.code == 0, ran.err
    scores = {score["name"]: score["value"] for score in ran.json["scores"]}
    assert scores["prefer.base_post"] > 0.9
    assert scores["prefer.base.order"] < 0 < scores["prefer.order"]


def test_a_base_that_does_not_answer_costs_nothing_of_the_rest(cli: Cli, planted: str) -> None:
    ran = cli("prefer", planted, *FEW, "--base", "mute", "--json")
    assert ran.code == 0
    assert "nothing is said of the base: mute: the model answers with neither A nor B" in ran.err


def test_a_base_that_cannot_be_loaded_costs_nothing_of_the_rest(
    cli: Cli, planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(run: Any, name: str, **options: Any) -> Model:
        raise InputError("there is no such model", where=name)

    monkeypatch.setattr(command, "open_model", failing)
    ran = cli("prefer", planted, *FEW, "--base", "bsae", "--json")
    assert ran.code == 0
    assert "nothing is said of the base: bsae: there is no such model" in ran.err
    assert "prefer.change.correlation" in {score["name"] for score in ran.json["scores"]}
    names = {score["name"] for score in ran.json["scores"]}
    assert "prefer.change.correlation" in names
    assert not any(name.startswith("prefer.base") for name in names)


def test_options_reach_the_study(cli: Cli, planted: str, tmp_path: Path) -> None:
    kept = str(tmp_path / "found")
    words = ("--layers", "1-2", "--layer", "3", "--strength", "0.25", "--sweep", "-o", kept, "--json")
    assert cli("prefer", planted, *FEW, *words).code == 0
    found = load_findings(kept)
    assert (found.facts["sites"], found.facts["layer"], found.facts["strength"]) == ([1, 2], 3, 0.25)
    assert "by_layer.change" in found.arrays


def test_people_see_a_table(cli: Cli, planted: str) -> None:
    ran = cli("prefer", planted, *FEW)
    assert ran.code == 0
    assert "prefer.change.correlation" in ran.out
    assert "95 % interval" in ran.out


def test_what_cannot_be_used_is_refused(bench: Bench, cli: Cli, lab: Lab) -> None:
    assert "no such vectors file" in bench.refused("prefer", "nowhere.safetensors")
    assert "neither A nor B" in bench.refused("prefer", lab.fake, "--quick", "--nulls", "1")
    assert "layer 99 does not exist" in bench.refused("prefer", lab.fake, "--layers", "99")
    assert "there are no vectors for layer 99" in bench.refused("prefer", lab.fake, "--layer", "99")
    assert "nothing would be steered" in bench.refused("prefer", lab.fake, "--strength", "0")
    assert "would replace an input" in bench.refused("prefer", lab.fake, "-o", lab.fake)
    assert "latin" in described(cli("prefer", lab.fake, "--register", "latin"))


def test_what_is_not_said_of_causes_is_told(
    cli: Cli, planted: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page, frail = tmp_path / "page.html", Planted(frail=-20.0)
    monkeypatch.setattr(command, "open_their_model", lambda run, given, moved, **options: frail)
    ran = cli("prefer", planted, *FEW, "--figure", str(page), "--json")
    assert ran.code == 0, ran.err
    assert "planted answers with neither A nor B when steered with angry, disgusted, hostile: left out" in ran.err
    assert "nothing is" not in ran.err.replace("nothing is said of shuffled labels", "")
    page.unlink()
    unpleasant = vectors_of(frail, names=[name for name, pleasure in RATED.items() if pleasure < -0.6][:6])
    monkeypatch.setattr(command, "open_vectors", lambda run, path: unpleasant)
    ran = cli("prefer", planted, *FEW, "--figure", str(page), "--json")
    assert ran.code == 0, ran.err
    assert "nothing is said of what steering changes: The model answers with A or B under 0 of 6 emotions" in ran.err
    assert "nothing is drawn" in ran.err
    assert not page.exists()
    assert "prefer.correlation.pleasure" in {score["name"] for score in ran.json["scores"]}
