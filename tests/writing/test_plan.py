"""A plan says what is to be written: everything once, evenly, with the same seeds each time, and quickly."""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from affectlab import lexicon
from affectlab.errors import InputError, UnknownNameError
from affectlab.text.folds import FOLDS, dealing_order
from affectlab.text.rows import KINDS
from affectlab.writing.plan import HIDDEN, REQUESTS_A_SHARD, Plan, Settings, default_each, default_words, lay

WORDS, TOPICS = ("calm", "sad", "proud"), tuple(f"topic {n}" for n in range(20))


def every(plan: Plan) -> list[str]:
    return [one.id for shard in range(plan.shards) for _, texts in plan.of_shard(shard) for one in texts]


def test_the_full_plan_has_every_word_with_every_topic_and_is_quick() -> None:
    began = time.process_time()
    plan = lay(Settings("stories", lexicon.names(), lexicon.topics(), 12))
    table = plan.table()
    assert time.process_time() - began < 5
    assert table.num_rows == 205_200
    assert len(plan) == plan.requests == 205_200
    assert (np.bincount(plan.cell) == 1200).all()
    pairs = plan.cell * 100 + plan.topic
    assert (np.bincount(pairs) == 12).all()


def test_the_full_plan_needs_little_memory() -> None:
    """What Python, numpy and Arrow hold at the peak of laying it and making the table."""
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    table = lay(Settings("stories", lexicon.names(), lexicon.topics(), 12)).table()
    peak = tracemalloc.get_traced_memory()[1] + pa.total_allocated_bytes() - before
    tracemalloc.stop()
    assert len(table) == 205_200
    assert peak < 100e6, "with all that a process takes besides, well below 500 MB"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_plan_with_ids_of_its_own(kind: str) -> None:
    words = default_words(kind) and WORDS
    plan = lay(Settings(kind, words, TOPICS, 3))
    assert len(plan) == plan.settings.whole
    ids = every(plan)
    assert len(set(ids)) == len(ids) == len(plan)
    first = plan.planned(0)
    assert len(first.words) == {"stories": 1, "neutral": 0}.get(kind, 2)
    assert len(set(first.words)) == len(first.words)


def test_hidden_emotions_are_all_ordered_pairs_of_fifteen() -> None:
    words = default_words("hidden")
    assert len(set(words)) == 15
    assert set(words) <= set(lexicon.names())
    plan = lay(Settings("hidden", words, lexicon.topics(), default_each("hidden")))
    assert len(plan) == 21_000
    assert len({plan.planned(place).words for place in range(0, 21_000, 100)}) == 210
    assert (np.bincount(plan.topic) == 210).all()


def test_a_sample_is_balanced_over_words_folds_and_topics() -> None:
    plan = lay(Settings("stories", lexicon.names(), lexicon.topics(), 12, sample=2052))
    assert (np.bincount(plan.cell) == 12).all()
    fold_of = {topic: place % FOLDS for place, topic in enumerate(dealing_order(lexicon.topics()))}
    for cell in range(171):
        folds = Counter(fold_of[topic] for topic in plan.topic[plan.cell == cell].tolist())
        assert len(folds) == FOLDS
        assert max(folds.values()) - min(folds.values()) <= 1
    used = np.bincount(plan.topic)
    assert used.max() - used.min() <= 3
    assert len(set(every(plan))) == 2052


@pytest.mark.parametrize("sample", [1, 50, 170, 172, 1000])
def test_no_word_has_two_texts_more_than_another(sample: int) -> None:
    counts = np.bincount(lay(Settings("stories", lexicon.names(), TOPICS, 12, sample=sample)).cell, minlength=171)
    assert counts.sum() == sample
    assert counts.max() - counts.min() <= 1


def test_a_sample_of_everything_is_everything() -> None:
    settings = Settings("stories", WORDS, TOPICS, 4)
    whole, sample = (lay(one) for one in (settings, Settings("stories", WORDS, TOPICS, 4, sample=settings.whole)))
    assert sorted(every(whole)) == sorted(every(sample))


def test_texts_of_one_request_share_their_word_and_topic() -> None:
    plan = lay(Settings("stories", WORDS, TOPICS, 12, texts_per_request=5))
    sizes: Counter[int] = Counter()
    for shard in range(plan.shards):
        for _, texts in plan.of_shard(shard):
            assert len({(one.words, one.topic) for one in texts}) == 1
            sizes[len(texts)] += 1
    assert sizes == {5: 120, 2: 60}


def test_shards_follow_each_other_without_a_gap() -> None:
    plan = lay(Settings("stories", WORDS, TOPICS, 12))
    numbers = [number for shard in range(plan.shards) for number, _ in plan.of_shard(shard)]
    assert numbers == list(range(plan.requests))
    assert all(len(list(plan.of_shard(shard))) <= REQUESTS_A_SHARD for shard in range(plan.shards))


def test_seeds_are_the_same_each_time_and_differ_by_request_and_attempt() -> None:
    plan, again, other = (lay(Settings("stories", WORDS, TOPICS, 2, seed=seed)) for seed in (0, 0, 1))
    seeds = {plan.seed(request, attempt) for request in range(100) for attempt in range(3)}
    assert len(seeds) == 300
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert plan.seed(5, 1) == again.seed(5, 1) != other.seed(5, 1)


def test_the_table_says_what_the_plan_says() -> None:
    plan = lay(Settings("dialogues", WORDS, TOPICS, 1))
    rows = plan.table().to_pylist()
    assert len(rows) == len(plan) == 120
    one = plan.planned(77)
    assert rows[77]["emotions"] == " to ".join(one.words)
    assert rows[77]["topic"] == one.topic


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "poems"}, "unknown kind"),
        ({"words": ()}, "too few words"),
        ({"words": ("calm", "calm")}, "a name occurs twice"),
        ({"topics": ()}, "too few topics"),
        ({"each": 0}, "nothing to write"),
        ({"sample": 0}, "nothing to write"),
        ({"sample": 10_000}, "the sample is larger than the plan"),
        ({"kind": "hidden", "words": ("calm",)}, "too few words"),
    ],
)
def test_what_cannot_be_planned_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises((InputError, UnknownNameError), match=message):
        Settings(**{"kind": "stories", "words": WORDS, "topics": TOPICS, "each": 2, **settings})  # type: ignore[arg-type]


def test_hidden_kinds_are_those_of_the_schema() -> None:
    assert {*HIDDEN, "stories", "neutral", "dialogues"} == set(KINDS)
