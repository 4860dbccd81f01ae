"""The fake model keeps the contract, and what was planted in it is found again."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import affectlab
from affectlab.models.fake import CUES, FakeModel, FakeTokenizer
from affectlab.models.verbs import generate
from affectlab.testing import check_model
from affectlab.text import corpus_of
from affectlab.vectors.extract import Recipe, extract

RECIPE = Recipe(start=8)


def cosines(vectors: Any, truth: Any) -> Any:
    """[layers, emotions] with the planted directions, made differences as vectors are."""
    truth = truth - truth.mean(axis=0)
    return (vectors * truth).sum(axis=-1) / np.linalg.norm(vectors, axis=-1) / np.linalg.norm(truth, axis=-1)


@pytest.fixture(scope="module")
def model() -> FakeModel:
    return FakeModel()


def test_it_keeps_the_contract(model: FakeModel) -> None:
    check_model(model)


@pytest.mark.parametrize("changes", [{"blocks": 1}, {"width": 16}, {"context": None}, {"seed": 3, "vocabulary": 600}])
def test_it_keeps_the_contract_in_any_size(changes: dict[str, Any]) -> None:
    check_model(FakeModel(**changes))


def test_planted_directions_are_found(model: FakeModel, labelled: Any) -> None:
    found = extract(model, corpus_of(labelled(stories=24, neutral=12, least=40, most=60)), recipe=RECIPE).vectors
    truth = np.stack([model.direction[emotion] for emotion in found.emotions])
    assert cosines(found.raw, truth)[:2].min() > 0.9
    nearest = np.einsum("lew,fw->lef", found.raw, truth - truth.mean(axis=0)).argmax(axis=2)
    assert (nearest == np.arange(len(found.emotions))).all(), "at every layer"


def test_shuffled_labels_find_nothing(model: FakeModel, labelled: Any) -> None:
    rows = labelled(stories=24, neutral=0, least=40, most=60)
    stories = [row for row in rows if row["kind"] == "stories"]
    shuffled = np.random.default_rng(0).permutation([row["emotion"] for row in stories])
    lied = [{**row, "emotion": emotion} for row, emotion in zip(stories, shuffled, strict=True)]
    found = extract(model, corpus_of(lied), recipe=RECIPE).vectors
    truth = np.stack([model.direction[emotion] for emotion in found.emotions])
    honest = extract(model, corpus_of(stories), recipe=RECIPE).vectors
    assert np.abs(cosines(found.raw, truth)[:2]).max() < 0.8 < cosines(honest.raw, truth)[:2].min()
    lengths, honest_lengths = np.linalg.norm(found.raw, axis=-1), np.linalg.norm(honest.raw, axis=-1)
    assert (lengths.max(axis=1) < 0.6 * honest_lengths.min(axis=1)).all(), "at every layer"


def test_a_cue_read_moves_the_reading_of_its_emotion(model: FakeModel, labelled: Any) -> None:
    vectors = extract(model, corpus_of(labelled(stories=24, least=40, most=60)), recipe=RECIPE).vectors
    for emotion in vectors.emotions:
        text = f"The old door by the river, and {' '.join(CUES[emotion])}"
        reading = affectlab.read(model, vectors, [text], layers=[2])[0][0]
        after, before = reading.scores[-3:].mean(axis=0), reading.scores[:5].mean(axis=0)
        assert reading.emotions[int((after - before).argmax())] == emotion


def test_a_steered_reply_says_the_words_of_the_emotion(model: FakeModel, labelled: Any) -> None:
    vectors = extract(model, corpus_of(labelled(stories=24, least=40, most=60)), recipe=RECIPE).vectors
    cues = {emotion: {model.tokenizer.encode(word)[0] for word in CUES[emotion]} for emotion in vectors.emotions}
    for emotion in vectors.emotions:
        steer = vectors.steer(f"4*{emotion}", layers=[5], tokens="all")
        sampling = affectlab.Sampling(10, temperature=0.1, seed=1, ignore_end=True)
        reply = generate(model, ["The old door"], sampling, steer=steer)[0]
        said = {other: len(words & set(reply.tokens)) for other, words in cues.items()}
        assert max(said, key=lambda other: said[other]) == emotion


def test_the_same_seed_is_the_same_model_and_another_is_not() -> None:
    assert FakeModel().identity == FakeModel().identity
    assert FakeModel(seed=1).identity.differences(FakeModel().identity)
    assert np.array_equal(FakeModel(seed=1).embedding, FakeModel(seed=1).embedding)


def test_words_that_collide_get_places_of_their_own() -> None:
    tokenizer = FakeTokenizer(64)
    words = [f"word{number}" for number in range(63)]
    tokens = tokenizer.encode(" ".join(words))
    assert sorted(tokens) == list(range(1, 64)), "0 is the end of a text"
    assert tokenizer.pieces(tokens) == tuple(words)


def test_more_words_than_there_are_tokens_share_them() -> None:
    tokenizer = FakeTokenizer(8)
    tokens = tokenizer.encode(" ".join(f"word{number}" for number in range(100)))
    assert set(tokens) == set(range(1, 8))
    assert tokenizer.encode("word99 word0") == (tokens[99], tokens[0])


def test_it_needs_no_torch() -> None:
    code = (
        "import sys, affectlab; m = affectlab.load('fake');"
        "affectlab.generate(m, ['She laughed'], affectlab.Sampling(3));"
        "raise SystemExit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
