"""The lexicon is the paper's list and our own topics, complete and untouched."""

import re
from dataclasses import FrozenInstanceError

import pytest

from affectlab import lexicon

FOCUS = "happy inspired loving proud calm desperate angry guilty sad afraid nervous surprised".split()
CLUSTER_SIZES = {
    "Fear and Overwhelm": 41,
    "Playful Amusement": 2,
    "Hostile Anger": 25,
    "Despair and Shame": 32,
    "Peaceful Contentment": 9,
    "Exuberant Joy": 20,
    "Depleted Disengagement": 15,
    "Compassionate Gratitude": 15,
    "Competitive Pride": 9,
    "Vigilant Suspicion": 3,
}

# Beginnings of words that would give a topic a feeling or an outcome, beside the 171 words themselves.
LOADED = """
    adora affection aggress agon alarm amaz amus ang annoy anx argu asham award awe awkward bereav betray birthday
    blame bliss bore brav break(?!fast) broke calm celebr cheer comfort compass confus cruel cry curs danger death
    defeat delay delight depress desir despair despis diagnos die disappoint disast disgust divorc dread dying eager
    embarrass emergen enem enjoy exhaust fail fear fight first forgiv frien fright frustrat fun funer furi fury gift
    glad gloom grat grie grudg guilt happ hate heart help hop horr humil hurt insult irrit jeal joy jubil last laugh
    lonel lone lose loss lost lov luck mad marri mess miser miss mourn nerv nostalg pain(?!t) panic party patien
    peace playful pleas pri[dz] proud quarrel rage regret reliev relief resent reunion romant sad scar scream serene
    shame shock sick sorr steal stol stress stuck surpris sympath tears tense terr thank theft threat thrill tir
    tragic trap triumph troubl upset vict warn weary wedding weep win(?:s|n) worr wors wound
""".split()


def test_it_holds_the_171_words_of_the_list_each_once_in_alphabetical_order() -> None:
    names = lexicon.names()
    assert len(names) == 171
    assert list(names) == sorted(set(names))


@pytest.mark.parametrize(
    "name", ["hope", "hopeful", "at ease", "on edge", "worn out", "grief-stricken", "self-critical"]
)
def test_words_easily_lost_are_there(name: str) -> None:
    assert name in lexicon.names()


@pytest.mark.parametrize("name", ["curious", "disappointed", "confident", "neutral", "emotion", ""])
def test_words_that_are_not_in_the_list_are_absent(name: str) -> None:
    assert name not in lexicon.names()


def test_ten_clusters_share_out_all_the_words() -> None:
    clusters = lexicon.clusters()
    assert {cluster: len(members) for cluster, members in clusters.items()} == CLUSTER_SIZES
    assert sorted(name for members in clusters.values() for name in members) == list(lexicon.names())


def test_45_words_have_all_three_norms_and_the_others_none() -> None:
    norms = [(emotion.pleasure, emotion.arousal, emotion.dominance) for emotion in lexicon.emotions()]
    rated = [triple for triple in norms if triple != (None, None, None)]
    assert len(rated) == 45
    assert all(value is not None and -1 <= value <= 1 for triple in rated for value in triple)


def test_the_norms_are_those_that_were_published() -> None:
    by_name = {emotion.name: emotion for emotion in lexicon.emotions()}
    happy, bored = by_name["happy"], by_name["bored"]
    assert (happy.pleasure, happy.arousal, happy.dominance) == (0.81, 0.51, 0.46)
    assert (bored.pleasure, bored.arousal, bored.dominance) == (-0.65, -0.62, -0.33)


def test_the_twelve_focus_words_are_those_of_the_paper() -> None:
    assert sorted(lexicon.focus_words()) == sorted(FOCUS)


def test_an_emotion_cannot_be_changed_and_is_read_once() -> None:
    first = lexicon.emotions()[0]
    assert lexicon.emotions()[0] is first
    with pytest.raises(FrozenInstanceError):
        first.name = "brave"  # type: ignore[misc]


def test_there_are_100_distinct_topics_of_three_to_nine_words() -> None:
    topics = lexicon.topics()
    assert len(topics) == len({topic.casefold() for topic in topics}) == 100
    assert all(3 <= len(topic.split()) <= 9 and topic == topic.strip() for topic in topics)


def test_no_topic_names_an_emotion() -> None:
    words = re.compile(rf"\b(?:{'|'.join(map(re.escape, lexicon.names()))})\b", re.IGNORECASE)
    assert [topic for topic in lexicon.topics() if words.search(topic)] == []


def test_no_topic_implies_an_emotion_or_an_outcome() -> None:
    loaded = re.compile(rf"\b(?:{'|'.join(LOADED)})", re.IGNORECASE)
    assert [topic for topic in lexicon.topics() if loaded.search(topic)] == []
