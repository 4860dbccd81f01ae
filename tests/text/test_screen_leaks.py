"""An emotion that is named is found in whatever form, and what only looks like it is not."""

from __future__ import annotations

import re

import pytest

from affectlab import lexicon
from affectlab.pocket import items
from affectlab.text.screen import leak
from affectlab.text.screen.leaks import INNOCENT

NAMED = [
    ("calm", "She was CALM at last."),
    ("calm", "She calmly closed the door."),
    ("calm", "A _calm_ morning."),
    ("calm", "Ca\u00adlm as ever, and cal\u200bm."),
    ("calm", "Fully ｃａｌｍ."),
    ("calm", "The calm's end."),
    ("calm", "calm\u2014then loud"),
    ("at ease", "He sat at ease."),
    ("at ease", "He sat at\nease."),
    ("at ease", "He was ill-at-ease."),
    ("at ease", "They were at their ease."),
    ("grief-stricken", "They were grief stricken."),
    ("grief-stricken", "Their grief had no end."),
    ("worn out", "I was worn-out."),
    ("worn out", "I was worn\u2011out."),
    ("worn out", "The march wore him out."),
    ("self-critical", "Too self critical by half."),
    ("hope", "a hopeful sign"),
    ("hopeful", "She had hoped for rain."),
    ("hopeful", "Hopefully it would rain."),
    ("hateful", "How I hate this lamp."),
    ("kind", "It was kind of you to come."),
    ("kind", "The kindest of the three."),
    ("kind", "He acted in kindness."),
    ("kind", "some kind words"),
    ("content", "He was content."),
    ("content", "She sat, contentedly, by the stove."),
    ("reflective", "He reflected on the year."),
    ("alarmed", "with alarm in her voice"),
    ("spiteful", "He did it out of spite, in spite of the rain."),
    ("skeptical", "sceptically"),
    ("energized", "energised"),
    ("fulfilled", "fulfilment"),
    ("empathetic", "He empathised."),
    ("disoriented", "disorientated"),
]
SYNONYMS = [
    ("alarmed", "He looked startled."),
    ("angry", "He was FURIOUS."),
    ("happy", "I am so glad."),
    ("sad", "deep sorrow"),
    ("afraid", "with fear in his eyes"),
    ("desperate", "She was at her wits\u2019 end."),
    ("safe", "out of harm\u2019s way"),
    ("ashamed", "mortification"),
    ("calm", "cool headed as ever"),
    ("lonely", "He had never felt so alone."),
    ("infatuated", "They fell in love."),
    ("furious", "He was beside himself."),
]
INNOCENT_TEXTS = [
    ("mad", "She made tea, and the madam nodded."),
    ("sad", "A saddle hung there."),
    ("calm", ""),
    ("content", "The contents of the box lay on the floor."),
    ("content", "The content of the letter was short, and its content was plain."),
    ("kind", "It was a kind of lamp. What kind? The same kind of, well, lamp of any kind."),
    ("alarmed", "The alarm clock rang, and the fire alarm too."),
    ("puzzled", "A jigsaw puzzle lay on the table."),
    ("reflective", "She saw her reflection in the window. The pond reflected the lamp."),
    ("tense", "the past tense"),
    ("spiteful", "In spite of the rain they left."),
    ("bored", "He bored two small holes into the shelf."),
    ("pleased", "Please close the door."),
    ("playful", "He played the piano in the school play."),
    ("tired", "The tire of the bicycle was flat."),
    ("shaken", "She shook her head and shook the rug."),
    ("angry", "She crossed the street while the soup was steaming."),
    ("inspired", "He moved the pot and stirred the soup."),
    ("grateful", "She touched the wall, and moved on."),
    ("fulfilled", "She realized that the set was complete."),
    ("relieved", "He eased the door open."),
    ("tense", "The knot was tight and the rope taut."),
    ("spiteful", "What do you mean?"),
    ("desperate", "She had driven all night."),
    ("disoriented", "He lost his keys."),
    ("heartbroken", "The glass was shattered, the can crushed."),
    ("lonely", "She stood alone at the counter."),
    ("sluggish", "the slow train"),
    ("weary", "He had spent the money."),
    ("refreshed", "She rested her hand on the renewed card."),
    ("at ease", "It opened with ease."),
    ("energized", "The phone was charged."),
    ("stressed", "He strained the soup."),
]


