"""A vector makes the model say its word if its direction points at that word's logit; else nothing is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab import lexicon
from affectlab.checks.controls import Controls, controls
from affectlab.errors import InputError, UnknownNameError
from affectlab.findings import Findings
from affectlab.lexicon.items.steering import Asked, SteeringItems, general_steering
from affectlab.models.fake import CUES, FakeModel
from affectlab.pocket.steering import pocket_steering, steering_of
from affectlab.sweeps import steered_feelings, steered_sites
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, Recipe, extract

NEUTRAL = ("kettle", "ladder", "window", "parcel")
ITEMS = SteeringItems(
    "fake",
    he=(Asked("How does he feel?", "He feels"), Asked("And how does Tom feel?", "Tom feels")),
    you=(Asked("How do you feel?", "I feel"), Asked("How are you?", "I feel")),
    happened=(Asked("What happened?", "It was about"),),
    things=NEUTRAL,
    questions=(),
)

Made = tuple[FakeModel, Extraction, Controls]


def made(cues: dict[str, Sequence[str]], rows: Callable[..., list[dict[str, Any]]]) -> Made:
    model = FakeModel(cues, width=24, blocks=4)
    found = extract(model, corpus_of(rows(neutral=8)), recipe=Recipe(start=8, minimum=3, rank=12))
    return model, found, controls(found.vectors, found.sums, 20)


@pytest.fixture(scope="module")
def saying(labelled: Callable[..., list[dict[str, Any]]]) -> Made:
    """A model whose directions point at the names of the emotions too."""
    return made({name: (name, *cues) for name, cues in CUES.items()}, labelled)


@pytest.fixture(scope="module")
def silent(labelled: Callable[..., list[dict[str, Any]]]) -> Made:
    """A model whose directions know the cues of stories alone."""
    return made(dict(CUES), labelled)


def steered(case: Made, items: SteeringItems = ITEMS, **options: Any) -> Findings:
    model, found, given = case
    return steered_feelings(model, found.vectors, items, given, strength=1.0, **options)


@pytest.mark.parametrize("about", ["steering.he", "steering.you"])
def test_a_vector_raises_its_own_word_above_the_others(saying: Made, about: str) -> None:
    found = steered(saying)
    score = found[about]
    # Of four names one deal in 24 is right, so that dealing reaches far.
    assert score.value > max(score.nulls.values()) > 0
    assert score.low > max(score.nulls[kind] for kind in saying[2])
    assert set(score.nulls) == {"permuted names", *saying[2]}
    assert score.value == pytest.approx(found[f"{about}.own"].value - found[f"{about}.others"].value)


def test_where_directions_know_no_names_nothing_is_found(silent: Made) -> None:
    for about in ("steering.he", "steering.you"):
        score = steered(silent)[about]
        assert score.value <= max(score.nulls.values())


def test_the_matrix_has_a_row_for_each_vector_and_a_column_for_each_word(saying: Made) -> None:
    found = steered(saying)
    words = found.facts["steering"]["words"]
    table = found.arrays["steering.you.matrix"]
    assert words == [name for name in lexicon.focus_words() if name in saying[1].vectors.emotions]
    assert table.shape == (len(words), len(words))
    others = (table.sum(axis=1) - np.diagonal(table)) / (len(words) - 1)
    assert (np.diagonal(table) > others + 1).all()


def test_a_leak_is_seen_where_vectors_carry_what_stories_were_about(saying: Made) -> None:
    tight = steered(saying)["steering.leak"]
    assert tight.value <= max(tight.nulls.values())
    model, found, given = saying
    direction = model.embedding[[model.tokenizer.encode(word)[0] for word in NEUTRAL]].sum(axis=0)
    leaking = replace(found.vectors, clean=None, raw=found.vectors.raw + 3 * direction.astype(np.float32))
    bad = steered_feelings(model, leaking, ITEMS, given, strength=1.0)["steering.leak"]
    assert bad.low > max(bad.nulls.values())


def test_sites_are_those_with_vectors_in_the_middle(saying: Made) -> None:
    assert steered_sites(saying[1].vectors) == (2,)
    assert steered(saying, sites=(1, 3)).facts["steering"]["sites"] == [1, 3]


def test_an_answer_that_runs_into_its_question_is_refused(saying: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    model = saying[0]
    encode = type(model.tokenizer).encode_marked

    def joining(self: Any, text: str) -> Any:
        return encode(self, text.replace("feels ", "feels"))

    monkeypatch.setattr(type(model.tokenizer), "encode_marked", joining)
    with pytest.raises(InputError, match="runs into its question"):
        steered(saying)


def test_too_few_words_are_refused(labelled: Callable[..., list[dict[str, Any]]]) -> None:
    rows = [row for row in labelled(neutral=8) if row.get("emotion", "calm") in ("calm", "sad")]
    model = FakeModel(width=24, blocks=4)
    found = extract(model, corpus_of(rows), recipe=Recipe(start=8, minimum=3, rank=12))
    with pytest.raises(InputError, match=r"too few words to tell one from another.*calm, sad"):
        steered_feelings(model, found.vectors, ITEMS, {})


@pytest.mark.parametrize("items", [general_steering(), pocket_steering()], ids=["general", "pocket"])
def test_nothing_that_is_asked_tells_of_a_feeling(items: SteeringItems) -> None:
    names = {emotion.name for emotion in lexicon.emotions()}
    asked = [*items.he, *items.you, *items.happened, *items.questions]
    told = {word.strip(".,?!:").lower() for one in asked for word in f"{one.said} {one.begun}".split()}
    assert not told & names
    assert len({one.said for one in items.he}) >= 6
    assert len({one.said for one in items.you}) >= 6
    assert len(items.happened) >= 4
    assert len(items.questions) >= 16
    assert all(len(set(one.answers)) == len(one.answers) > 1 for one in items.questions)
    assert len(items.things) > 50


def test_registers_are_those_known_and_differ_in_their_hash() -> None:
    assert steering_of("general") is general_steering()
    assert len({steering_of(name).hash for name in ("general", "pocket")}) == 2
    with pytest.raises(UnknownNameError):
        steering_of("klingon")
