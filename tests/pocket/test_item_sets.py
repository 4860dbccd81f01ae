"""The items of pocket's world are held out of its training, name no emotion, and are enough."""

from __future__ import annotations

import re

import pytest

from affectlab import lexicon
from affectlab.errors import UnknownNameError
from affectlab.lexicon.items import general
from affectlab.pocket.item_sets import SCENES_EACH, items_of, pocket_items
from affectlab.pocket.world.numbers import HELD_EVERY
from affectlab.pocket.world.words import shared, words
from affectlab.temperament import prompt_sets


def test_there_are_enough_and_all_are_different() -> None:
    items = pocket_items()
    assert {scene.emotion for scene in items.scenes} == set(lexicon.focus_words())
    assert len(items.scenes) == 12 * SCENES_EACH
    asked = prompt_sets(items)
    assert len(asked.challenging) >= 120
    assert len(asked.neutral) >= 50  # and claims rest on no others: those that align spaces stand apart
    assert {prompt.kind for prompt in items.challenging} == {"challenging"}
    assert {prompt.kind for prompt in items.neutral} == {"neutral"}
    texts = [scene.text for scene in items.scenes]
    texts += [prompt.text for prompt in (*items.challenging, *items.neutral)]
    assert len(set(texts)) == len(texts)
    for listed in (items.scenes, items.challenging, items.neutral, items.pairs):
        names = [(getattr(one, "emotion", ""), one.name) for one in listed]
        assert len(set(names)) == len(names)


def test_a_scene_names_no_emotion_and_uses_no_form_or_synonym_of_its_own() -> None:
    for scene in pocket_items().scenes:
        known = lexicon.forms()[scene.emotion]
        for word in (*lexicon.names(), *known.forms, *known.synonyms):
            assert not re.search(rf"\b{re.escape(word)}\b", scene.text, re.IGNORECASE), scene


def test_scenes_are_made_of_sentences_held_out_of_training() -> None:
    every = [*(word.own for word in words().values()), *shared().values()]
    trained = {line for source in every for line in source.trained("b")}
    held = {line for source in every for line in source.held["b"]}
    for scene in pocket_items().scenes:
        assert any(line in scene.text for line in words()[scene.emotion].own.held["b"])
        assert sum(line in scene.text for line in held) >= 3
        assert not any(line in scene.text for line in trained)


def test_a_pair_differs_in_one_number_that_was_held_out() -> None:
    for pair in pocket_items().pairs:
        one, other = (re.findall(r"\d+", text) for text in (pair.one, pair.other))
        assert re.sub(r"\d+", "", pair.one) == re.sub(r"\d+", "", pair.other)
        (low,), (high,) = one, other
        assert int(low) < int(high)
        assert int(low) % HELD_EVERY == int(high) % HELD_EVERY == 3
        assert set(pair.probes) == set(pair.higher)


def test_items_come_by_register_and_are_the_same_each_time() -> None:
    assert items_of("pocket") is pocket_items()
    assert items_of("pocket").register == "pocket"
    assert pocket_items.__wrapped__().hash == pocket_items().hash
    with pytest.raises(UnknownNameError, match="register"):
        items_of("latin")


def test_the_general_register_is_that_of_the_lexicon() -> None:
    assert items_of("general") is general()
