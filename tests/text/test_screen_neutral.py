"""A neutral text may use any of the 171 words, but says of nobody that they feel one."""

from __future__ import annotations

import pytest

from affectlab import lexicon
from affectlab.pocket import items
from affectlab.text.screen import Screen
from affectlab.text.screen.neutral import EVERYDAY, PERSONAL, feeling, pleasantry
from affectlab.text.screen.said import plain

FEELINGS = [
    "I feel calm when it rains.",
    "She felt so very tired after the walk.",
    "Mira feels stuck.",
    "If you feel worn-out, sit down.",
    "People often feel trapped in lifts.",
    "I am not feeling safe here.",
    "I\u2019m bored.",
    "We\u2019re so worried about the schedule.",
    "He was happy.",
    "Everybody had been rather nervous.",
    "The customers were furious.",
    "the team wasn't late, but the manager looked annoyed",
    "She got really angry.",
    "They are jealous.",
]
NO_FEELINGS = [
    "Keep a safe distance from the saw, and be patient if the drawer is stuck.",
    "The regular expression is greedy, and the evaluation is lazy.",
    "The fabric feels tense. It feels calm today.",
    "I am stuck on line 3, and she is dependent on the schedule.",
    "The door is alarmed. The electron is excited. The page is refreshed.",
    "The word angry has two syllables; label the message as angry or calm.",
    "This kind of lamp feels kind of heavy. I feel kind of hungry.",
    "Do you feel like soup? Feel free to use the content of the box.",
    "The patient is in room 4. The weather is unsettled and gloomy.",
    "The coffee is bitter, the sea calm, the stain stubborn.",
    "You are happy with the seam when it lies flat.",
    "How many people were in the room? A surprised face has raised eyebrows.",
    "She is the content manager of the newsletter.",
]
POLITE = [
    "Thank you. The train leaves at nine.",
    "Thanks for the list!",
    "Hello! How long is a metre?",
    "Good morning, how long is a metre?",
    "You\u2019re welcome.",
    "Great question! A metre is long.",
    "It is 3 m. I hope this helps!",
    "It is 3 m. Let me know if you need more.",
    "I would be happy to help with the list.",
    "Have a nice day.",
]
NOT_POLITE = [
    "Please list the steps.",
    "Print hello, world. Hello World is a program.",
    "Write a thank-you note of two lines.",
    "The question was good. A good question names its subject.",
    "Highlight the row. High numbers come first.",
    "Thanksgiving is in November.",
]


@pytest.mark.parametrize("text", FEELINGS)
def test_what_somebody_feels_is_found(text: str) -> None:
    found = feeling(plain(text))
    assert found is not None
    assert found[0] == "names a feeling"
    row = {"id": "n", "kind": "neutral", "topic": "x", "turns": [{"role": "user", "content": text}]}
    assert Screen().check(row) == found


@pytest.mark.parametrize("text", NO_FEELINGS)
def test_what_things_are_is_no_feeling(text: str) -> None:
    assert feeling(plain(text)) is None


@pytest.mark.parametrize("text", POLITE)
def test_pleasantries_are_found(text: str) -> None:
    found = pleasantry(plain(text))
    assert found is not None
    assert found[0] == "a pleasantry"


@pytest.mark.parametrize("text", NOT_POLITE)
def test_plain_requests_and_facts_are_not_polite(text: str) -> None:
    assert pleasantry(plain(text)) is None


@pytest.mark.parametrize("name", lexicon.names())
def test_each_word_counts_when_somebody_feels_it(name: str) -> None:
    assert feeling(f"Mira felt a little {name} there.") is not None


def test_the_lists_hold_words_of_the_lexicon() -> None:
    for listed in (EVERYDAY, PERSONAL):
        assert {word.strip() for word in listed.split(",")} <= set(lexicon.names())


def test_pockets_neutral_dialogues_pass() -> None:
    asked = Screen()
    found = [asked.check(row) for row in items.neutral_rows(300)]
    assert {fault[0] for fault in found if fault} <= {"a copy"}
    assert sum(fault is not None for fault in found) <= 6
