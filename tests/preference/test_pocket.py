"""On pocket: what goes with its planted liking also causes it, and shuffled labels know nothing of what was planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from affectlab import Model, VectorSet, corpus_of, extract, load
from affectlab.checks.controls import shuffled_vectors
from affectlab.core import middle_layers
from affectlab.findings import Findings
from affectlab.lexicon.items.activities import PreferenceItems
from affectlab.models.hf.folders import shipped_folder
from affectlab.pocket import items, truth
from affectlab.pocket.activities import pocket_preferences
from affectlab.pocket.world import rules
from affectlab.preference import How, prefer
from affectlab.vectors.neutral import SHARE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shipped_folder("pocket").is_dir(), reason="the weights are not in the package yet"),
]
PER_WORD, NEUTRAL = 6, 60
HOW = How(every=False, directions=12, opponents=2, resamples=60)
LEAST = 0.6


class Subject(NamedTuple):
    """Pocket, with vectors of the generator's stories, and those of shuffled labels."""

    model: Model
    vectors: VectorSet
    shuffled: VectorSet


@pytest.fixture(scope="module")
def subject() -> Subject:
    model = load("pocket")
    texts, names = items.bank_a_texts(PER_WORD)
    requests = [items.StoryRequest(name, f"topic {number // 171}", []) for number, name in enumerate(names)]
    rows: list[dict[str, Any]] = items.story_rows(requests, texts, "generator") + items.neutral_rows(NEUTRAL)
    found = extract(model, corpus_of(rows), layers=tuple(middle_layers(model.blocks)))
    return Subject(model, found.vectors, shuffled_vectors(found.sums, SHARE, seed=11))


@pytest.fixture(scope="module")
def half() -> PreferenceItems:
    """Every other activity: four of a kind."""
    return replace(pocket_preferences(), activities=pocket_preferences().activities[::2])


@pytest.fixture(scope="module")
def found(subject: Subject, half: PreferenceItems) -> Findings:
    return prefer(subject.model, subject.vectors, half, how=HOW)


@pytest.fixture(scope="module")
def nothing(subject: Subject, half: PreferenceItems) -> Findings:
    return prefer(subject.model, subject.shuffled, half, how=HOW)


def planted_r(found: Findings, values: np.ndarray) -> float:
    """Of steered emotions: these values beside the planted pleasure of their names."""
    pleasure = [truth.pleasure()[name] for name in found.facts["steered"]]
    return float(np.corrcoef(values, pleasure)[0, 1])


def test_pocket_answers_and_likes_what_was_planted(found: Findings) -> None:
    assert found["prefer.mass"].low > 0.9
    liking = [rules.LIKING[kind.replace("-", "_")] for kind in found.facts["kinds"]]
    assert np.corrcoef(found.arrays["elo"], liking)[0, 1] > 0.7
    assert found["prefer.wordings"].low > 0.9


def test_what_goes_with_liking_causes_it(found: Findings) -> None:
    score = found["prefer.change.correlation"]
    assert score.value >= LEAST
    assert score.low > score.nulls["permuted names"]
    assert score.value > found["prefer.change.correlation.random"].value
    assert planted_r(found, found.arrays["steered.change"].mean(axis=1)) >= LEAST
    assert planted_r(found, found.arrays["steered.correlation"].mean(axis=1)) >= LEAST
    assert found["prefer.change.hostile"].high < 0 < found["prefer.change.blissful"].low


def test_vectors_of_shuffled_labels_know_nothing_of_what_was_planted(found: Findings, nothing: Findings) -> None:
    for kind in ("steered.change", "steered.correlation"):
        assert abs(planted_r(nothing, nothing.arrays[kind].mean(axis=1))) < 0.5
    assert abs(nothing["prefer.correlation.pleasure"].value) < 0.5 < found["prefer.correlation.pleasure"].value
    # Whatever goes with liking moves it, whoever gave it its name; so r of change and correlation alone is no proof.
    assert nothing["prefer.change.correlation"].value < found["prefer.change.correlation"].value
    assert nothing.arrays["steered.change"].std() < found.arrays["steered.change"].std()
