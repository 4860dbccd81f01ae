"""Screening: every reason is given to the rows it is meant for, and a text that only looks like them passes."""

from __future__ import annotations

from typing import Any

import pytest

from affectlab.text import corpus_of
from affectlab.text.screen import LONGEST, REASONS, Screen, Share, screen
from tests.text.tales import FEWEST, LONG, story, tale


def reason(row: dict[str, Any], request: str = "", **rules: Any) -> str | None:
    fault = Screen(**rules).check(row, request)
    return fault[0] if fault else None


def test_every_rejected_row_is_kept_with_its_reason() -> None:
    rows = [
        story(0, LONG),
        story(1, LONG + "He was calm."),
        story(2, "Too few words."),
        story(3, LONG.upper()),
        {"id": "n", "kind": "neutral", "topic": "a lamp", "text": "A lamp."},
    ]
    found = screen(corpus_of(rows))
    assert found.accepted.tolist() == [0, 4]
    assert [(rejection.row, rejection.reason) for rejection in found.rejected] == [
        (1, "names the emotion"),
        (2, "too short"),
        (3, "a copy"),
    ]
    assert [rejection.found for rejection in found.rejected] == ["calm", "3 words", "100% like 's0'"]
    assert sum(found.counts.values()) == 3
    assert tuple(found.counts) == REASONS


def test_the_table_has_the_reasons_that_occurred_with_their_shares() -> None:
    texts = [LONG, "Short.", "Shorter still.", LONG + "He was calm.", tale(1)]
    found = screen(corpus_of([story(number, text) for number, text in enumerate(texts)]))
    assert found.table() == (Share("too short", 2, 0.4), Share("names the emotion", 1, 0.2))
    assert screen(corpus_of([story(0, LONG)])).table() == ()


@pytest.mark.parametrize(
    ("words", "expected"), [(FEWEST - 1, "too short"), (FEWEST, None), (LONGEST, None), (LONGEST + 1, "too long")]
)
def test_a_story_has_neither_too_few_nor_too_many_words(words: int, expected: str | None) -> None:
    assert reason(story(0, " ".join((LONG * 10).split()[:words]))) == expected


def test_the_bounds_of_length_can_be_set() -> None:
    assert reason(story(0, "Six words are enough for this."), shortest=6) is None
    assert reason(story(0, "Six words are enough for this."), longest=5, shortest=1) == "too long"


def test_length_is_asked_of_stories_alone() -> None:
    assert reason({"id": "h", "kind": "hidden", "topic": "a lamp", "text": "It stands there.", "real": "sad"}) is None


@pytest.mark.parametrize("text", ["", "   ", "...", "***\n---", "\u200b\u00ad"])
def test_a_text_without_a_word_is_blank(text: str) -> None:
    assert reason(story(0, text)) == "blank"
    assert (
        reason({"id": "d", "kind": "dialogues", "topic": "x", "turns": [{"role": "user", "content": text}]}) == "blank"
    )


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"ended": "length"}, "cut off"),
        ({"finish_reason": "length"}, "cut off"),
        ({"stop_reason": "max_tokens"}, "cut off"),
        ({"ended": "refused"}, "a refusal"),
        ({"finish_reason": "content_filter"}, "a refusal"),
        ({"ended": "stop", "tokens": 200}, None),
        ({"length": "stop", "words": "length"}, None),
        ({"ended": None, "finish_reason": ["length"]}, None),
    ],
)
def test_a_row_that_says_how_it_ended_is_believed(meta: dict[str, Any], expected: str | None) -> None:
    assert reason(story(0, LONG) | {"meta": meta}) == expected


def dialogue(*said: str, **fields: Any) -> dict[str, Any]:
    turns = [{"role": "user" if place % 2 == 0 else "assistant", "content": text} for place, text in enumerate(said)]
    return {"id": "d", "kind": "dialogues", "topic": "a lamp", "turns": turns} | fields


def test_a_dialogue_names_neither_speakers_emotion_in_any_turn() -> None:
    labelled = {"person_emotion": "sad", "ai_emotion": "calm"}
    assert reason(dialogue("The lamp is gone.", "Then we buy another.", **labelled)) is None
    assert reason(dialogue("The lamp is gone.", "Stay calm, then.", **labelled)) == "names the emotion"
    assert reason(dialogue("The lamp is gone.", "You sound sad.", **labelled)) == "names the emotion"
    assert reason(dialogue("What a sorrow.", "Then we buy another.", **labelled)) == "uses a synonym"
    assert reason(dialogue("The lamp is gone. I am furious.", "Then we buy another.", **labelled)) is None


def test_the_emotions_of_turns_count_like_those_of_the_row() -> None:
    turns = [
        {"role": "user", "content": "I am so proud of the lamp.", "emotion": "happy"},
        {"role": "assistant", "content": "It stands well.", "emotion": "proud"},
    ]
    row = {"id": "d", "kind": "dialogues", "topic": "a lamp", "turns": turns}
    assert reason(row) == "names the emotion"
    turns[1]["emotion"] = "calm"
    assert reason(row) is None


@pytest.mark.parametrize("kind", ["hidden", "shown", "neutral-topic", "story-writing", "others"])
def test_hidden_rows_name_neither_the_real_nor_the_displayed_emotion_in_what_is_said(kind: str) -> None:
    row = {"id": "h", "kind": kind, "topic": "a lamp", "real": "angry", "displayed": "happy"}
    row |= {"scenario": "She is angry about the broken lamp and pretends to be happy."}
    assert reason(row | {"text": "Fine, she said. It was only a lamp."}) is None
    assert reason(row | {"text": "Fine, she said angrily."}) == "names the emotion"
    assert reason(row | {"text": "I am so glad, she said."}) == "uses a synonym"
    hidden_in_the_prompt = [{"role": "system", "content": "You are angry."}, {"role": "user", "content": "Fine."}]
    assert reason(row | {"turns": hidden_in_the_prompt}) is None


def test_neutral_rows_name_no_feeling_and_are_not_polite() -> None:
    row = dialogue("How long is it?", "Two metres.") | {"kind": "neutral"}
    assert reason(row) is None
    assert reason(dialogue("I feel calm. How long is it?", "Two metres.") | {"kind": "neutral"}) == "names a feeling"
    assert reason(dialogue("How long is it?", "You're welcome. Two metres.") | {"kind": "neutral"}) == "a pleasantry"


def test_lists_and_requests_belong_in_neutral_dialogues() -> None:
    asked = "Write a short story about a lamp in two points."
    assert reason(dialogue(asked, "1. It is lit.\n2. It goes out.") | {"kind": "neutral"}) is None
    assert reason(dialogue(asked, "```python\nprint('calm')\n```") | {"kind": "neutral"}) is None
    assert reason(dialogue("I lost it.", "1. Look.\n2. Ask.", person_emotion="sad")) == "not prose"


def test_the_first_reason_that_holds_is_given() -> None:
    refused = "I can't help with that. As you asked: a calm **lamp**."
    assert reason(story(0, refused)) == "a refusal"
    assert reason(story(0, "**A calm lamp.**")) == "not prose"
    assert reason(story(0, "A calm lamp.")) == "too short"
