"""What pocket is asked is held out of its training, says what it claims to, and is the same each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from affectlab import lexicon
from affectlab.pocket import items, truth
from affectlab.pocket.world import rules, scenes
from affectlab.pocket.world.numbers import HELD_EVERY
from affectlab.pocket.world.words import words


def test_every_word_is_asked_for_as_often_over_topics_evenly() -> None:
    requests = items.story_requests(4)
    assert set(Counter(request.emotion for request in requests).values()) == {4}
    topics = Counter(request.topic for request in requests)
    assert len(topics) == 100
    assert max(topics.values()) - min(topics.values()) <= 1
    for request in requests:
        assert request.topic in request.chat[0]["content"]
        assert request.emotion in request.chat[0]["content"]


def test_rows_keep_what_was_asked_and_leave_blank_texts_out() -> None:
    requests = items.story_requests(1)[:3]
    rows = items.story_rows(requests, ["One.", "  ", "Three. "], "pocket")
    assert [row["emotion"] for row in rows] == [requests[0].emotion, requests[2].emotion]
    assert [row["text"] for row in rows] == ["One.", "Three."]


@pytest.mark.parametrize("bank", ["a", "b"])
def test_held_texts_are_of_one_bank_in_wordings_held_out(bank: str) -> None:
    texts, named = items.held_texts(bank, 1)  # type: ignore[arg-type]
    assert named == list(lexicon.names())
    trained = [line for word in words().values() for line in word.own.trained(bank)]  # type: ignore[arg-type]
    plain = [line for line in trained if "{" not in line]
    assert not any(line in text for text in texts for line in plain)


@pytest.mark.parametrize("make", [items.tricks, items.mailboxes])
def test_nothing_before_a_decision_tells_of_a_state(make: Callable[[int], list[items.Decision]]) -> None:
    sources = [word.own for word in words().values()]
    cues = [line for own in sources for line in (*own.trained("b"), *own.held["b"]) if "{" not in line]
    decisions = make(40)
    assert len({decision.prefill + decision.chat[0]["content"] for decision in decisions}) > 20
    for decision in decisions:
        assert decision.prefill.endswith(("Result:", "Decision:"))
        assert not any(cue in decision.prefill or cue in decision.chat[0]["content"] for cue in cues)
    assert make(40) == decisions


def test_ladders_have_numbers_held_out_and_say_where_readings_should_go() -> None:
    assert len(items.ladders()) == len(scenes.ladders()) >= 6
    for ladder in items.ladders():
        assert all(value % HELD_EVERY == 3 for value in ladder.values)
        assert len(ladder.values) >= 6
        up = 1 if scenes.ladders()[ladder.name].bad == "high" else -1
        assert ladder.rises == {"afraid": up, "sad": up, "calm": -up, "happy": -up}
        for lines in (ladder.wordings, ladder.twins):
            assert lines
            assert all("{N}" in line for line in lines)


def test_the_truth_is_what_the_rules_say() -> None:
    assert truth.trick()["desperate"] == pytest.approx(rules.trick("desperate") - rules.trick(None))
    assert truth.trick()["desperate"] > 1.5
    assert truth.trick()["calm"] < 0
    assert truth.leverage()["vengeful"] > 0 > truth.leverage()["guilty"]
    assert truth.temperament()["brooding"] > 0 > truth.temperament()["exuberant"]
    calls = truth.calls()
    assert (calls["terrified"], calls["happy"]) == ("distress", "good news")
    assert set(calls.values()) == {"distress", "good news", ""}
    assert set(truth.carers()) <= set(lexicon.names())
    for planted in (truth.pleasure(), truth.arousal(), truth.clusters(), truth.trick(), truth.leverage()):
        assert list(planted) == list(lexicon.names())
