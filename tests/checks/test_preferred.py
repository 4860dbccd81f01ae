"""Vectors prefer the layer that held-out stories choose, the one that was asked for, or two thirds of the depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from affectlab.checks.preferred import TWO_THIRDS, prefer_layer
from affectlab.errors import InputError
from affectlab.vectors.sums import Sums
from tests.checks.made import LAYERS, STRONG, made_sums, made_vectors, summed

DEEP = 2 * LAYERS // 3


def one_emotion_a_fold(sums: Sums) -> Sums:
    """Each emotion in two folds of its own: nothing in a fold can be compared."""
    kept = (sums.sample_labels < 2) & (sums.sample_folds // 2 == sums.sample_labels)
    sample = {name: getattr(sums, f"sample{name}")[kept] for name in ("", "_labels", "_folds")}
    named = {f"sample{name}": array for name, array in sample.items()}
    few = replace(sums, emotions=sums.emotions[:2], stories=sums.stories[:4, :2], counts=sums.counts[:4, :2], **named)
    return summed(replace(few, neutral=sums.neutral[:4], sample_ids=sums.sample_ids[: kept.sum()]))


def one_fold(sums: Sums) -> Sums:
    return replace(sums, stories=sums.stories[:1], counts=sums.counts[:1], neutral=sums.neutral[:1])


def lost_emotion(sums: Sums) -> Sums:
    """An emotion whose stories are all in one fold has none to be learned from when that is held out."""
    counts = sums.counts.copy()
    counts[1:, 0] = 0
    return replace(sums, counts=counts)


def test_held_out_stories_choose_by_default() -> None:
    found = prefer_layer(made_vectors(), made_sums())
    assert (found.layer, found.vectors.header["layer"]) == (STRONG, STRONG)
    assert "held out" in found.why
    assert found.vectors.hash != made_vectors().hash  # so that the sums are those of these vectors alone


def test_another_may_be_asked_for() -> None:
    found = prefer_layer(made_vectors(), made_sums(), 1)
    assert (found.layer, found.vectors.header["layer"], found.why) == (1, 1, "as asked for")
    with pytest.raises(InputError, match="there are no vectors for layer 9"):
        prefer_layer(made_vectors(), made_sums(), 9)


def test_two_thirds_of_the_depth_need_no_word_in_the_header() -> None:
    found = prefer_layer(made_vectors(), made_sums(), TWO_THIRDS)
    assert found.layer == DEEP
    assert "layer" not in found.vectors.header


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (one_fold, "too few folds"),
        (one_emotion_a_fold, "no fold has stories of two emotions"),
        (lost_emotion, "an emotion has no story in these folds"),
    ],
)
def test_where_held_out_stories_cannot_choose_it_is_said_why(spoilt: Callable[[Sums], Sums], said: str) -> None:
    found = prefer_layer(made_vectors(), spoilt(made_sums()))
    assert found.layer == DEEP
    assert "layer" not in found.vectors.header
    assert said in found.why
