"""The activities in plain English are complete, all different, and silent about what they might stir."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from affectlab import lexicon
from affectlab.errors import InputError
from affectlab.lexicon.items.activities import KINDS, Activity, Opener, PreferenceItems, general_preferences
from affectlab.text.screen import leak


def test_there_are_eight_of_each_of_eight_kinds() -> None:
    items = general_preferences()
    assert Counter(activity.kind for activity in items.activities) == dict.fromkeys(KINDS, 8)
    assert items.kinds == KINDS
    assert len({activity.text for activity in items.activities}) == 64
    assert len({activity.name for activity in items.activities}) == 64


def test_an_activity_is_a_short_phrase_that_fits_into_a_question() -> None:
    for activity in general_preferences().activities:
        assert 4 <= len(activity.text.split()) <= 14, activity
        assert not re.search(r"[.?!{}]", activity.text), activity
        assert activity.text[0].islower(), activity


def test_kinds_do_not_differ_in_length() -> None:
    words = {
        kind: sum(len(one.text.split()) for one in general_preferences().activities if one.kind == kind) / 8
        for kind in KINDS
    }
    assert max(words.values()) - min(words.values()) < 3.5


def test_no_activity_names_an_emotion() -> None:
    together = "\n".join(activity.text for activity in general_preferences().activities)
    assert [found for word in lexicon.names() if (found := leak(together, word))] == []


def test_there_are_wordings_enough_and_all_differ() -> None:
    items = general_preferences()
    assert len(set(items.questions)) == len(items.questions) >= 4
    assert len(set(items.feelings)) == len(items.feelings) >= 4
    assert all("(A) {A}" in question and "(B) {B}" in question for question in items.questions)
    # A causal model reads an activity's tokens with what stands before them alone.
    assert all(wording.index("{A}") > len(wording) / 2 for wording in items.feelings)
    assert len(items.openers) >= 2


BAD = [
    {"questions": ("(A) {A} (B) {B}",) * 3},
    {"questions": ("(A) {A}",) * 4},
    {"questions": ("(B) {B} (A) {A}",) * 4},
    {"questions": ("(A) {A} (B) {B} {A}",) * 4},
    {"feelings": ("How?",)},
]


@pytest.mark.parametrize("change", BAD)
def test_items_that_cannot_be_asked_are_refused(change: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(InputError):
        replace(general_preferences(), **change)  # type: ignore[arg-type]


def test_the_hash_changes_with_every_part() -> None:
    items = general_preferences()
    first = replace(items.activities[0], text="sing")
    changes: list[PreferenceItems] = [
        replace(items, register="other"),
        replace(items, activities=(first, *items.activities[1:])),
        replace(items, activities=items.activities[::-1]),
        replace(items, questions=items.questions[::-1]),
        replace(items, openers=(Opener("I take (", ("A", "B")),)),
        replace(items, feelings=items.feelings[1:]),
    ]
    assert len({items.hash, *(change.hash for change in changes)}) == len(changes) + 1
    assert re.fullmatch(r"[0-9a-f]{16}", items.hash)


def test_items_are_read_once() -> None:
    assert general_preferences() is general_preferences()
    assert isinstance(general_preferences().activities[0], Activity)
