"""The list of claims can be trusted: its numbers stand in the paper's table, and what is missing is said to be."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from affectlab.core import Score
from affectlab.findings import ABSENT, Findings
from affectlab.report.claims import Claim, Ruling, claims, claims_json, groups, judge, save_claims
from affectlab.report.claims.claims import paper_numbers
from affectlab.report.claims.numbers import interval, margin, shown
from affectlab.report.claims.verdicts import SHUFFLED
from tests.report.a_study import COMMANDS, findings, score

KEYS = "claim metric value low high n unit chance nulls baselines layer convention paper verdict command".split()


def test_every_claim_is_told_once_in_a_group_of_its_stage() -> None:
    stages, given = {group.key: group.stage for group in groups()}, {group.key for group in groups() if group.given}
    assert len({claim.key for claim in claims()}) == len({claim.metric for claim in claims()}) == len(claims())
    for claim in claims():
        assert stages[claim.group] == claim.stage
        assert claim.claim.endswith(".")
        assert claim.claim.count(". ") == 0
        assert claim.meaning.endswith(".")
        command = f"behave VECTORS --task {claim.stage}" if claim.group in given else claim.stage
        assert claim.command.startswith(f"affectlab {command} ")
        assert claim.direction in (1, -1)
    assert {claim.group for claim in claims()} == set(stages)


def test_the_papers_numbers_lie_in_the_direction_that_the_claim_gives() -> None:
    numbers = [claim for claim in claims() if claim.paper is not None]
    assert len(numbers) >= 8
    for claim in numbers:
        assert claim.paper is not None
        assert math.copysign(1, claim.paper.value) == claim.direction
        assert claim.ends is None or claim.ends[0] <= claim.paper.value <= claim.ends[1]


def test_the_papers_numbers_are_those_of_its_table() -> None:
    of = {claim.metric: claim.paper.value for claim in claims() if claim.paper}
    table = {key: value for key, (value, _) in paper_numbers().items()}
    assert len(table) == 49
    assert of["map.pc1.pleasure"] == table["geometry", "PC1 with human pleasure n=45"] == 0.81
    assert of["map.variance.pc1"] == table["geometry", "variance of PC1"] / 100 == 0.26
    colon, user = (f"reading at {place} with reply mean" for place in ("the colon", "the user's last token"))
    assert of["colon.gain"] == pytest.approx(table["speakers", colon] - table["speakers", user])
    assert {source for _, source in paper_numbers().values()} == {"text", "table", "figure"}


def test_what_does_not_depend_on_labels_is_known() -> None:
    assert {claim.metric for claim in claims() if not claim.labels} == {"map.variance.pc1", "rsa.late"}


def test_a_claim_without_its_score_is_not_testable_and_says_why() -> None:
    given = Findings(
        (score("heldout.auc", 0.9, 0.01, 0.5, 0.52),), facts={ABSENT: {"lens.rank": "It has no unembedding."}}
    )
    results = {result.claim.metric: result for result in judge({"validate": given}, "general")}
    assert results["heldout.auc"].verdict.ruling is Ruling.AGREES
    missing = [result for metric, result in results.items() if metric != "heldout.auc"]
    assert {result.verdict.ruling for result in missing} == {Ruling.UNTESTABLE}
    assert results["lens.rank"].verdict.reason == "It has no unembedding."
    assert "could not measure it here (scenes.rank)" in results["scenes.rank"].verdict.reason
    assert "was not run" in results["map.pc1.pleasure"].verdict.reason


def test_the_commands_are_those_that_were_given() -> None:
    results = judge(findings(), "general", COMMANDS)
    assert {result.command for result in results if result.claim.stage == "map"} == {COMMANDS["map"]}
    assert judge({}, "general")[0].command == claims()[0].command


def test_claims_json_holds_what_scripts_rely_on(tmp_path: Path) -> None:
    results = judge(findings(), "pocket", COMMANDS)
    save_claims(results, tmp_path / "claims.json")
    told = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    given = {group.key for group in groups() if group.given}  # which are told of where there is something to tell
    assert [list(one) for one in told] == [KEYS] * sum(claim.group not in given for claim in claims())
    [auc] = [one for one in told if one["metric"] == "heldout.auc"]
    assert (auc["value"], auc["chance"], auc["unit"], auc["layer"]) == (0.934, 0.5, "topics", 4)
    assert auc["nulls"][SHUFFLED] == 0.523
    assert auc["baselines"] == {"bag of words": 0.55, "token embeddings (block 0)": 0.71}
    assert (auc["paper"], auc["verdict"], auc["convention"]) == (None, "planted", "centred")
    [shift] = [one for one in told if one["metric"] == "temperament.shift.arousal"]
    assert (shift["value"], shift["nulls"], shift["paper"]) == (None, {}, -0.37)
    assert shift["verdict"] == "not testable here"


def test_numbers_without_end_are_no_json() -> None:
    endless = replace(score("heldout.auc", 0.9, 0.1, 0.5, 0.52), low=-math.inf, high=math.inf)
    [first, *_] = json.loads(claims_json(judge({"validate": Findings((endless,))}, "general")))
    assert (first["value"], first["low"], first["high"]) == (0.9, None, None)


def test_scores_that_were_dealt_other_names_and_labels_get_no_praise() -> None:
    """All label-dependent scores at what chance gives them, each beside its null."""
    at_chance = {stage: Findings(tuple(_at_chance(one) for one in found.scores)) for stage, found in findings().items()}
    for register in ("pocket", "general"):
        for result in judge(at_chance, register):
            assert result.verdict.ruling not in (Ruling.AGREES, Ruling.PLANTED), result.claim.key


def _at_chance(one: Score) -> Score:
    """A value anywhere within its null."""
    chance, reach = one.chance or 0.0, one.nulls.get(SHUFFLED, 0.2)
    middle = (chance + reach) / 2
    return replace(one, value=middle, low=chance - 0.2, high=reach + 0.1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.93456, "0.93"),
        (0.99876, "0.999"),
        (0.0523, "0.052"),
        (-0.37, "−0.37"),
        (0.0, "0"),
        (1.0, "1.00"),
        (26.0, "26.0"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert shown(value) == text


def test_numbers_that_are_none_small_or_endless() -> None:
    assert [shown(value) for value in (None, math.nan, math.inf, 0.00012)] == ["–", "–", "∞", "1.2e-04"]
    one = Score("a", 0.3, 0.0999, -0.001, 9, "words")
    assert (interval(one), margin(one, 0.5), margin(one, 0.1)) == ("[0.10, 0.00]", "−0.20", "+0.20")


def test_a_claim_is_frozen() -> None:
    with pytest.raises(AttributeError):
        claims()[0].labels = False  # type: ignore[misc]
    assert isinstance(claims()[0], Claim)
