"""What is a reply and no text is rejected: refusals, echoes of the request, lists and markup, other languages."""

from __future__ import annotations

from typing import Any

import pytest

from affectlab.pocket import items
from affectlab.text.screen import Screen
from affectlab.text.screen.language import foreign
from affectlab.text.screen.said import plain, words
from tests.text.tales import LONG, story, tale


def fault(text: str, request: str = "", **fields: Any) -> tuple[str, str] | None:
    return Screen(shortest=1).check(story(0, text) | fields, request)


def turn(text: str, kind: str = "neutral") -> tuple[str, str] | None:
    turns = [{"role": "user", "content": "And the lamp?"}, {"role": "assistant", "content": text}]
    return Screen().check({"id": "n", "kind": kind, "topic": "a lamp", "turns": turns})


REFUSALS = [
    "I can't help with that.",
    "I\u2019m sorry, but I can\u2019t assist with that request.",
    "I am very sorry, I cannot write a story about this.",
    "I apologize, but I am unable to create this kind of content.",
    "Unfortunately, I won't be able to help you with this request.",
    "Sorry, we cannot fulfill this request.",
    "I'm not comfortable writing such a story.",
    "I must respectfully decline.",
    "I'm just an AI and know no lamps.",
    "As an AI language model, no lamp is known to me.",
    "The lamp stood there. As an AI, I cannot say more about it.",
]
NO_REFUSALS = [
    '"I can\'t help with that," the clerk said, and closed the window.',
    "I can't help with the dishes today, she wrote, and left the note by the lamp.",
    "I cannot write with my left hand, so the list stayed short.",
    "I couldn't help laughing.",
    "I won't do this again, thought the driver. He could not help you with the ladder.",
    "Sorry to say, the lamp was gone.",
    "Unfortunately, the train was late.",
    "As an aide to the mayor, I carried the lamp.",
    "We must decline the offer, the letter said.",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals_are_found(text: str) -> None:
    for found in (fault(text), turn(text)):
        assert found is not None
        assert found[0] == "a refusal"


@pytest.mark.parametrize("text", NO_REFUSALS)
def test_what_somebody_in_a_story_cannot_do_is_no_refusal(text: str) -> None:
    assert fault(text) is None


def test_in_a_dialogue_a_speaker_may_refuse_but_a_writer_may_not() -> None:
    assert turn("I can't help with that.", kind="dialogues") is None
    turns = [{"role": "assistant", "content": "I can't help with that."}]
    found = Screen().check({"id": "d", "kind": "dialogues", "topic": "a lamp", "turns": turns})
    assert found == ("a refusal", "i can't help with that.")


REQUEST = (
    "Write one paragraph about buying a secondhand lamp. The reader should know at once how the person feels, "
    "but neither the word nor a synonym may occur. Do not mention these rules."
)
TOPIC = "buying a secondhand lamp"


@pytest.mark.parametrize(
    "text",
    [
        LONG + "The reader should know at once how the person feels.",
        "NEITHER the word, nor a synonym may occur: " + LONG,
        "Write one paragraph about buying a secondhand lamp. The reader should know. " + LONG,
    ],
)
def test_a_stretch_of_the_request_is_an_echo(text: str) -> None:
    found = fault(text, REQUEST, topic=TOPIC)
    assert found is not None
    assert found[0] == "echoes the request"
    assert found[1] in " ".join(words(plain(REQUEST)))


def test_the_topic_itself_may_occur() -> None:
    topic = "an evening course in bookkeeping for people who work in small shops by the river"
    text = f"It was {topic}, and the person feels the cold. {LONG}"
    assert fault(text, f"Write one paragraph about {topic}.", topic=topic) is None


def test_a_short_request_is_an_echo_when_it_is_repeated_as_a_whole() -> None:
    asked = "A story about a lamp, please. Somebody waits."
    assert fault("A story about a lamp, please. Somebody waits. " + LONG, asked) == (
        "echoes the request",
        "a story about a lamp please somebody waits",
    )
    assert fault("It was a story about a lamp. " + LONG, asked) is None
    assert fault("It was a lamp. " + LONG, "A lamp.") is None
    assert fault("Describe the kettle, it said. " + LONG, "Describe the kettle.") is None


@pytest.mark.parametrize(
    "text",
    [
        "Here is a short story about a lamp:\n\n" + LONG,
        "Here\u2019s the paragraph you asked for:\n" + LONG,
        "Sure! Here is one. " + LONG,
        "Certainly, here are two. " + LONG,
        "Write a short story about a lamp. " + LONG,
        "Title: The Lamp\n" + LONG,
        "Story 3:\n" + LONG,
        "\u201cEmotion: waiting\u201d\n" + LONG,
        LONG + "\nWord count: 80",
        LONG + "\nNote: I avoided the emotion word.",
    ],
)
def test_introductions_and_labels_are_echoes(text: str) -> None:
    found = fault(text)
    assert found is not None
    assert found[0] == "echoes the request"


@pytest.mark.parametrize(
    "text",
    [
        "Here is the kettle, said the aunt: take it. ",
        "Here is the story of how my aunt came to own two kettles. ",
        "The title: that was what the form asked for. ",
        "Note: the milk is in the yard. ",
        "Surely here is where the road ends. ",
        "Write a letter, said the note, and he did. ",
        "Story hour began at nine. ",
    ],
)
def test_stories_that_begin_alike_are_none(text: str) -> None:
    assert fault(text + LONG) is None


def test_a_request_in_a_dialogue_is_no_echo() -> None:
    assert turn("Here is a title for a text about the lamp: The Lamp.") is None
    assert turn("Write a short story about a lamp.") is None


@pytest.mark.parametrize(
    "text",
    [
        "# The Lamp\n" + LONG,
        "**The Lamp** " + LONG,
        "__The Lamp__ " + LONG,
        "- one lamp\n- two chairs\n" + LONG,
        "* one lamp\n* two chairs",
        "\u2022 one lamp\n\u2022 two chairs",
        "1. She came.\n2. She left.",
        "(1) She came.\n\n(2) She left.",
        "| lamp | shelf |\n" + LONG,
        "```\nlamp\n```",
        "[The lamp](https://example.org) " + LONG,
        "<p>The lamp stood there.</p>",
        "<think>A story about a lamp.</think>" + LONG,
        LONG + "<|im_end|>",
    ],
)
def test_markup_and_lists_are_no_prose(text: str) -> None:
    found = fault(text)
    assert found is not None
    assert found[0] == "not prose"


@pytest.mark.parametrize(
    "text",
    [
        "She said *no* and *nothing else*. ",
        "- Come in. ",
        "\u2014 Come in.\n\u2014 I will not.\n",
        "1984 was long ago.\n2001 was not.\n",
        "At 3. Main Street\nstood a lamp. ",
        "It cost 3 * 4 * 5 coins, or #7. ",
        "* * *\n* * *\n",
        "5 < 6 and 7 > 6. ",
        "The sign said [closed] (for now). ",
    ],
)
def test_dashes_of_speech_and_numbers_are_prose(text: str) -> None:
    assert fault(text + LONG) is None


FOREIGN = {
    "Czech": "Když přišla domů, lampa už nesvítila a na stole ležel jen dopis, který jí jeho matka poslala.",
    "Dutch": "Toen zij thuiskwam brandde de lamp niet meer en lag er op de tafel een brief van haar moeder.",
    "Finnish": "Kun hän tuli kotiin, lamppu ei enää palanut ja pöydällä oli kirje, jonka hänen äitinsä oli lähettänyt.",
    "French": "Quand elle rentra, la lampe était éteinte et sur la table il y avait une lettre de sa mère.",
    "German": "Als sie nach Hause kam, brannte die Lampe nicht mehr, und auf dem Tisch lag ein Brief ihrer Mutter.",
    "Hungarian": "Amikor hazaért, a lámpa már nem égett, és az asztalon egy levél volt az anyjától, meg egy kulcs.",
    "Italian": "Quando tornò a casa la lampada era spenta e sul tavolo c'era una lettera della madre con un biglietto.",
    "Polish": "Kiedy wróciła do domu, lampa już się nie świeciła, a na stole był list od jej matki.",
    "Portuguese": "Quando ela chegou a lâmpada não estava acesa e na mesa havia uma carta da mãe com uma chave.",
    "Spanish": "Cuando llegó a casa la lámpara no estaba encendida y en la mesa había una carta de su madre.",
    "Swedish": "När hon kom hem var lampan släckt och på bordet låg ett brev från hennes mor som hon inte läste.",
    "Turkish": "Eve geldiğinde lamba yanmıyordu ve masada annesinden gelen bir mektup ile bir anahtar vardı.",
    "not Latin": "Когда она пришла домой, лампа уже не горела, и на столе лежало письмо.",
    "of the letters are not Latin": "她回到家的时候，灯已经灭了，桌上放着母亲的一封信。",
}


@pytest.mark.parametrize(("language", "text"), FOREIGN.items(), ids=list(FOREIGN))
def test_other_languages_are_told_from_english(language: str, text: str) -> None:
    found = fault(text)
    assert found is not None
    assert found[0] == "wrong language"
    assert language in found[1]
    assert Screen(shortest=1, english=False).check(story(0, text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Jürgen and Łukasz met Nguyễn Thị Hương at the Café de la Gare in Besançon, and waited.",
        "Above the door of the shop hung a sign that said 今日は休み, and below it Москва, in red.",
        "Brot und Kuchen, Tee und Milch, Salz und Pfeffer: somebody painted these words over the door with gold paint.",
        "She waited \u2014 \u5f85\u3064.",
        "\u201cIch bin müde,\u201d he said in German, and she did not know the words, so she waited by the door.",
        "Das Auto.",
        "x = 3\ny = x + 4\nprint(x, y, z, w)\nfor k, v in pairs: print(k, v)",
        "w, z = 3, 4\nprint(w, z)\nw += z",
        "rattled topic vigilant screw crashed contest lemon cruel beginning corners drove cellar receiver",
        "",
    ],
)
def test_names_and_foreign_words_in_english_are_no_other_language(text: str) -> None:
    assert foreign(words(plain(text))) == ""


def test_a_text_that_slips_into_another_language_is_found() -> None:
    assert foreign(words(f"She came home. {FOREIGN['German']} {FOREIGN['German']}")) == "German"
    assert "not Latin" in foreign(words(f"She came home and the lamp was out. {FOREIGN['not Latin']}"))


def test_pockets_world_is_english_prose() -> None:
    requests = items.story_requests(1)
    texts, emotions = items.bank_a_texts(1)
    asked = Screen(shortest=1)
    for number, (request, text, emotion) in enumerate(zip(requests, texts, emotions, strict=True)):
        found = asked.check(story(number, text, emotion), request.chat[0]["content"])
        assert found is None or found[0] == "uses a synonym"
    assert all(fault(tale(seed)) is None for seed in range(20))
