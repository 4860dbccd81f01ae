"""The lines that a study prints give it again: the vectors byte for byte, and every score to the last digit."""

from __future__ import annotations

import html
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from affectlab.checks import validate as checks
from affectlab.cli import run
from affectlab.findings import load_findings
from affectlab.lexicon.items import Prompt
from affectlab.study.path import CLAIMS, REPORT, VECTORS
from affectlab.testing.tiny import save_tiny
from affectlab.vectors.store import load_vectors, sums_path
from tests.checks.test_validate import ITEMS
from tests.cli.conftest import Cli, Lab

PLAIN = tuple(Prompt(f"plain-{number}", "neutral", f"Count to {number}.") for number in range(6))
FEW = replace(ITEMS, register="general", neutral=PLAIN)
OF_A_SCORE = ("value", "low", "high", "n", "unit", "chance", "nulls", "baselines", "layer", "convention")


def few_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real sets take a minute, and figures some seconds."""
    monkeypatch.setattr("affectlab.study.path.pictures", lambda stages: {})
    monkeypatch.setattr("affectlab.pocket.item_sets.items_of", lambda register: FEW)
    monkeypatch.setattr(checks, "REPLY_TOKENS", 4)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    few_items(monkeypatch)


@pytest.fixture(scope="module")
def studied(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quick study of a tiny model and the texts that are there, with other options than the usual ones."""
    folder = tmp_path_factory.mktemp("study")
    base = str(save_tiny(folder / "base", seed=1))
    words = ["study", lab.model, "--corpus", lab.corpus, "--base", base, "--quick", "--nulls", "3", "--seed", "2"]
    with pytest.MonkeyPatch.context() as patch:
        few_items(patch)
        assert run([*words, "-o", str(folder / "out"), "--json"]) == 0
    return folder / "out"


def printed(folder: Path, verb: str) -> list[str]:
    """The words of the one line of this command in the report, as a reader copies it, without the first."""
    lines = re.findall(r'<pre class="command"[^>]*><code>(.*?)</code></pre>', (folder / REPORT).read_text("utf-8"))
    split = {tuple(shlex.split(html.unescape(re.sub(r"<[^>]+>", "", line)))) for line in lines}
    [words] = [words for words in split if words[1] == verb]
    return list(words[1:])


def test_the_printed_extraction_gives_the_same_bytes(cli: Cli, studied: Path) -> None:
    files = [studied / VECTORS, sums_path(studied / VECTORS)]
    before, vectors = [file.read_bytes() for file in files], load_vectors(files[0])
    for file in files:
        file.unlink()
    ran = cli(*printed(studied, "extract"), "--json")
    assert ran.code == 0, ran.err
    assert [file.read_bytes() for file in files] == before
    assert ran.json["layer"] == vectors.header["layer"] == vectors.default_layer
    assert load_vectors(files[0]).hash == vectors.hash


def test_the_printed_commands_give_every_score_to_the_last_digit(cli: Cli, studied: Path) -> None:
    found: list[dict[str, Any]] = json.loads((studied / CLAIMS).read_text("utf-8"))
    claims = [claim for claim in found if claim["value"] is not None]
    lines = dict.fromkeys(claim["command"] for claim in claims)
    assert [shlex.split(line)[1] for line in lines] == ["validate", "compare"]
    for line in lines:
        ran = cli(*shlex.split(line)[1:], "--json")
        assert ran.code == 0, ran.err
        scores = {score["name"]: score for score in ran.json["scores"]}
        for claim in claims:
            if claim["command"] == line:
                score = scores[claim["metric"]]
                assert {name: score[name] for name in OF_A_SCORE} == {name: claim[name] for name in OF_A_SCORE}


def test_the_printed_passages_are_those_of_the_study(cli: Cli, studied: Path) -> None:
    ran = cli(*printed(studied, "snippets"), "--json")
    assert ran.code == 0, ran.err
    assert ran.json["snippets"] == load_findings(studied / "snippets.safetensors").facts["snippets"]


def test_the_printed_study_has_nothing_left_to_do(cli: Cli, studied: Path) -> None:
    ran = cli(*printed(studied, "study"), "--json")
    assert ran.code == 0, ran.err
    assert ran.json["run"] == []
