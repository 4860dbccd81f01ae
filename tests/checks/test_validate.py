"""All checks together, at the layer that the vectors prefer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from affectlab.checks import validate as module
from affectlab.checks.controls import ISOTROPIC, SHUFFLED
from affectlab.checks.validate import convention_for, validate
from affectlab.core import Convention
from affectlab.findings import Findings, load_findings, save_findings
from affectlab.lexicon.items import Items, Ladder, Pair, Prompt, Scene
from affectlab.models.fake import FakeModel
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, extract
from tests.checks.conftest import RECIPE

SAID = {"sad": "He wept at the grave.", "calm": "Tea in the quiet.", "angry": "She shouted.", "afraid": "I froze."}
ITEMS = Items(
    "toy",
    tuple(Scene(emotion, str(number), text) for emotion, text in SAID.items() for number in range(2)),
    tuple(
        Ladder(name, ("I waited {N} hours.",), ("I counted {N} tiles.",), (1.0, 2.0, 3.0, 4.0), {"sad": 1})
        for name in ("hours", "days")
    ),
    tuple(Pair(name, "degree", "I laughed.", f"I wept {name}.", ("sad",), {"sad": 1}) for name in ("here", "there")),
    tuple(Prompt(f"hard-{number}", "challenging", f"{SAID['sad']} {number}") for number in range(3)),
    tuple(Prompt(f"plain-{number}", "neutral", f"Count to {number}.") for number in range(3)),
)


@pytest.fixture(scope="module")
def heard() -> list[str]:
    return []


@pytest.fixture(scope="module")
def validated(fake: FakeModel, found: Extraction, heard: list[str]) -> Findings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "REPLY_TOKENS", 4)
        return validate(fake, found.vectors, found.sums, ITEMS, nulls=2, progress=heard.append)


def test_every_check_is_there_at_the_layer_that_the_vectors_prefer(
    validated: Findings, found: Extraction, heard: list[str]
) -> None:
    layer = found.vectors.default_layer
    assert validated.facts["validate"] == {
        "layer": layer, "convention": "centred", "register": "toy", "items": ITEMS.hash
    }  # fmt: skip
    beginnings = {score.name.split(".", maxsplit=1)[0] for score in validated.scores}
    assert beginnings == {"heldout", "lens", "scenes", "ladder", "ladders", "pairs", "colon"}
    assert {score.layer for score in validated.scores if not score.name.startswith("heldout")} == {layer}
    assert heard == ["held-out topics", "logit lens", "scenes", "ladders", "minimal pairs", "replies"]


def test_no_number_travels_alone(validated: Findings) -> None:
    for score in validated.scores:
        assert score.low <= score.value <= score.high, score
        assert score.n > 1
        assert score.unit
        assert score.chance is not None
        assert {SHUFFLED, ISOTROPIC} <= set(score.nulls), score
    assert len({score.name for score in validated.scores}) == len(validated.scores)


def test_findings_are_kept_with_everything_a_figure_needs(validated: Findings, tmp_path: Any) -> None:
    save_findings(validated, tmp_path / "validate.safetensors")
    again = load_findings(tmp_path / "validate.safetensors")
    assert again.scores == validated.scores
    assert again.facts == validated.facts
    assert set(again.arrays) == set(validated.arrays)


def test_a_layer_may_be_given(fake: FakeModel, found: Extraction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REPLY_TOKENS", 2)
    assert validate(fake, found.vectors, found.sums, ITEMS, layer=0, nulls=1)["lens.rank"].layer == 0


def test_without_a_neutral_mean_readings_are_plain_cosines(
    fake: FakeModel, found: Extraction, labelled: Callable[..., list[dict[str, Any]]]
) -> None:
    assert convention_for(found.vectors) is Convention.CENTRED
    plain = extract(fake, corpus_of(labelled(neutral=0)), recipe=RECIPE).vectors
    assert convention_for(plain) is Convention.COSINE
