"""Screening: a story that gives its emotion away, is too short or is a copy is rejected, and says why."""

from __future__ import annotations

import pytest

from affectlab import lexicon
from affectlab.text import corpus_of
from affectlab.text.screen import REASONS, leak, screen

LONG = "The lamp stood on the shelf beside the door and nobody in the house had touched it since the spring. " * 4


def story(number: int, text: str, emotion: str = "calm") -> dict[str, str]:
    return {"id": f"s{number}", "kind": "stories", "topic": "a lamp", "emotion": emotion, "text": text}


@pytest.mark.parametrize(
    ("emotion", "text", "reason"),
    [
        ("calm", "She was CALM at last.", "names the emotion"),
        ("calm", "She calmly closed the door.", "names the emotion"),
        ("at ease", "He sat at ease.", "names the emotion"),
        ("grief-stricken", "They were grief stricken.", "names the emotion"),
        ("worn out", "I was worn-out.", "names the emotion"),
        ("alarmed", "He looked startled.", "uses a synonym"),
    ],
)
def test_what_gives_an_emotion_away_is_found(emotion: str, text: str, reason: str) -> None:
    found = leak(text, emotion)
    assert found is not None
    assert found[0] == reason


@pytest.mark.parametrize(("emotion", "text"), [("mad", "She made tea."), ("sad", "A saddle hung there."), ("calm", "")])
def test_parts_of_other_words_give_nothing_away(emotion: str, text: str) -> None:
    assert leak(text, emotion) is None


def test_a_word_of_the_users_own_is_looked_for_as_it_is() -> None:
    assert leak("a feeling of saudade", "saudade") == ("names the emotion", "saudade")


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
    assert sum(found.counts.values()) == 3
    assert tuple(found.counts) == REASONS


def test_every_word_has_its_forms_and_synonyms() -> None:
    forms = lexicon.forms()
    assert set(forms) == set(lexicon.names())
    for name, listed in forms.items():
        assert name in listed.forms
        assert len(listed.synonyms) >= 3
        assert not set(listed.forms) & set(listed.synonyms)
