"""Pooled states give the readings that `read` gives, for any convention, and a pool is exactly its tokens."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab import Convention, Row, VectorSet, encode_chat, read
from affectlab.errors import InputError
from affectlab.models.fake import FakeModel
from affectlab.vectors.extract import Extraction
from affectlab.vectors.pooled import COLON, USER, PoolRow, before_answer, pooled, whole

SAID = ["I walked home in the rain.", "What is a good way to boil an egg?", "No."]


@pytest.fixture
def model() -> FakeModel:
    return FakeModel(blocks=3, width=16)


@pytest.fixture
def vectors(extraction: Extraction) -> VectorSet:
    return extraction.vectors


@pytest.mark.parametrize("convention", list(Convention))
def test_a_pool_times_a_unit_vector_is_the_mean_reading(
    model: FakeModel, vectors: VectorSet, convention: Convention
) -> None:
    texts = [*SAID, "A much longer text than the others, so that rows are padded or cut. " * 3]
    found = pooled(model, vectors, [whole(model, text, start=2) for text in texts], convention=convention)
    for layer in vectors.layers:
        ours = found.readings(vectors, layer)
        for row, (reading,) in enumerate(read(model, vectors, texts, layers=[layer], convention=convention)):
            np.testing.assert_allclose(
                ours[row], reading.scores[min(2, len(reading.tokens) - 1) :].mean(axis=0), atol=2e-5, rtol=2e-4
            )


def test_the_pools_of_what_a_human_says_are_the_colon_and_the_words(model: FakeModel, vectors: VectorSet) -> None:
    found = pooled(model, vectors, [before_answer(model, text) for text in SAID])
    layer = vectors.layers[-1]
    for row, text in enumerate(SAID):
        chat = [{"role": "user", "content": text}]
        tokens = encode_chat(model.tokenizer, chat)
        ((reading,),) = read(model, vectors, [chat], layers=[layer], convention=Convention.CENTRED)
        colon, user = (found.readings(vectors, layer, pool=pool)[row] for pool in (COLON, USER))
        np.testing.assert_allclose(colon, reading.scores[tokens.colon], atol=2e-5, rtol=2e-4)
        np.testing.assert_allclose(user, reading.scores[tokens.content].mean(axis=0), atol=2e-5, rtol=2e-4)


def test_an_empty_pool_is_refused(model: FakeModel) -> None:
    row = Row(model.tokenizer.encode(SAID[0]))
    with pytest.raises(InputError, match="a pool is a mask"):
        PoolRow(row, np.zeros((1, len(row.tokens)), dtype=bool))
