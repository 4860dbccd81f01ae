"""Folds hold topics out whole, and depend on nothing but the topics."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.errors import CorpusError
from affectlab.text import Corpus, corpus_of

Row = dict[str, Any]
MakeRow = Callable[..., Row]

topic_names = st.text(alphabet="abcdé", min_size=1, max_size=4)


def stories_about(topics: list[str]) -> list[Row]:
    return [
        {"id": f"s{i}", "kind": "stories", "topic": topic, "emotion": "calm", "text": f"Story {i}"}
        for i, topic in enumerate(topics)
    ]


def neutral_about(topics: list[str]) -> list[Row]:
    return [{"id": f"n{i}", "kind": "neutral", "topic": topic, "text": f"Fact {i}"} for i, topic in enumerate(topics)]


def fold_of_topic(corpus: Corpus) -> dict[str, set[int]]:
    folds: dict[str, set[int]] = {}
    for topic, fold in zip(corpus.topics, corpus.folds, strict=True):
        folds.setdefault(topic, set()).add(int(fold))
    return folds


@given(
    told=st.lists(topic_names, min_size=1, max_size=40),
    neutral=st.lists(topic_names, max_size=20),
    data=st.data(),
)
def test_no_topic_is_split_whatever_the_rows_and_their_order(
    told: list[str], neutral: list[str], data: st.DataObject
) -> None:
    rows = [*stories_about(told), *neutral_about(neutral)]
    corpus = corpus_of(rows)
    shuffled = corpus_of(data.draw(st.permutations(rows)))
    assert dict(zip(corpus.ids, corpus.folds, strict=True)) == dict(zip(shuffled.ids, shuffled.folds, strict=True))
    topics = len(set(told))
    if topics < 3:
        assert corpus.fold_rule == "text hash (fewer than three topics)"
        return
    assert corpus.fold_rule == ("topic" if topics >= 10 else "topics (fewer than ten)")
    assert all(len(folds) == 1 for folds in fold_of_topic(corpus).values())
    held = Counter(next(iter(fold_of_topic(corpus)[topic])) for topic in set(told))
    assert set(held) == set(range(min(10, topics)))
    assert max(held.values()) - min(held.values()) <= 1


@given(told=st.lists(topic_names, min_size=3, max_size=30), neutral=st.lists(topic_names, min_size=1, max_size=30))
def test_neutral_rows_change_no_fold_of_a_story_and_share_its_topics_fold(told: list[str], neutral: list[str]) -> None:
    alone = corpus_of(stories_about(told))
    together = corpus_of([*neutral_about(neutral), *stories_about(told)])
    assert list(together.select(kind="stories").folds) == list(alone.folds)


def test_a_hundred_topics_make_ten_equal_folds() -> None:
    corpus = corpus_of(stories_about([f"topic {number}" for number in range(100)]))
    assert corpus.fold_rule == "topic"
    assert np.bincount(corpus.folds).tolist() == [10] * 10


def test_seven_topics_are_seven_folds_and_it_says_so() -> None:
    corpus = corpus_of(stories_about([f"topic {number % 7}" for number in range(70)]))
    assert corpus.fold_rule == "topics (fewer than ten)"
    assert np.bincount(corpus.folds).tolist() == [10] * 7


def test_two_topics_are_folded_by_text_and_it_says_so() -> None:
    corpus = corpus_of(stories_about([f"topic {number % 2}" for number in range(1000)]))
    assert corpus.fold_rule == "text hash (fewer than three topics)"
    assert np.bincount(corpus.folds, minlength=10).min() > 60
    alone = corpus_of([corpus.row(17)])
    assert alone.folds[0] == corpus.folds[17]


def test_folds_are_the_same_on_every_machine_and_day() -> None:
    assert list(corpus_of(stories_about(list("abcdefghijkl"))).folds) == [9, 4, 3, 1, 5, 2, 0, 7, 1, 0, 6, 8]


def test_folds_that_all_rows_give_are_used(story: MakeRow) -> None:
    corpus = corpus_of([story(number, fold=(number * 3) % 5) for number in range(10)])
    assert corpus.fold_rule == "given"
    assert list(corpus.folds) == [(number * 3) % 5 for number in range(10)]


def test_folds_that_only_some_rows_give_are_refused(story: MakeRow) -> None:
    with pytest.raises(CorpusError, match="row 2: a row without a fold among rows with one; give every row a fold"):
        corpus_of([story(1, fold=3), story(2), story(3, fold=1)])


def test_computed_folds_are_no_part_of_the_rows(rows: list[Row]) -> None:
    assert "fold" not in corpus_of(rows).row(0)