@pytest.mark.parametrize(("emotion", "text"), NAMED)
def test_an_emotion_is_named_by_any_of_its_forms(emotion: str, text: str) -> None:
    found = leak(text, emotion)
    assert found is not None
    assert found[0] == "names the emotion"


@pytest.mark.parametrize(("emotion", "text"), SYNONYMS)
def test_synonyms_give_an_emotion_away(emotion: str, text: str) -> None:
    found = leak(text, emotion)
    assert found is not None
    assert found[0] == "uses a synonym"


@pytest.mark.parametrize(("emotion", "text"), INNOCENT_TEXTS)
def test_other_words_and_other_meanings_give_nothing_away(emotion: str, text: str) -> None:
    assert leak(text, emotion) is None


def test_a_word_of_the_users_own_is_looked_for_with_regular_endings() -> None:
    assert leak("a feeling of Saudade", "saudade") == ("names the emotion", "saudade")
    assert leak("so cosily", "cosy") == ("names the emotion", "cosily")
    assert leak("the cosmos", "cosy") is None
    assert leak("9 to 5 joy", "9 to 5 joy") == ("names the emotion", "9 to 5 joy")
    assert leak("a C++ day", "c++") == ("names the emotion", "c++")


@pytest.mark.parametrize("name", lexicon.names())
def test_every_word_has_its_forms_and_synonyms(name: str) -> None:
    listed = lexicon.forms()[name]
    assert name in listed.forms
    assert len(listed.synonyms) >= 3
    assert not set(listed.forms) & set(listed.synonyms)
    for words in (listed.forms, listed.synonyms):
        assert len(set(words)) == len(words)
        assert all(re.fullmatch(r"[a-z]+(?:[ '-]+[a-z]+)*'?(?: [a-z]+)?", word) for word in words)


@pytest.mark.parametrize("name", lexicon.names())
def test_every_form_and_synonym_is_found(name: str) -> None:
    listed = lexicon.forms()[name]
    for reason, words in (("names the emotion", listed.forms), ("uses a synonym", listed.synonyms)):
        for word in words:
            found = leak(f"Then, {word.upper()}!", name)
            assert found is not None, word
            # A synonym may hold a form, such as "ill at ease".
            assert found[0] in {reason, "names the emotion"}, word


def test_the_lists_are_for_the_171_words_and_no_others() -> None:
    assert list(lexicon.forms()) == list(lexicon.names())
    assert set(INNOCENT) <= set(lexicon.names())


def test_adverbs_of_adjectives_are_among_the_forms() -> None:
    endings = {"ic": "ically", "y": "ily"} | {
        end: f"{end}ly" for end in ("ful", "ous", "ive", "less", "ish", "ent", "ant")
    }
    without = {"sorry", "lonely", "melancholy"}
    missing = [
        adverb
        for name, listed in lexicon.forms().items()
        for end, ending in endings.items()
        if name.endswith(end) and name not in without
        if (adverb := name.removesuffix(end) + ending) not in listed.forms
    ]
    assert missing == []


EVERYDAY = """
    blue,down,hot,cold,warm,cool,dark,light,heavy,open,low,high,flat,sharp,soft,hard,slow,tight,cross,sour,sunny,lost,
    moved,touched,stirred,driven,thrown,charged,drained,spent,complete,realized,renewed,restored,rested,eased,mean,
    nice,alone,wild,sore,boiling,steamed,winning,feeling,understanding,positive,superior,at home,collected,tender
"""


@pytest.mark.parametrize("word", [word.strip() for word in EVERYDAY.split(",")])
def test_words_of_every_day_are_nobodys_synonym(word: str) -> None:
    assert [name for name, listed in lexicon.forms().items() if word in (*listed.forms, *listed.synonyms)] == []


def test_no_topic_gives_an_emotion_away() -> None:
    assert [(topic, name) for topic in lexicon.topics() for name in lexicon.names() if leak(topic, name)] == []


def test_stories_of_pockets_world_do_not_give_their_emotion_away() -> None:
    texts, emotions = items.bank_a_texts(6)
    leaks = [leak(text, emotion) for text, emotion in zip(texts, emotions, strict=True)]
    assert sum(found is not None for found in leaks) < 0.02 * len(texts)
