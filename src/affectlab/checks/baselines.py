"""What can be told of held-out stories by their words alone: by counting them, or by embeddings of their tokens."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from affectlab.checks.sampled import Sample, Stories
from affectlab.core import Floats, Ints
from affectlab.vectors.sums import Sums

WORDS, EMBEDDINGS = "bag of words", "token embeddings (block 0)"


def baselines(sums: Sums, stories: Stories, sample: Sample) -> dict[str, Floats]:
    """Readings [stories, emotions] of every sampled story, learnt from those of the other folds, of each kind that
    there is material for."""
    found: dict[str, Floats] = {}
    if stories.texts is not None:
        found[WORDS] = np.zeros((len(sample.rows), len(sample.emotions)), dtype=np.float32)
    if stories.embeddings is not None:
        found[EMBEDDINGS] = np.zeros((len(sample.rows), len(sample.emotions)), dtype=np.float32)
    for fold in sums.folds:
        held = sample.folds == fold
        train, test = np.flatnonzero(~held), np.flatnonzero(held)
        if stories.texts is not None:
            texts = [stories.texts[row] for row in sample.rows]
            told, asked = [texts[row] for row in train], [texts[row] for row in test]
            found[WORDS][test] = by_words(told, sample.labels[train], asked, len(sample.emotions))
        if stories.embeddings is not None:
            states = stories.embeddings[sample.rows]
            found[EMBEDDINGS][test] = by_means(states[train], sample.labels[train], states[test], len(sample.emotions))
    return found


def by_words(train: list[str], labels: Ints, test: list[str], emotions: int) -> Floats:
    """Naive Bayes on counts of words: log-probability of each emotion for each test text, [texts, emotions].

    It learns in milliseconds and needs few texts per emotion, where a logistic regression takes minutes a fold.
    """
    model = make_pipeline(CountVectorizer(min_df=2), MultinomialNB(alpha=0.1, fit_prior=False))
    model.fit(train, labels)
    found = np.full((len(test), emotions), -np.inf, dtype=np.float32)
    found[:, model[-1].classes_] = model.predict_log_proba(test)
    return found


def by_means(train: Floats, labels: Ints, test: Floats, emotions: int) -> Floats:
    """The recipe of the vectors on other states: cosine with emotion mean minus mean of the means, about the latter."""
    sums = np.zeros((emotions, train.shape[1]))
    np.add.at(sums, labels, train.astype(np.float64))
    counts = np.bincount(labels, minlength=emotions)
    there = counts > 0
    means = sums / np.maximum(counts, 1)[:, None]
    center = means[there].mean(axis=0)
    vectors = np.where(there[:, None], means - center, 0.0)
    shifted = test - center
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
    lengths = np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-30)
    return np.asarray(shifted / lengths @ units.T, dtype=np.float32)
