"""Near-duplicates are found whatever their emotion, shard by shard as all at once, and pocket's stories are none."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from affectlab.pocket import items
from affectlab.text import corpus_of
from affectlab.text.screen import Screen, screen
from affectlab.text.screen.copies import ALIKE, Copies
from affectlab.text.screen.said import words
from tests.text.tales import LONG, changed, story, tale


def alike(first: str, second: str) -> bool:
    asked = Screen(shortest=1)
    assert asked.check(story(0, first)) is None
    fault = asked.check(story(1, second, "bored"))
    assert fault is None or fault[0] == "a copy"
    return fault is not None


def test_a_copy_is_found_whatever_its_emotion_case_and_marks() -> None:
    text = tale(1)
    assert alike(text, text)
    assert alike(text, text.upper().replace(".", "!").replace(" ", "\n"))
    assert alike(text, f"{text} And then it rained.")
    assert alike(text, text[: int(0.8 * len(text))])
    assert not alike(text, tale(2))


def test_copies_with_a_tenth_of_the_words_changed_are_found() -> None:
    copies = Copies()
    for seed in range(200):
        copies.add(str(seed), copies.sketch(words(tale(seed))))
    found = [copies.like(copies.sketch(words(changed(tale(seed), 0.1, seed)))) for seed in range(200)]
    right = [copy is not None and copy.id == str(seed) for seed, copy in enumerate(found)]
    assert np.mean(right) > 0.97


def test_texts_that_share_a_third_are_no_copies() -> None:
    copies = Copies()
    for seed in range(100):
        copies.add(str(seed), copies.sketch(words(tale(seed))))
    mixed = [f"{tale(seed, 4)} {tale(seed + 500, 8)}" for seed in range(100)]
    assert sum(copies.like(copies.sketch(words(text))) is not None for text in mixed) <= 1


def test_likeness_is_the_share_of_common_pairs_of_words() -> None:
    copies = Copies()
    first, second = words(tale(1, 40)), words(tale(1, 40))[:300] + words(tale(2, 8))
    copies.add("first", copies.sketch(first))
    pairs = [set(pairwise(told)) for told in (first, second)]
    exact = len(pairs[0] & pairs[1]) / len(pairs[0] | pairs[1])
    found = copies.like(copies.sketch(second))
    assert exact > ALIKE
    assert found is not None
    assert found.share == pytest.approx(exact, abs=0.13)


def test_texts_of_one_word_and_of_none_can_be_compared() -> None:
    copies = Copies()
    copies.add("one", copies.sketch(["lamp"]))
    assert copies.like(copies.sketch(["lamp"])) == ("one", 1.0)
    assert copies.like(copies.sketch(["shelf"])) is None
    assert copies.like(copies.sketch([])) is None


def test_a_copy_names_the_most_alike_text_in_whatever_order_they_came() -> None:
    text = tale(1)
    for order in ("ab", "ba"):
        asked = Copies()
        for id in order:
            asked.add(id, asked.sketch(words(text if id == "a" else changed(text, 0.05, 3))))
        assert asked.like(asked.sketch(words(text))) == ("a", 1.0)
    same = Copies()
    for id in ("z", "a"):
        same.add(id, same.sketch(words(text)))
    assert same.like(same.sketch(words(text))) == ("a", 1.0)


def test_copies_are_found_among_many() -> None:
    """More texts than there is room for at first."""
    copies = Copies()
    for seed in range(1500):
        copies.add(str(seed), copies.sketch(words(tale(seed, 3))))
    for seed in (0, 1023, 1024, 1499):
        assert copies.like(copies.sketch(words(tale(seed, 3)))) == (str(seed), 1.0)


def mixed_rows() -> list[dict[str, object]]:
    """Stories, some of which are copies, short, or name their emotion."""
    rows = [story(number, tale(number)) for number in range(40)]
    rows += [story(100 + number, changed(tale(number), 0.08, number), "sad") for number in range(0, 40, 2)]
    rows += [story(60, "Short."), story(61, tale(60) + " He was calm."), story(62, tale(60)), story(63, "SHORT!")]
    order = np.random.default_rng(0).permutation(len(rows))
    return [rows[place] for place in order]


def test_shard_by_shard_gives_the_same_as_all_at_once() -> None:
    rows = mixed_rows()
    whole = screen(corpus_of(rows))
    assert whole.counts["a copy"] >= 18
    faults: list[tuple[str, str] | None] = []
    accepted: list[dict[str, object]] = []
    for first in range(0, len(rows), 7):
        # A new process knows of earlier shards what was kept of them.
        asked = Screen(remembered=accepted)
        for row in rows[first : first + 7]:
            faults.append(asked.check(row))
            if faults[-1] is None:
                accepted.append(row)
    assert [place for place, fault in enumerate(faults) if fault is None] == whole.accepted.tolist()
    assert [(place, *fault) for place, fault in enumerate(faults) if fault] == list(whole.rejected)


def test_what_was_rejected_is_not_remembered() -> None:
    asked = Screen()
    assert asked.check(story(0, LONG + "He was calm.")) is not None
    assert asked.check(story(1, LONG)) is None
    asked.remember(story(2, tale(1)))
    assert asked.check(story(3, tale(1))) == ("a copy", "100% like 's2'")


def test_a_copy_may_be_of_another_kind() -> None:
    asked = Screen()
    assert asked.check(story(0, LONG)) is None
    turns = [{"role": "user", "content": LONG}]
    assert asked.check({"id": "n", "kind": "neutral", "topic": "a lamp", "turns": turns}) == (
        "a copy",
        "100% like 's0'",
    )


def test_sketches_are_the_same_in_every_process() -> None:
    assert Copies().sketch(words(tale(1))).hashvalues[:3].tolist() == [2442884, 69832369, 15817572]


def test_pockets_stories_are_no_copies_of_each_other() -> None:
    texts, emotions = items.bank_a_texts(12)
    asked = Screen()
    faults = [asked.check(story(*row)) for row in zip(range(len(texts)), texts, emotions, strict=True)]
    reasons = [fault[0] for fault in faults if fault]
    assert reasons.count("a copy") < 0.01 * len(texts)
    assert len(reasons) < 0.05 * len(texts)


@pytest.mark.slow
def test_twenty_thousand_stories_take_seconds() -> None:
    texts, emotions = items.bank_a_texts(120)
    asked = Screen()
    began = time.process_time()
    found = [asked.check(story(*row)) for row in zip(range(len(texts)), texts, emotions, strict=True)]
    spent = time.process_time() - began
    print(f"{len(texts) / spent:.0f} stories a second")
    assert spent < 60
    assert sum(fault is not None for fault in found) < 0.05 * len(texts)
