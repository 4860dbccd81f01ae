"""`affectlab compare` gives scores of two checkpoints or more, keeps and draws them, and refuses what is no pair."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab import runlog
from affectlab.cli import run
from affectlab.findings import load_findings
from affectlab.models.fake import FakeModel
from affectlab.testing.tiny import save_tiny
from affectlab.vectors.store import load_vectors, save_vectors
from tests.cli.conftest import Bench, Cli, Lab, write_rows

NAMES = ["temperament.agreement", "temperament.base_post.challenging", "temperament.base_post.neutral"]


@pytest.fixture(scope="session")
def asked(lab: Lab) -> str:
    rows = [{"kind": "challenging", "text": f"They shouted at me {n} times."} for n in range(5)]
    rows += [{"kind": "neutral", "text": f"What is {n} plus {n}?"} for n in range(4)]
    return write_rows(lab.folder / "prompts.jsonl", rows)


@cache
def made(name: str) -> FakeModel:
    model = FakeModel(width=64 if name == "wide" else 48)
    if name != "fake":
        model.tokenizer = made("fake").tokenizer
        model.embedding += np.random.default_rng(len(name)).normal(0, 0.1, model.embedding.shape).astype("float32")
        model.identity = replace(model.identity, id=name, weights=name)
    return model


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of numpy models that can be loaded: `fake`, what it was `before`, a `third`, and a `wide` one. The list
    says which were loaded."""
    loaded: list[str] = []

    def load(name: str, **options: Any) -> FakeModel:
        loaded.append(name)
        return made(name)

    monkeypatch.setattr("affectlab.models.load.load", load)
    return loaded


def test_scores_are_printed_kept_drawn_and_logged(
    cli: Cli, lab: Lab, asked: str, named: list[str], tmp_path: Path
) -> None:
    kept, page = tmp_path / "found", tmp_path / "shift.html"
    words = ("compare", lab.fake, "--base", "before", "--post", "third", "--post", "fake", "--prompts", asked)
    ran = cli(*words, "--nulls", "3", "--layers", "1,4", "-o", str(kept), "--figure", str(page), "--json")
    assert ran.code == 0, ran.err
    assert named == ["fake", "third", "before"]
    assert list(ran.json) == ["scores"]
    scores = [score for score in ran.json["scores"] if not score["name"].startswith("temperament.series.1.")]
    assert len(scores) < len(ran.json["scores"])
    names = [score["name"] for score in scores]
    half = len(names) // 2
    assert names[half:] == names[:half]
    assert set(NAMES) <= set(names)
    # The layer that the vectors prefer comes first.
    assert [score["layer"] for score in scores] == [4] * half + [1] * half
    for score in scores:
        assert score["low"] <= score["value"] <= score["high"]
        assert "shuffled story labels" in score["nulls"]
    found = load_findings(kept)
    assert [score.as_dict() for score in found.scores] == ran.json["scores"]
    assert found.facts["prompts"]["challenging"] == 5
    assert [one["id"] for one in found.facts["posts"]] == ["third", "fake"]
    assert runlog.runs(limit=1)[0].notes["models"]["base"]["weights"] == "before"
    text = page.read_text(encoding="utf-8")
    assert "before against fake, layer 4" in text
    assert "The way of the shifts" in text
    assert "checkpoint by checkpoint" in text or "agreement of the prompts" in text


def test_a_person_sees_a_table_and_the_model_of_the_vectors_is_the_one_after_training(
    cli: Cli, lab: Lab, asked: str, named: list[str]
) -> None:
    ran = cli("compare", lab.fake, "--base", "before", "--prompts", asked, "--nulls", "3", "--layers", "1")
    assert ran.code == 0, ran.err
    assert named == ["fake", "before"]
    assert "temperament.agreement" in ran.out
    assert "layer 1; nulls are 95th percentiles" in ran.out


