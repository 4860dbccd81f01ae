"""Ladders: a reading that follows a number is found, the twin stays flat, and digits alone do not pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from affectlab.checks import ladders
from affectlab.checks.colon import colon_readings
from affectlab.checks.controls import ISOTROPIC, MATCHED, SHUFFLED, controls
from affectlab.checks.ladders import PERMUTATIONS, Ladder, ladder_scores, read_ladders
from affectlab.core import Doubles
from affectlab.findings import Findings
from affectlab.models.fake import FakeModel
from affectlab.stats import spearman
from affectlab.vectors.extract import Extraction
from tests.checks.made import LAYERS, STRONG, Told, as_it_is, drawn_nulls, errors_from, made_sums, made_vectors

NUMBERS = (1.0, 2.0, 3.0, 5.0, 8.0, 1000000.0)
STEPS = Ladder(
    "steps", ("I walked {N} steps.", "Steps: {N}."), ("I counted {N} tiles.",), NUMBERS, {"sad": 1, "calm": -1}
)
DAYS = Ladder("days", ("We waited {N} days.",), ("Page {N} of days.",), NUMBERS, {"happy": 1})


def _read(
    monkeypatch: pytest.MonkeyPatch,
    model: FakeModel,
    rule: Callable[[str, int], Mapping[str, float]],
    nulls: int = 8,
) -> Findings:
    def of(text: str) -> list[Mapping[str, float]]:
        number = next(word.strip(".") for word in text.split() if word.strip(".").isdigit())
        return [rule(text, NUMBERS.index(float(number)))]

    monkeypatch.setattr(ladders, "at_colon", as_it_is)
    monkeypatch.setattr(ladders, "pooled", Told(of, noise=0.01))
    vectors = made_vectors()
    return read_ladders(model, vectors, [STEPS, DAYS], controls(vectors, made_sums(), nulls), layer=STRONG)


def meaning(text: str, step: int) -> Mapping[str, float]:
    """Numbers mean something in what is told, and nothing in the twins."""
    if "walked" in text or "Steps" in text:
        return {"sad": 0.2 * step, "calm": -0.2 * step}
    return {"happy": 0.2 * step} if "waited" in text else {}


def test_a_reading_that_follows_the_number_is_found_and_the_twin_is_flat(
    monkeypatch: pytest.MonkeyPatch, fake: FakeModel
) -> None:
    found = _read(monkeypatch, fake, meaning)
    names = {score.name for score in found.scores}
    assert names == {
        "ladder.steps", "ladder.steps.sad", "ladder.steps.calm", "ladder.days", "ladder.days.happy",
        "ladders.mean", "ladders.rise", "ladders.twins",
    }  # fmt: skip
    assert found["ladder.steps"].value == found["ladder.days"].value == pytest.approx(1.0)
    assert found["ladder.steps"].nulls.keys() == {"permuted numbers", SHUFFLED, ISOTROPIC, MATCHED}
    assert found["ladder.steps"].baselines["range of the twin over the range"] < 0.1
    mean, twins = found["ladders.mean"], found["ladders.twins"]
    assert mean.value == pytest.approx(1.0)
    assert (mean.n, mean.unit) == (2, "ladders")
    assert mean.nulls["permuted numbers"] < 0.95
    rise = found["ladders.rise"]
    assert rise.value == pytest.approx(0.6, abs=0.1)
    assert all(null < rise.low for null in rise.nulls.values())
    assert twins.high < 0.1
    assert all(twins.high < null for null in twins.nulls.values())
    assert found.arrays["ladders.steps.told"].shape == (2, len(NUMBERS))
    assert found.arrays["ladders.by_layer"].shape == (2, LAYERS)
    assert found.arrays["ladders.by_layer"][0, STRONG] == pytest.approx(1.0)
    assert found.facts["ladders"]["steps"]["rises"] == {"sad": 1, "calm": -1}


def test_the_mean_of_every_null_sits_at_chance_but_for_the_twins(
    monkeypatch: pytest.MonkeyPatch, fake: FakeModel
) -> None:
    """A direction that knows nothing goes up with the number as often as down. How far it goes is another matter: the
    ladder moves the state and the twin does not, whatever is read, so the nulls of `ladders.twins` are rightly below
    the 1 that digits alone would give, and are given as 5th percentiles."""
    sets = 80
    drawn = drawn_nulls(monkeypatch, ladders)
    found = _read(monkeypatch, fake, meaning, nulls=sets)
    twins = drawn.pop("ladders.twins")
    assert set(drawn) == {score.name for score in found.scores} - {"ladders.twins"}
    for name, kinds in drawn.items():
        assert set(kinds) == {SHUFFLED, ISOTROPIC, MATCHED}
        for kind, values in kinds.items():
            assert len(values) == sets
            assert errors_from(0.0, values) < 4, (name, kind, np.mean(values))
    assert all(np.median(values) < 0.5 for values in twins.values())


def test_the_mean_over_permuted_numbers_sits_at_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []

    def noted(pairs: Doubles) -> float:
        drawn.append(float(spearman(pairs)))
        return drawn[-1]

    monkeypatch.setattr(ladders, "spearman", noted)
    ladders._permuted([np.stack([NUMBERS, NUMBERS], axis=1)], seed=0)
    assert len(drawn) == PERMUTATIONS
    assert errors_from(0.0, drawn) < 4


def test_a_reading_that_follows_digits_shows_in_the_twin(monkeypatch: pytest.MonkeyPatch, fake: FakeModel) -> None:
    found = _read(monkeypatch, fake, lambda text, step: {"sad": 0.2 * step, "happy": 0.2 * step})
    assert found["ladders.mean"].value > 0.9
    assert found["ladders.mean"].baselines["harmless twins"] > 0.9
    assert found["ladders.twins"].value == pytest.approx(1.0, abs=0.2)


def test_where_numbers_mean_nothing_nothing_is_found(monkeypatch: pytest.MonkeyPatch, fake: FakeModel) -> None:
    found = _read(monkeypatch, fake, lambda text, step: {})
    assert found["ladders.mean"].value <= max(found["ladders.mean"].nulls.values()) + 0.3
    assert found["ladders.twins"].value > 0.3


def test_what_is_read_is_the_colon_after_each_wording(fake: FakeModel, found: Extraction) -> None:
    ladder = Ladder("steps", ("I walked {N} steps.", "Steps: {N}."), ("I counted {N} tiles.",), NUMBERS, {"sad": 1})
    score = next(one for one in ladder_scores(fake, found.vectors, [ladder], layer=1) if one.name == "ladder.steps")
    said = [text for n in ("1", "2", "3", "5", "8", "1000000") for text in (f"I walked {n} steps.", f"Steps: {n}.")]
    sad = colon_readings(fake, found.vectors, said, layer=1)[:, found.vectors.index("sad")]
    along = np.stack([np.array(NUMBERS), sad.reshape(-1, 2).mean(axis=1)], axis=1).astype(np.float64)
    assert score.value == pytest.approx(float(spearman(along)), abs=1e-6)


def test_a_ladder_without_vectors_is_left_out(fake: FakeModel, found: Extraction) -> None:
    assert read_ladders(fake, found.vectors, [DAYS], {}, layer=1).scores == ()
