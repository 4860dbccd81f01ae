"""The embedding of a text is the mean of its tokens, each run alone: neither order nor company changes it."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.checks.embeddings import mean_embeddings
from affectlab.core import Doubles
from affectlab.errors import DeviceMemoryError, InputError
from affectlab.models.fake import FakeModel

TEXTS = ["She laughed and laughed in the rain.", "He wept.", "The grave was empty in the rain and the dark."]
START = 1


@pytest.fixture
def model() -> FakeModel:
    return FakeModel(blocks=2, width=16)


def alone(model: FakeModel, token: int) -> Doubles:
    """The stream of a single token after block 0, as the fake model writes it down."""
    embedding = model.embedding[token].astype(np.float64)
    return np.asarray(embedding + np.tanh(embedding @ model.weights[0]))


def test_it_is_the_mean_over_the_tokens_that_count_and_repeated_ones_count_again(model: FakeModel) -> None:
    found = mean_embeddings(model, TEXTS, START)
    for text, row in zip(TEXTS, found, strict=True):
        counted = model.tokenizer.encode(text)[START:]
        np.testing.assert_allclose(row, np.mean([alone(model, token) for token in counted], axis=0), atol=1e-6)


def test_the_order_of_words_and_the_words_before_change_nothing(model: FakeModel) -> None:
    one, other, begun = mean_embeddings(
        model, ["so rain fell slowly", "so slowly rain fell", "dark rain fell slowly"], 1
    )
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(one, begun, atol=1e-6)


def test_tokens_in_many_batches_or_in_batches_that_do_not_fit_give_the_same(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, run = mean_embeddings(model, TEXTS, START), model.run
    model.budget = 3
    np.testing.assert_allclose(mean_embeddings(model, TEXTS, START), whole, atol=1e-6)

    def narrow(rows: list[object], *rest: object) -> object:
        if len(rows) > 2:
            raise DeviceMemoryError("out of memory", where="device")
        return run(rows, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(model, "run", narrow)
    np.testing.assert_allclose(mean_embeddings(model, TEXTS, START), whole, atol=1e-6)


def test_tokens_that_the_model_cannot_see_do_not_count() -> None:
    short, long = FakeModel(blocks=2, width=16, context=4), FakeModel(blocks=2, width=16)
    text = "rain fell slowly in the dark"
    np.testing.assert_array_equal(
        mean_embeddings(short, [text], START), mean_embeddings(long, ["rain fell slowly in"], START)
    )


def test_a_text_without_a_token_that_counts_is_refused(model: FakeModel) -> None:
    with pytest.raises(InputError, match="not the texts that were extracted"):
        mean_embeddings(model, TEXTS, 3)


def test_where_no_story_was_sampled_there_is_none(model: FakeModel) -> None:
    assert mean_embeddings(model, [], START).shape == (0, 16)
