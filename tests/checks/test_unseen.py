"""Of the texts that were extracted, each is read by vectors of other topics, and its own word is found on top."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from affectlab.checks.layers import sums_at
from affectlab.checks.snippets import Wanted
from affectlab.checks.topics import learn
from affectlab.checks.unseen import chosen_texts, unseen_snippets
from affectlab.errors import InputError, ModelMismatchError, UnknownNameError
from affectlab.findings import Findings
from affectlab.models.base import Row
from affectlab.models.fake import FakeModel
from affectlab.text import Corpus, corpus_of
from affectlab.vectors.extract import Extraction, extract
from tests.checks.conftest import RECIPE

WANTED = Wanted(top=3, length=40, layer=1, emotions=("sad", "angry"))


@pytest.fixture(scope="module")
def rows(labelled: Callable[..., list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return labelled(stories=12, neutral=8)


@pytest.fixture(scope="module")
def corpus(rows: list[dict[str, Any]]) -> Corpus:
    return corpus_of(rows)


@pytest.fixture(scope="module")
def told(fake: FakeModel, corpus: Corpus) -> Extraction:
    return extract(fake, corpus, recipe=RECIPE)


@pytest.fixture(scope="module")
def seen(fake: FakeModel, told: Extraction, corpus: Corpus) -> Findings:
    return unseen_snippets(fake, told.sums, corpus, WANTED)


def test_the_top_passages_of_a_word_come_from_its_own_stories(seen: Findings, corpus: Corpus) -> None:
    score = seen["snippets.top"]
    assert score.chance == pytest.approx(12 / len(corpus))
    assert score.value == 1.0
    for name, kept in seen.facts["snippets"].items():
        assert [one["label"] for one in kept] == [name] * 3
        assert kept[0]["where"].startswith(f"{name}-")
    assert seen.facts["held_out"] is True
    assert (seen.facts["texts"], seen.facts["layer"]) == (len(corpus), 1)
    assert json.dumps(seen.facts)


def test_a_text_is_read_with_the_vectors_of_the_other_folds(
    fake: FakeModel, told: Extraction, corpus: Corpus, seen: Findings
) -> None:
    best = seen.facts["snippets"]["sad"][0]
    row = corpus.ids.tolist().index(best["where"])
    rest = [fold for fold in told.sums.folds if fold != corpus.folds[row]]
    learned = learn(sums_at(told.sums, [1]), rest)
    tokens = fake.tokenizer.encode(corpus.text(row))
    states = fake._streams(Row(tokens), np.array(tokens), None, 0)[1][1:]
    sad = learned.readings(states)[:, told.sums.emotions.index("sad")]
    assert best["readings"][1:] == pytest.approx(sad.tolist(), abs=1e-5)
    seen_by_all = learn(sums_at(told.sums, [1]), told.sums.folds).readings(states)[:, told.sums.emotions.index("sad")]
    assert np.abs(seen_by_all - sad).max() > 1e-3


def test_of_many_texts_half_are_stories_of_the_words_asked_for(corpus: Corpus) -> None:
    chosen = chosen_texts(corpus, ["sad"], 10)
    names = [corpus.row(row).get("emotion") for row in chosen.tolist()]
    assert (len(chosen), names.count("sad")) == (10, 5)
    assert None in names
    assert len(set(names)) > 3
    assert chosen_texts(corpus, ["sad"], 1000).tolist() == list(range(len(corpus)))
    # Where there are few other texts, their room is not left empty.
    few = corpus.subset(np.flatnonzero(corpus.labels >= 0)).subset(list(range(20)))
    assert len(chosen_texts(few, few.emotions, 12)) == 12


def test_what_does_not_belong_together_is_refused(fake: FakeModel, told: Extraction, corpus: Corpus) -> None:
    with pytest.raises(InputError, match="not the texts that were extracted"):
        unseen_snippets(fake, told.sums, corpus.subset(list(range(10))), WANTED)
    with pytest.raises(UnknownNameError, match="unknown emotion 'sadd'"):
        unseen_snippets(fake, told.sums, corpus, replace(WANTED, emotions=("sadd",)))
    with pytest.raises(ModelMismatchError, match="another model"):
        unseen_snippets(FakeModel(blocks=3, width=24), told.sums, corpus, WANTED)
