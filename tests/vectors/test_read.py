"""Readings are those of the model's own streams, by the convention they name, steered or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from affectlab.core import Convention, Reading, Tokens
from affectlab.errors import ContextError, InputError, ModelMismatchError, SteeringError
from affectlab.models.base import Row
from affectlab.models.fake import FakeModel
from affectlab.models.hf.load import from_network
from affectlab.models.hf.model import HFModel
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from affectlab.testing.trial import Collector
from affectlab.text import corpus_of
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.read import read
from affectlab.vectors.vectorset import VectorSet

Rows = Callable[..., list[dict[str, Any]]]
TEXTS = ["The door was open.", "A long letter lay on the old table near the window, and nobody had read it.", "No."]
CHAT = [{"role": "user", "content": "Where is the letter?"}]


@pytest.fixture(scope="module")
def model() -> HFModel:
    return from_network(tiny_network("llama"), tiny_tokenizer())


@pytest.fixture(scope="module")
def vectors(model: HFModel, labelled: Rows) -> VectorSet:
    return extract(model, corpus_of(labelled()), recipe=Recipe(start=20, minimum=3)).vectors


def streams(model: HFModel, tokens: tuple[int, ...], steer: Any = None) -> Any:
    collector = Collector(range(model.blocks))
    list(model.run([Row(tokens, steer=steer)], collector))
    return collector.streams()[0].astype(np.float64)


def by_hand(vectors: VectorSet, hidden: Any, layer: int, convention: Convention, form: str) -> Any:
    """[tokens, emotions] of hidden states [tokens, width]."""
    source = np.asarray(vectors.clean if form == "clean" else vectors.raw)[layer].astype(np.float64)
    units = source / np.linalg.norm(source, axis=1, keepdims=True)
    if convention is Convention.CENTRED:
        hidden = hidden - np.asarray(vectors.neutral_mean)[layer]
    scores = hidden @ units.T
    return scores if convention is Convention.PROJECTION else scores / np.linalg.norm(hidden, axis=1, keepdims=True)


@pytest.mark.parametrize("convention", list(Convention))
@pytest.mark.parametrize("form", ["clean", "raw"])
@pytest.mark.parametrize("strength", [None, 0.5])
def test_a_reading_is_that_of_the_stream_by_hand(
    convention: Convention, form: Any, strength: float | None, model: HFModel, vectors: VectorSet
) -> None:
    steer = None if strength is None else vectors.steer(f"{strength}*calm - 0.2*sad", layers=[1, 2], tokens="from 3")
    found = (
        read(model, vectors, TEXTS, layers=[3, 0, 2], convention=convention, form=form, steer=steer)
        if not steer
        else [
            read(model, vectors, [text], layers=[3, 0, 2], convention=convention, form=form, steer=steer)[0]
            for text in TEXTS
        ]
    )
    for text, readings in zip(TEXTS, found, strict=True):
        tokens = model.tokenizer.encode(text)
        hidden = streams(model, tokens, steer)
        assert [reading.layer for reading in readings] == [0, 2, 3]
        for reading in readings:
            expected = by_hand(vectors, hidden[reading.layer], reading.layer, convention, form)
            assert np.abs(reading.scores - expected).max() < 1e-4 * np.abs(expected).max()
            assert (reading.convention, reading.emotions) == (convention, vectors.emotions)
            assert "".join(reading.tokens) == f"<s>{text}"
            assert (reading.receipt is None) == (steer is None)


def test_many_texts_read_as_each_alone(model: HFModel, vectors: VectorSet) -> None:
    together = read(model, vectors, TEXTS)
    for text, readings in zip(TEXTS, together, strict=True):
        alone = read(model, vectors, [text])[0][0]
        np.testing.assert_allclose(readings[0].scores, alone.scores, atol=1e-5)
        assert readings[0].tokens == alone.tokens


def test_steering_raises_the_projection_by_its_strength_and_says_so(model: HFModel, vectors: VectorSet) -> None:
    steer = vectors.steer("0.3*calm", layers=[2], tokens=Tokens("from", 4))
    plain, steered = (
        read(model, vectors, [TEXTS[1]], layers=[2], convention=Convention.PROJECTION, emotions=["calm"], steer=one)[0][
            0
        ]
        for one in (None, steer)
    )
    moved = steered["calm"] - plain["calm"]
    np.testing.assert_allclose(moved[4:], 0.3 * vectors.resid_norm[2], rtol=1e-4)
    np.testing.assert_array_equal(moved[:4], 0)
    receipt = steered.receipt
    assert receipt is not None
    assert (receipt.label, receipt.vectors, receipt.sites) == ("0.3*calm", vectors.hash, (2,))
    assert receipt.tokens == len(steered.tokens) - 4
    assert receipt.added_norm == pytest.approx([0.3 * vectors.resid_norm[2]], rel=1e-5)


def test_steering_below_moves_readings_above(model: HFModel, vectors: VectorSet) -> None:
    steer = vectors.steer("0.5*calm", layers=[0])
    plain, steered = (read(model, vectors, [TEXTS[0]], layers=[0, 3], steer=one)[0] for one in (None, steer))
    assert not np.allclose(plain[1].scores, steered[1].scores, atol=1e-3)


def test_a_conversation_is_read_at_the_colon_unless_the_assistant_has_spoken(
    model: HFModel, vectors: VectorSet
) -> None:
    asked = read(model, vectors, [CHAT])[0][0]
    answered = read(model, vectors, [[*CHAT, {"role": "assistant", "content": "Here."}]])[0][0]
    assert "".join(asked.tokens).endswith("Where is the letter?</s>\n[assistant]:")
    assert "".join(answered.tokens).endswith("[assistant] Here.</s>\n")
    turn = read(model, vectors, [CHAT], steer=vectors.steer("0.1*calm", tokens="turn"))[0][0]
    assert turn.receipt is not None
    assert turn.receipt.tokens == len("[assistant]:")


def test_emotions_are_those_asked_for_in_their_order(model: HFModel, vectors: VectorSet) -> None:
    some = read(model, vectors, [TEXTS[0]], emotions=["sad", "afraid"])[0][0]
    every = read(model, vectors, [TEXTS[0]])[0][0]
    assert some.emotions == ("sad", "afraid")
    np.testing.assert_allclose(some["sad"], every["sad"], rtol=1e-5)
    np.testing.assert_allclose(some.scores[:, 1], every["afraid"], rtol=1e-5)


@pytest.mark.parametrize("text", ["", " \n\t", []])
def test_nothing_to_read_is_refused(text: Any, model: HFModel, vectors: VectorSet) -> None:
    with pytest.raises(InputError, match="empty"):
        read(model, vectors, [text])


def test_a_text_longer_than_the_context_is_refused(model: HFModel, vectors: VectorSet) -> None:
    with pytest.raises(ContextError, match="longer than the model can see; expected at most 512 tokens; found 601"):
        read(model, vectors, ["x" * 600])


def test_steering_that_touches_no_token_of_a_text_is_refused(model: HFModel, vectors: VectorSet) -> None:
    for tokens in ("reply", "from 100"):
        with pytest.raises(SteeringError, match="would touch no token"):
            read(model, vectors, [TEXTS[0]], steer=vectors.steer("0.1*calm", tokens=tokens))
    with pytest.raises(InputError, match="no assistant's turn"):
        read(model, vectors, [TEXTS[0]], steer=vectors.steer("0.1*calm", tokens="turn"))


def test_vectors_of_another_model_are_refused(vectors: VectorSet) -> None:
    with pytest.raises(ModelMismatchError):
        read(FakeModel(), vectors, TEXTS)
    with pytest.raises(ModelMismatchError, match="weights"):
        read(from_network(tiny_network("llama", seed=1), tiny_tokenizer()), vectors, TEXTS)


def test_for_display_scores_are_scaled_to_their_own_extremes(model: HFModel, vectors: VectorSet) -> None:
    reading = read(model, vectors, [TEXTS[1]])[0][0]
    scaled = reading.scaled()
    top = np.percentile(np.abs(reading.scores), 99)
    inside = np.abs(reading.scores) <= top
    np.testing.assert_allclose(scaled[inside], (reading.scores / top)[inside], rtol=1e-5)
    assert np.abs(scaled).max() == 1
    assert (np.sign(scaled) == np.sign(reading.scores)).all()


def test_a_reading_of_nothing_but_zeros_can_be_shown() -> None:
    flat = Reading(("a", "b"), ("calm",), 0, Convention.COSINE, np.zeros((2, 1), dtype=np.float32))
    assert not flat.scaled().any()
