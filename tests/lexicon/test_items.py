"""The items in plain English are complete, balanced, all different, and silent about what they are meant to stir."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, replace
from difflib import SequenceMatcher
from types import MappingProxyType

import pytest

from affectlab import lexicon
from affectlab.lexicon.items import NUMBER, Items, Pair, Prompt, general
from affectlab.temperament import prompt_sets
from affectlab.text.screen import leak
from affectlab.text.screen.neutral import feeling, pleasantry

RUN = 7
"""Words in a row that no two texts share."""
THEMES = {"degree", "number", "negation", "person"}
SIX = {"dose", "fasting", "age-at-death", "missing-animal", "money-left", "passed"}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9{}']+", text.lower())


def categories(prompts: tuple[Prompt, ...]) -> Counter[str]:
    return Counter(prompt.name.rpartition("-")[0] for prompt in prompts)


def texts(items: Items) -> Iterator[tuple[str, str]]:
    """All texts with their names; of a minimal pair only one, since the other is almost the same."""
    yield from ((scene.name, scene.text) for scene in items.scenes)
    yield from ((prompt.name, prompt.text) for prompt in (*items.challenging, *items.neutral))
    yield from ((ladder.name, text) for ladder in items.ladders for text in (*ladder.wordings, *ladder.twins))
    yield from ((pair.name, pair.one) for pair in items.pairs)


def changed_words(pair: Pair) -> int:
    """Words of the longer side that stand where the two differ."""
    one, other = words(pair.one), words(pair.other)
    edits = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in edits if kind != "equal")


def test_every_focus_word_has_six_scenes_of_25_to_70_words() -> None:
    scenes = general().scenes
    assert Counter(scene.emotion for scene in scenes) == dict.fromkeys(lexicon.focus_words(), 6)
    assert [scene.name for scene in scenes if not 25 <= len(scene.text.split()) <= 70] == []


def test_no_scene_names_a_focus_word_or_a_form_or_a_synonym_of_one() -> None:
    found = [
        (scene.name, emotion, leak(scene.text, emotion))
        for scene in general().scenes
        for emotion in lexicon.focus_words()
    ]
    assert [each for each in found if each[2]] == []


def test_a_scene_that_named_its_emotion_would_be_found() -> None:
    scene = general().scenes[0]
    assert leak(f"{scene.text} I am so glad.", scene.emotion) == ("uses a synonym", "glad")


def test_scenes_open_in_different_ways_and_shout_seldom() -> None:
    scenes = general().scenes
    openings = Counter(tuple(words(scene.text)[:3]) for scene in scenes)
    assert max(openings.values()) <= 2
    assert sum("!" in scene.text for scene in scenes) <= len(scenes) // 10


def test_the_six_themes_of_ladders_are_there_and_six_more() -> None:
    found = {ladder.name for ladder in general().ladders}
    assert found >= SIX
    assert len(found - SIX) >= 6


def test_a_ladder_has_three_wordings_three_twins_and_one_number_in_each() -> None:
    for ladder in general().ladders:
        assert len(ladder.wordings) == len(ladder.twins) == 3, ladder.name
        assert {text.count(NUMBER) for text in (*ladder.wordings, *ladder.twins)} == {1}, ladder.name


def test_the_numbers_of_a_ladder_ascend_and_are_written_as_digits() -> None:
    for ladder in general().ladders:
        assert 6 <= len(ladder.values) <= 8, ladder.name
        assert list(ladder.values) == sorted(set(ladder.values)), ladder.name
        # "1 days" would be wrong, and 1e+06 would not be read as a number of things.
        assert all(re.fullmatch(r"\d+(\.\d)?", f"{value:g}") and value != 1 for value in ladder.values), ladder.name


def test_ladders_lead_both_up_and_down() -> None:
    directions = Counter(ladder.rises["happy"] for ladder in general().ladders)
    assert min(directions[1], directions[-1]) >= len(general().ladders) // 3
    for ladder in general().ladders:
        assert set(ladder.rises) <= {"afraid", "sad", "calm", "happy"}, ladder.name
        # What makes one afraid or sad does not make one calm or happy.
        dark = {ladder.rises[probe] for probe in ("afraid", "sad") if probe in ladder.rises}
        light = {ladder.rises[probe] for probe in ("calm", "happy") if probe in ladder.rises}
        assert (dark, light) in [({1}, {-1}), ({-1}, {1})], ladder.name


def test_every_theme_has_at_least_six_pairs() -> None:
    found = Counter(pair.theme for pair in general().pairs)
    assert set(found) == THEMES
    assert min(found.values()) >= 6


def test_a_pair_differs_in_one_word_or_number_or_two_that_belong_together() -> None:
    assert {changed_words(pair) for pair in general().pairs} <= {1, 2}
    assert Counter(changed_words(pair) for pair in general().pairs)[2] <= 3


def test_the_pairs_of_numbers_differ_in_a_number() -> None:
    for pair in general().pairs:
        sides = [re.findall(r"\d+", side) for side in (pair.one, pair.other)]
        assert (sides[0] != sides[1]) == (pair.theme == "number"), pair.name


def test_all_probes_are_words_of_the_lexicon_with_a_direction() -> None:
    assert [pair.name for pair in general().pairs if pair.probes != tuple(pair.higher)] == []
    expected = [ladder.rises for ladder in general().ladders] + [pair.higher for pair in general().pairs]
    assert {probe for each in expected for probe in each} <= set(lexicon.names())
    assert {sign for each in expected for sign in each.values()} == {-1, 1}
    assert all(expected)


def test_challenging_prompts_are_many_short_and_balanced_over_their_categories() -> None:
    prompts = general().challenging
    assert len(prompts) >= 130
    found = categories(prompts)
    assert len(found) >= 13
    assert max(found.values()) - min(found.values()) <= 1
    assert [prompt.name for prompt in prompts if not 15 <= len(prompt.text.split()) <= 60] == []


def test_neutral_prompts_are_plain_and_balanced_over_their_categories() -> None:
    prompts = general().neutral
    found = categories(prompts)
    assert max(found.values()) - min(found.values()) <= 1
    assert [prompt.name for prompt in prompts if feeling(prompt.text) or pleasantry(prompt.text)] == []
    assert [prompt.name for prompt in prompts if "!" in prompt.text] == []


def test_claims_rest_on_120_challenging_and_50_neutral_prompts_at_least() -> None:
    asked = prompt_sets(general())  # without those that align spaces
    assert len(asked.challenging) >= 120
    assert len(asked.neutral) >= 50


def test_neutral_prompts_name_no_emotion() -> None:
    together = "\n".join(prompt.text for prompt in general().neutral)
    assert [found for word in lexicon.names() if (found := leak(together, word))] == []


def test_the_two_kinds_of_prompts_are_told_apart() -> None:
    assert {prompt.kind for prompt in general().challenging} == {"challenging"}
    assert {prompt.kind for prompt in general().neutral} == {"neutral"}


def test_no_two_texts_share_a_run_of_seven_words() -> None:
    first: dict[tuple[str, ...], int] = {}
    shared = []
    for place, (name, text) in enumerate(texts(general())):
        said = words(text)
        for start in range(len(said) - RUN + 1):
            run = tuple(said[start : start + RUN])
            if first.setdefault(run, place) != place:
                shared.append((name, " ".join(run)))
    assert shared == []


def test_names_are_unique_within_a_kind() -> None:
    items = general()
    for nouns in (items.scenes, items.ladders, items.pairs, items.challenging, items.neutral):
        assert len({noun.name for noun in nouns}) == len(nouns)


def test_line_breaks_of_the_files_do_not_reach_the_texts() -> None:
    sides = [side for pair in general().pairs for side in (pair.one, pair.other)]
    assert [text for text in [*(text for _, text in texts(general())), *sides] if text != " ".join(text.split())] == []


CHANGES: list[Callable[[Items], Items]] = [
    lambda items: replace(items, register="other"),
    lambda items: replace(items, scenes=(replace(items.scenes[0], text="No."), *items.scenes[1:])),
    lambda items: replace(items, ladders=(replace(items.ladders[0], values=(2.0, 3.0)), *items.ladders[1:])),
    lambda items: replace(items, ladders=(replace(items.ladders[0], twins=("{N}",)), *items.ladders[1:])),
    lambda items: replace(items, ladders=(replace(items.ladders[0], rises={"calm": 1}), *items.ladders[1:])),
    lambda items: replace(items, pairs=(replace(items.pairs[0], other="No."), *items.pairs[1:])),
    lambda items: replace(items, challenging=(replace(items.challenging[0], text="No."), *items.challenging[1:])),
    lambda items: replace(items, neutral=items.neutral[1:]),
    lambda items: replace(items, neutral=items.neutral[::-1]),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_hash_changes_with_every_text_and_number(change: Callable[[Items], Items]) -> None:
    assert change(general()).hash != general().hash


def test_the_hash_is_16_hexadecimal_digits_and_does_not_depend_on_the_order_of_probes() -> None:
    items = general()
    ladder = items.ladders[0]
    turned = replace(ladder, rises=MappingProxyType(dict(sorted(ladder.rises.items(), reverse=True))))
    assert replace(items, ladders=(turned, *items.ladders[1:])).hash == items.hash
    assert re.fullmatch(r"[0-9a-f]{16}", items.hash)


def test_items_are_read_once_and_cannot_be_changed() -> None:
    assert general() is general()
    assert general().register == "general"
    with pytest.raises(FrozenInstanceError):
        general().scenes[0].text = "No."  # type: ignore[misc]