def test_vectors_of_the_base_stand_beside_those_of_the_other(
    cli: Cli, lab: Lab, asked: str, named: list[str], tmp_path: Path
) -> None:
    given = load_vectors(lab.fake)
    theirs = {**given.header, "model": given.header["model"] | asdict(made("before").identity)}
    second = str(tmp_path / "second.safetensors")
    assert given.clean is not None
    turned = {name: getattr(given, name)[..., ::-1].copy() for name in ("raw", "clean")}
    save_vectors(replace(given, header=theirs, **turned), second)
    words = ["compare", lab.fake, "--base", "before", "--prompts", asked, "--nulls", "3", "--layers", "1", "--json"]
    ran = cli(*words, "--second", second)
    assert ran.code == 0, ran.err
    scores = {score["name"]: score["value"] for score in ran.json["scores"]}
    for way in ("by_base.", "paired."):
        assert {name.replace(".", f".{way}", 1) for name in NAMES} <= scores.keys()
        assert scores[f"temperament.{way}agreement"] != scores["temperament.agreement"]
    hashes = runlog.runs(limit=1)[0].notes["hashes"]
    assert (hashes["vectors"], hashes["second"]) == (given.hash, load_vectors(second).hash)


def test_a_base_without_a_template_is_asked_with_that_of_the_other(cli: Cli, lab: Lab, asked: str) -> None:
    earlier = str(save_tiny(lab.folder / "earlier", seed=1, chat=False))
    ran = cli("compare", lab.vectors, "--base", earlier, "--prompts", asked, "--nulls", "3", "--json")
    assert ran.code == 0, ran.err
    assert set(NAMES) <= {score["name"] for score in ran.json["scores"]}


def test_models_that_are_no_pair_are_refused(bench: Bench, asked: str, named: list[str]) -> None:
    def refused(*words: str) -> str:
        return bench.refused("compare", bench.lab.fake, "--prompts", asked, *words)

    assert "base and post-trained are the same model" in refused("--base", "fake")
    assert "come from none of the models" in refused("--base", "before", "--post", "third")
    line = refused("--base", "wide")
    assert "another size than the vectors; expected 6 blocks of width 48; found 6 blocks of width 64" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "too few challenging prompts"),
        ("one\ntwo\nthree\n", "too few neutral prompts"),
        ('{"kind": "rude", "text": "Go."}\n', "an unknown kind of prompt"),
        ('{"kind": "neutral"}\n', "a prompt without text"),
        ("{not json}\n", "not JSON"),
    ],
)
def test_prompts_that_cannot_be_used_are_refused(bench: Bench, text: str, said: str) -> None:
    (bench.folder / "p.jsonl" if text.startswith("{") else bench.folder / "p.txt").write_text(text)
    name = "p.jsonl" if text.startswith("{") else "p.txt"
    assert said in bench.refused("compare", bench.lab.vectors, "--base", "fake", "--prompts", name)


def test_plain_lines_are_challenging_and_a_register_gives_the_neutral_ones(
    cli: Cli, lab: Lab, named: list[str], tmp_path: Path
) -> None:
    own, kept = tmp_path / "own.txt", tmp_path / "found"
    own.write_text("".join(f"You are useless, for the {n}th time!\n" for n in range(4)), encoding="utf-8")
    words = ("compare", lab.fake, "--base", "before", "--prompts", str(own), "--register", "pocket", "--nulls", "3")
    assert cli(*words, "-o", str(kept), "--json").code == 0
    told = load_findings(kept).facts["prompts"]
    assert (told["challenging"], told["neutral"] > 20, told["alignment"] > 10) == (4, True, True)


def test_nothing_is_replaced_that_is_read(bench: Bench, asked: str) -> None:
    mine = bench.folder / "prompts.jsonl"
    mine.write_text(Path(asked).read_text(encoding="utf-8"), encoding="utf-8")
    words = ("compare", bench.lab.vectors, "--base", "fake", "--prompts", str(mine))
    for option in ("-o", "--figure"):
        assert "this would replace an input" in bench.refused(*words, option, str(mine))
    assert json.loads(mine.read_text(encoding="utf-8").splitlines()[0])["kind"] == "challenging"


def test_images_of_a_series_replace_nothing_that_is_read_either(bench: Bench, asked: str, named: list[str]) -> None:
    mine = bench.folder / "shift-series.svg"
    mine.write_text(Path(asked).read_text(encoding="utf-8"), encoding="utf-8")
    words = ("compare", bench.lab.fake, "--base", "before", "--prompts", str(mine), "--figure", "shift.svg")
    line = bench.refused(*words, "--post", "third", "--post", "fake")
    assert "shift-series.svg: this would replace an input" in line


def test_a_base_must_be_named(bench: Bench) -> None:
    assert run(["compare", bench.lab.vectors]) == 2
