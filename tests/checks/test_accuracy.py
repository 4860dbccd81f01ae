"""Accuracy finds what was put there, stays at chance where nothing was, and says what a bag of words would."""

from __future__ import annotations

import numpy as np
import pytest

from affectlab.checks.accuracy import accuracy_scores, bag_of_words
from affectlab.core import Convention, Floats, Ints, Score

EMOTIONS, CLUSTERS, TEXTS = 20, 4, 12
OF = [f"cluster {place % CLUSTERS}" for place in range(EMOTIONS)]
LABELS: Ints = np.repeat(np.arange(EMOTIONS), TEXTS)


def readings(signal: float, seed: int = 0) -> Floats:
    found = np.random.default_rng(seed).standard_normal((len(LABELS), EMOTIONS))
    found[np.arange(len(LABELS)), LABELS] += signal
    return found.astype(np.float32)


def scores(found: Floats, **beside: Floats) -> dict[str, Score]:
    listed = accuracy_scores(found, LABELS, OF, name="x", layer=3, convention=Convention.CENTRED, baselines=beside)
    return {score.name: score for score in listed}


def test_a_strong_signal_is_found() -> None:
    found = scores(readings(8.0))
    assert found["x.cluster"].value == found["x.top5"].value == 1.0
    assert found["x.cluster"].layer == 3


def test_without_a_signal_everything_is_at_chance() -> None:
    found = scores(readings(0.0))
    assert found["x.cluster"].chance == 1 / CLUSTERS
    assert found["x.top5"].chance == 5 / EMOTIONS
    for score in found.values():
        assert score.chance is not None
        assert score.low < score.chance + 0.05
        assert score.value <= score.nulls["permuted names"] + 0.05


def test_the_null_is_at_chance_however_strong_the_signal() -> None:
    found = scores(readings(8.0))
    assert found["x.cluster"].nulls["permuted names"] < 0.5
    assert found["x.top5"].nulls["permuted names"] < 0.5


def test_a_cluster_of_many_words_counts_no_more_than_one_of_few() -> None:
    of = ["large"] * 19 + ["small"]
    found = readings(0.0)
    found[:, :19] += 10  # everything is given to the large cluster
    listed = accuracy_scores(found, LABELS, of, name="x", layer=0, convention=Convention.COSINE)
    assert listed[0].value == pytest.approx(0.5)


def test_baselines_are_measured_in_the_same_way() -> None:
    found = scores(readings(8.0), **{"bag of words": readings(0.0, seed=1)})
    assert found["x.cluster"].baselines["bag of words"] < 0.4


def test_a_bag_of_words_knows_words_and_nothing_else() -> None:
    train = [f"the {word} stood there and the {word} fell" for word in ("dog", "lamp", "tree") for _ in range(4)]
    labels = [place for place in range(3) for _ in range(4)]
    known = bag_of_words(train, labels, ["a dog", "a lamp", "a tree"], 3)
    assert known.argmax(axis=1).tolist() == [0, 1, 2]
    unknown = bag_of_words(train, labels, ["xylophone", "quartz"], 3)
    np.testing.assert_allclose(unknown[0], unknown[1])
