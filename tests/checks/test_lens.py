"""Logit lens: a vector that stands for its word puts it on top, and one of shuffled labels does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from affectlab.checks import lens as module
from affectlab.checks.controls import ISOTROPIC, MATCHED, SHUFFLED, controls
from affectlab.checks.lens import _places, logit_lens, own_tokens, places_of_own
from affectlab.core import Floats
from affectlab.findings import Findings
from affectlab.lexicon import forms
from affectlab.models.fake import CUES, FakeModel
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, extract
from tests.checks.conftest import RECIPE
from tests.checks.made import drawn_nulls, errors_from

LAYER = 2


@pytest.fixture(scope="module")
def named() -> FakeModel:
    """A model in which each emotion's own word and forms point where its cues do."""
    return FakeModel({name: _of(name) for name in CUES}, blocks=3, width=40, vocabulary=512)


def _of(emotion: str) -> tuple[str, ...]:
    return (*forms()[emotion].forms, *CUES[emotion])


@pytest.fixture(scope="module")
def extraction(named: FakeModel, labelled: Callable[..., list[dict[str, Any]]]) -> Extraction:
    return extract(named, corpus_of(labelled(neutral=8)), recipe=RECIPE)


@pytest.fixture(scope="module")
def lens(named: FakeModel, extraction: Extraction) -> Findings:
    return logit_lens(named, extraction.vectors, controls(extraction.vectors, extraction.sums, 10), layer=LAYER)


def test_a_vector_puts_its_own_word_high_and_its_nulls_do_not(lens: Findings) -> None:
    score = lens["lens.rank"]
    assert score.low > 0.9
    assert (score.n, score.unit, score.chance, score.layer) == (4, "words", 0.5, LAYER)
    assert set(score.nulls) == {"permuted names", SHUFFLED, ISOTROPIC, MATCHED}
    assert all(null < score.value for null in score.nulls.values())
    assert score.nulls[ISOTROPIC] < 0.85


def test_the_mean_of_every_null_sits_at_chance(
    named: FakeModel, extraction: Extraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A direction that knows nothing makes a word likelier as often as less likely; and a word that one vector raises
    the others lower, since they are what is left when the mean of all is taken away."""
    sets = 100
    drawn = drawn_nulls(monkeypatch, module)
    logit_lens(named, extraction.vectors, controls(extraction.vectors, extraction.sums, sets), layer=LAYER)
    assert set(drawn["lens"]) == {SHUFFLED, ISOTROPIC, MATCHED}
    for kind, values in drawn["lens"].items():
        assert len(values) == sets
        assert errors_from(0.5, values) < 4, (kind, np.mean(values))
    own = [own_tokens(named.tokenizer, name) for name in extraction.vectors.emotions]
    assert _places(named.unembed(extraction.vectors.units(LAYER)), own).mean() == pytest.approx(0.5, abs=0.1)


def test_the_tokens_of_a_vector_are_those_of_its_emotion(lens: Findings) -> None:
    tokens = lens.facts["lens"]["tokens"]
    for emotion in ("afraid", "angry", "calm", "sad"):
        assert len({token for token, _ in tokens[emotion]["top"]} & set(_of(emotion))) >= 4
        assert not {token for token, _ in tokens[emotion]["bottom"]} & set(_of(emotion))
        assert emotion in tokens[emotion]["own"]
    assert lens.arrays["lens.by_layer"].shape == (3,)


def test_a_model_that_does_not_know_the_words_is_at_chance(fake: FakeModel, found: Extraction) -> None:
    score = logit_lens(fake, found.vectors, controls(found.vectors, found.sums, 5), layer=LAYER)["lens.rank"]
    assert score.low < 0.6
    assert score.value <= max(score.nulls.values()) + 0.1


def test_a_place_is_the_share_of_tokens_below_and_ties_count_half() -> None:
    logits: Floats = np.array([[0, 1, 2, 3, 4], [5, 5, 5, 5, 5]], dtype=np.float32)
    own = [(4, 2), (0,)]
    np.testing.assert_allclose(places_of_own(logits, own), [0.75, 0.5])
    np.testing.assert_allclose(np.diagonal(_places(logits, own)), [0.75, 0.5])
    np.testing.assert_allclose(_places(logits, own)[0], [0.75, 0.0])


def test_own_tokens_begin_with_the_words_first_letter() -> None:
    class Pieces:
        """Splits words in pieces of three letters, behind a beginning of text and with the space on its own."""

        template = None

        def encode_marked(self, text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
            cuts = [(0, 1), *((at, min(at + 3, len(text))) for at in range(1, len(text), 3))]
            tokens = [hash(text[first:last]) % 1000 for first, last in cuts]
            return (-1, *tokens), ((0, 0), *cuts)

        def encode(self, text: str) -> tuple[int, ...]:
            raise NotImplementedError

        encode_many = decode = pieces = render = encode

    found = own_tokens(Pieces(), "sad")  # type: ignore[arg-type]
    assert found[0] == hash("sad") % 1000
    assert hash("sad") % 1000 in found
    assert own_tokens(Pieces(), "worn out")[0] == hash("wor") % 1000  # type: ignore[arg-type]
