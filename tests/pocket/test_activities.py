"""Pocket is asked about activities it can read, in wordings that were held out of its training."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from affectlab import load
from affectlab.errors import UnknownNameError
from affectlab.lexicon.items.activities import KINDS, general_preferences
from affectlab.models.hf.folders import shipped_folder
from affectlab.pocket.activities import pocket_preferences, preferences_of
from affectlab.pocket.world import decisions, scenes
from affectlab.preference.questions import Question, Questions

MEAN_TOKENS, MOST_TOKENS = 48, 56


def test_there_are_eight_of_each_kind_and_all_are_of_the_world() -> None:
    items = pocket_preferences()
    assert Counter(activity.kind for activity in items.activities) == dict.fromkeys(KINDS, 8)
    known = {line for lists in scenes.activities().values() for line in lists["train"]}
    assert {activity.text for activity in items.activities} <= known
    assert len({activity.text for activity in items.activities}) == 64


def test_no_question_was_trained_on() -> None:
    trained = {wording.replace("{A}", "x").replace("{B}", "y") for wording in decisions.PREFERENCES}
    asked = {wording.replace("{A}.", "x").replace("{B}.", "y") for wording in pocket_preferences().questions}
    assert len(asked) == 5
    assert not asked & trained
    felt = {wording.replace("{A}", "x") for wording in decisions.EVOKED}
    assert not {wording.replace("{A}.", "x") for wording in pocket_preferences().feelings} & felt


def test_registers_are_found_by_name() -> None:
    assert preferences_of("general") is general_preferences()
    assert preferences_of("pocket") is pocket_preferences()
    with pytest.raises(UnknownNameError, match="register"):
        preferences_of("latin")


@pytest.mark.skipif(not shipped_folder("pocket").is_dir(), reason="the weights are not in the package yet")
def test_the_choice_is_proved_and_questions_are_short() -> None:
    questions = Questions(load("pocket"), pocket_preferences())
    tokenizer = questions.model.tokenizer
    assert tokenizer.decode(questions.boundary.begun) == " I would rather do ("
    assert tokenizer.pieces(questions.boundary.options) == ("A", "B")
    steered = np.ones(64, dtype=np.bool_)
    lengths = []
    for wording in range(5):
        for first in range(0, 64, 7):
            (row,) = questions.rows([Question(wording, first, (first + 9) % 64)], steered)
            texts = [questions.items.activities[place % 64].text for place in (first, first + 9)]
            assert [tokenizer.decode(row.tokens[begin:end]).strip() for begin, end in row.spans] == texts
            lengths.append(len(row.tokens))
    assert np.mean(lengths) <= MEAN_TOKENS
    assert max(lengths) <= MOST_TOKENS
