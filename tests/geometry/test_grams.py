"""What is found through inner products is what the vectors themselves give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.geometry.grams import FoldGram, centred, coordinates, cosines, gram, word_draws
from affectlab.geometry.human import SHARES, Words, scores_of
from affectlab.models.fake import FakeModel
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, Recipe, extract
from tests.geometry.made import drawn


@pytest.fixture(scope="module")
def found(labelled: Callable[..., list[dict[str, Any]]]) -> Extraction:
    recipe = Recipe(start=8, minimum=3, rank=12)
    return extract(FakeModel(blocks=3, width=16), corpus_of(labelled(18, neutral=8)), recipe=recipe)


def test_cosines_are_those_of_the_vectors() -> None:
    vectors = drawn(20, 7)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(cosines(gram(vectors)), units @ units.T, atol=1e-6)
    vectors[3] = 0
    angles = cosines(gram(vectors))
    assert angles[3, 3] == 1
    assert not angles[3, :3].any()


def test_coordinates_keep_every_distance_and_centring_takes_the_mean_off() -> None:
    vectors = drawn(12, 50)
    points = coordinates(gram(vectors))
    assert points.shape == (12, 12)
    np.testing.assert_allclose(points @ points.T, gram(vectors), atol=1e-6)
    assert coordinates(centred(gram(vectors))).shape == (12, 11)
    np.testing.assert_allclose(centred(gram(vectors)), gram(vectors - vectors.mean(axis=0)), atol=1e-4)


@pytest.mark.parametrize("form", ["raw", "clean"])
def test_folds_drawn_once_each_give_the_vectors_themselves(found: Extraction, form: Any) -> None:
    layer, every = found.vectors.layers[1], np.arange(len(found.vectors.emotions))
    folds = FoldGram(found.vectors, found.sums, layer, form)
    whole = folds(np.ones(len(found.sums.folds), dtype=np.int64), every)
    vectors = found.vectors.raw if form == "raw" else found.vectors.clean
    assert vectors is not None
    np.testing.assert_allclose(whole, gram(vectors[found.vectors.place(layer)]), atol=1e-5)


def test_folds_drawn_again_give_the_means_of_the_stories_drawn_again(found: Extraction) -> None:
    sums, place, chosen = found.sums, 1, np.array([0, 2, 3])
    folds = FoldGram(found.vectors, sums, found.vectors.layers[place], "raw")
    for times in folds.draws(5, np.random.default_rng(0)):
        named = np.repeat(sums.folds, times)
        means = sums.stories[named, :, place].sum(axis=0) / sums.counts[named].sum(axis=0)[:, None]
        direct = gram(means[chosen])
        np.testing.assert_allclose(centred(folds(times, chosen)), centred(direct), atol=1e-7 * np.abs(direct).max())


def test_a_score_over_words_and_folds_says_so(found: Extraction) -> None:
    vectors, layer = found.vectors, found.vectors.layers[1]
    folds, ratings = FoldGram(vectors, found.sums, layer, "raw"), np.full((3, 4), np.nan)
    products = gram(vectors.raw[vectors.place(layer)])[None]
    for given, unit in ((folds, "words crossed with folds of topics"), (None, "words")):
        score = scores_of(Words(products, ratings, layer, given), SHARES, resamples=30)[0]
        assert (score.name, score.unit, score.n) == ("map.variance.pc1", unit, 4)
        assert score.low <= score.value <= score.high


def test_sums_of_other_vectors_are_refused(found: Extraction) -> None:
    other = replace(found.sums, emotions=("a", "b", "c", "d"))
    with pytest.raises(InputError, match="belong to other vectors"):
        FoldGram(found.vectors, other, found.vectors.layers[0])


def test_words_are_drawn_as_often_as_there_are_and_never_fewer_than_three() -> None:
    draws = word_draws(5, 300, np.random.default_rng(0))
    assert (draws.sum(axis=1) == 5).all()
    assert ((draws > 0).sum(axis=1) >= 3).all()
