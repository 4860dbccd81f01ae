"""Readings at the ":": where it is, what a ladder makes of it, what it says of the reply, and of two checkpoints."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.checks import colon
from affectlab.checks.colon import (
    PAIRINGS,
    STATISTICS,
    ReplyReadings,
    colon_readings,
    colon_scores,
    colon_statistics,
    contrast_score,
    last_of_user,
    readings_of,
    reply_readings,
)
from affectlab.checks.controls import controls
from affectlab.core import Convention
from affectlab.errors import ModelMismatchError
from affectlab.models.base import Sampling
from affectlab.models.chat import encode_chat
from affectlab.models.fake import FakeModel
from affectlab.temperament import Shift, temperament_shift
from affectlab.vectors.extract import Extraction
from affectlab.vectors.pooled import Pooled
from affectlab.vectors.read import read
from tests.checks.made import STRONG, WIDTH, errors_from, made_sums, made_vectors


def test_the_colon_is_the_last_token_before_the_answer(fake: FakeModel, found: Extraction) -> None:
    chat = [{"role": "user", "content": "She laughed."}]
    encoded = encode_chat(fake.tokenizer, chat)
    assert encoded.colon is not None
    (reading,) = read(fake, found.vectors, [chat], layers=[1], convention=Convention.CENTRED)[0]
    # The same product in another order: equal to the last digit of float32.
    np.testing.assert_allclose(
        colon_readings(fake, found.vectors, ["She laughed."], layer=1)[0], reading.scores[encoded.colon], atol=1e-7
    )
    assert reading.tokens[encoded.colon].strip() == ":"
    assert encoded.content[last_of_user(encoded)]
    assert last_of_user(encoded) < encoded.colon


def test_replies_are_read_where_they_stand(fake: FakeModel, found: Extraction) -> None:
    prompts = ["She laughed.", "He wept and wept.", "They waited."]
    readings = reply_readings(fake, found.vectors, prompts, Sampling(max_tokens=6, seed=1), layer=1)
    np.testing.assert_allclose(readings.colon, colon_readings(fake, found.vectors, prompts, layer=1), atol=1e-6)
    assert readings.reply.shape == readings.user.shape == (3, len(found.vectors.emotions))


def test_a_colon_that_knows_the_reply_beats_a_user_that_does_not() -> None:
    reply, noise, other = np.random.default_rng(0).standard_normal((3, 80, 6)).astype(np.float32)
    knows = reply + noise / 2
    scores = {score.name: score for score in colon_scores(ReplyReadings(other, knows, reply), layer=0)}
    assert scores["colon.gain"].low > 0.5
    assert scores["colon.user"].high < 0.3
    assert abs(scores["colon.reply"].nulls["replies of other prompts"]) < 0.2
    same = {score.name: score for score in colon_scores(ReplyReadings(knows, knows, reply), layer=0)}
    assert same["colon.gain"].value == 0


def test_a_contrast_is_told_from_chance() -> None:
    generator = np.random.default_rng(1)
    one, other = (generator.standard_normal((40, 5)).astype(np.float32) for _ in range(2))
    assert (
        contrast_score("x", one, other, [0, 1], 0).low
        < contrast_score("x", one, other, [0, 1], 0).nulls["kinds by chance"]
    )
    every = contrast_score("x", one + 2, other, [0, 1], 0)
    assert every.low > every.nulls["kinds by chance"]
    assert every.low < every.nulls["emotions by chance"]
    one, other = (generator.standard_normal((40, 60)).astype(np.float32) for _ in range(2))
    one[:, :4] += 2
    raised = contrast_score("x", one, other, [0, 1, 2, 3], 0)
    assert raised.low > max(raised.nulls.values())
    assert contrast_score("x", one, other, [7, 8, 9, 10], 0).low < raised.nulls["emotions by chance"]
    beside = contrast_score("x", one, other, [0, 1], 0, baselines={"same": (one, other), "less": (one - 1, other)})
    assert beside.baselines == pytest.approx({"same": beside.value, "less": beside.value - 1}, abs=1e-6)


def test_a_shift_is_post_minus_base_and_the_same_model_has_none(fake: FakeModel, found: Extraction) -> None:
    prompts = ["She laughed.", "He wept.", "They waited."]
    none = temperament_shift(fake, fake, found.vectors, prompts, layer=1)
    np.testing.assert_array_equal(none.mean, 0)
    generator = np.random.default_rng(2)
    base = generator.standard_normal((50, 40)).astype(np.float32)
    planted = np.linspace(-1, 1, 40)
    post = (base + planted + 0.2 * generator.standard_normal((50, 40))).astype(np.float32)
    names = tuple(f"word {place}" for place in range(40))
    shift = Shift(names, base, post, 1, Convention.CENTRED)
    score = shift.score("x", dict(zip(names, planted.tolist(), strict=True)))
    assert score.low > 0.95
    assert abs(score.baselines["the base alone"]) < 0.4
    knows = Shift(names, (base + 5 * planted).astype(np.float32), post, 1, Convention.CENTRED)
    assert knows.score("x", dict(zip(names, planted.tolist(), strict=True))).baselines["the base alone"] > 0.95
    assert {names[0], names[-1]} <= set(shift.discoveries())
    assert len(shift.discoveries()) < 40
    assert shift.intervals()[names[-1]].low > 0.5


def test_vectors_are_carried_between_checkpoints_and_nowhere_else(found: Extraction) -> None:
    other = FakeModel(blocks=3, width=16, seed=9)
    with pytest.raises(ModelMismatchError):
        found.vectors.check_model(other)
    carried = found.vectors.carried_to(other)
    carried.check_model(other)
    assert carried.header["carried_from"] == found.vectors.header["model"]
    with pytest.raises(ModelMismatchError, match="do not share their space"):
        found.vectors.carried_to(FakeModel(blocks=2, width=16))


def test_directions_that_know_no_emotion_may_stand_beside(fake: FakeModel, found: Extraction) -> None:
    reply, noise = np.random.default_rng(3).standard_normal((2, 40, 6)).astype(np.float32)
    readings = ReplyReadings(noise, reply + noise, reply)
    scores = {s.name: s for s in colon_scores(readings, layer=0, nulls={"colon.gain": {"random directions": 0.25}})}
    assert scores["colon.gain"].nulls["random directions"] == 0.25
    assert scores["colon.gain"].low > scores["colon.gain"].nulls["replies of other prompts"]
    assert colon_statistics(readings)["colon.reply"] == pytest.approx(scores["colon.reply"].value)


def test_the_mean_over_replies_of_other_prompts_sits_at_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    dealt: list[dict[str, float]] = []

    def noted(found: ReplyReadings) -> dict[str, float]:
        dealt.append(colon_statistics(found))
        return dealt[-1]

    monkeypatch.setattr(colon, "colon_statistics", noted)
    reply, noise, other = np.random.default_rng(0).standard_normal((3, 80, 6)).astype(np.float32)
    colon_scores(ReplyReadings(other, reply + noise / 2, reply), layer=0)
    assert len(dealt) == PAIRINGS
    for name in STATISTICS:
        assert errors_from(0.0, [values[name] for values in dealt]) < 4, name


def test_directions_that_know_no_emotion_are_rightly_not_at_chance() -> None:
    """A reply keeps much of its prompt along any direction: their null says how much, and stands beside the score."""
    vectors, generator = made_vectors(), np.random.default_rng(4)
    shared, own = generator.standard_normal((60, 1, 1, WIDTH)), generator.standard_normal((60, 3, 1, WIDTH))
    states = Pooled((shared + 0.5 * own).astype(np.float32), (STRONG,), Convention.CENTRED)
    for kind, sets in controls(vectors, made_sums(), 10).items():
        foretold = [colon_statistics(readings_of(states, one, STRONG))["colon.reply"] for one in sets]
        # Of two states that share so much of their variance r is 0.8, along whatever direction.
        assert np.mean(foretold) == pytest.approx(0.8, abs=0.1), kind
