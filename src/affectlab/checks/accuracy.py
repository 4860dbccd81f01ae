"""Whose emotion is it? Texts are given to the emotion whose reading is highest, and counted by cluster and by word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from affectlab.core import Convention, Doubles, Floats, Ints, Score
from affectlab.stats import bootstrap

TOP = 5
PERMUTATIONS = 200

Measure = Callable[[Floats, Ints], Doubles]
"""From readings [texts, emotions] and labels to the accuracy of each label, [emotions or clusters]."""


def accuracy_scores(
    readings: Floats,
    labels: Ints,
    clusters: Sequence[str],
    *,
    name: str,
    layer: int | None = None,
    convention: Convention | None = None,
    baselines: Mapping[str, Floats] | None = None,
    seed: int = 0,
) -> list[Score]:
    """Balanced cluster accuracy, and how often the right word is among the five highest readings.

    `labels[i]` is the column of text i's emotion, `clusters[j]` the cluster of emotion j. Words are resampled; the null
    permutes the names of the columns, and its 95th percentile is given. `baselines` are other readings of these texts.
    """
    measures: dict[str, tuple[Measure, float]] = {
        "cluster": (_cluster_measure(clusters), 1 / len(set(clusters))),
        f"top{TOP}": (_among_highest, TOP / readings.shape[1]),
    }
    scores = []
    for which, (measure, chance) in measures.items():
        found = bootstrap(measure(readings, labels), seed=seed)
        others = {key: float(measure(other, labels).mean()) for key, other in (baselines or {}).items()}
        null = {"permuted names": _permuted(measure, readings, labels, seed)}
        scores.append(
            Score(
                f"{name}.{which}",
                found.value,
                found.low,
                found.high,
                len(labels),
                "clusters" if which == "cluster" else "words",
                chance,
                null,
                others,
                layer,
                convention,
            )
        )
    return scores


def bag_of_words(train: Sequence[str], labels: Sequence[int], test: Sequence[str], emotions: int) -> Floats:
    """What knowing the words alone gives: log-odds of every emotion for each test text, [texts, emotions]."""
    classifier = make_pipeline(
        CountVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(C=3.0, max_iter=300, tol=1e-3)
    )
    classifier.fit(list(train), list(labels))
    found = np.full((len(test), emotions), -np.inf, dtype=np.float32)
    found[:, classifier[-1].classes_] = classifier.decision_function(list(test))
    return found


def right_cluster(readings: Floats, labels: Ints, clusters: Sequence[str]) -> Doubles:
    """Which texts are given to an emotion of the cluster of their own: 1 or 0 for each."""
    of = np.array(clusters)
    return np.asarray(of[readings.argmax(axis=1)] == of[labels], dtype=np.float64)


def right_among(readings: Floats, labels: Ints, top: int) -> Doubles:
    """Whose emotion is among the so many highest readings: 1 or 0 for each; equal readings share their places."""
    own = np.take_along_axis(readings, labels[:, None], axis=1)
    before = (readings > own).sum(axis=1) + ((readings == own).sum(axis=1) - 1) / 2
    return np.asarray(before < top, dtype=np.float64)


def balanced(right: Doubles, groups: Sequence[object]) -> Doubles:
    """The share that is right in each group."""
    names = sorted(set(groups), key=str)
    places = np.array([names.index(group) for group in groups])
    return np.bincount(places, weights=right, minlength=len(names)) / np.bincount(places, minlength=len(names))


def _cluster_measure(clusters: Sequence[str]) -> Measure:
    def measure(readings: Floats, labels: Ints) -> Doubles:
        return balanced(right_cluster(readings, labels, clusters), [clusters[label] for label in labels])

    return measure


def _among_highest(readings: Floats, labels: Ints) -> Doubles:
    return balanced(right_among(readings, labels, TOP), labels.tolist())


def _permuted(measure: Measure, readings: Floats, labels: Ints, seed: int) -> float:
    generator = np.random.default_rng(seed)
    emotions = readings.shape[1]
    found = [measure(readings[:, generator.permutation(emotions)], labels).mean() for _ in range(PERMUTATIONS)]
    return float(np.quantile(found, 0.95))
