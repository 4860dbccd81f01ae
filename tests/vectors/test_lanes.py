"""An extraction whose batches run at once gives what one batch after another gives, to the last bit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from affectlab.core import Convention
from affectlab.errors import ActivationError, DeviceMemoryError
from affectlab.models.base import Model
from affectlab.models.batches import on_batches
from affectlab.models.hf.load import from_network
from affectlab.models.hf.model import HFModel
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from affectlab.text import Corpus, corpus_of
from affectlab.vectors import gather
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.moments import TextMeans
from affectlab.vectors.pooled import PoolRow, pooled, whole

RECIPE, BUDGET = Recipe(start=4, minimum=2), 300


@pytest.fixture(scope="module")
def model() -> HFModel:
    return from_network(tiny_network("llama"), tiny_tokenizer())


@pytest.fixture(scope="module")
def corpus(labelled: Callable[..., list[dict[str, Any]]]) -> Corpus:
    return corpus_of(labelled(neutral=6))


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_stories_read_at_once_leave_the_same_sums(
    model: HFModel, corpus: Corpus, threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads(1)
    alone = extract(model, corpus, recipe=RECIPE, budget=BUDGET)
    inside = set[int]()
    honest = TextMeans.end

    def seen(self: TextMeans) -> None:
        inside.add(threading.get_ident())
        honest(self)

    monkeypatch.setattr(TextMeans, "end", seen)
    threads(2)
    together = extract(model, corpus, recipe=RECIPE, budget=BUDGET)
    assert len(inside - {threading.get_ident()}) == 2
    assert together.sums.plan == alone.sums.plan
    for name in ("stories", "counts", "sample"):
        np.testing.assert_array_equal(getattr(together.sums, name), getattr(alone.sums, name))
    np.testing.assert_array_equal(together.vectors.raw, alone.vectors.raw)
    assert torch.get_num_threads() == 2


def test_interrupted_in_between_it_goes_on_to_the_same_bytes(
    model: HFModel, corpus: Corpus, threads: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(gather, "SAVING_SHARE", 0.0)
    threads(2)
    undisturbed = extract(model, corpus, recipe=RECIPE, budget=BUDGET)

    def interrupted(progress: gather.Progress) -> None:
        if progress.done > 0.6 * progress.total:
            raise KeyboardInterrupt

    partial = tmp_path / "partial.safetensors"
    with pytest.raises(KeyboardInterrupt):
        extract(model, corpus, recipe=RECIPE, budget=BUDGET, checkpoint=partial, progress=interrupted)
    seen = list[int]()

    def told(progress: gather.Progress) -> None:
        seen.append(progress.done)

    again = extract(model, corpus, recipe=RECIPE, budget=BUDGET, checkpoint=partial, progress=told)
    assert seen[0] > 0.6 * seen[-1]
    assert again.vectors.hash == undisturbed.vectors.hash


def test_what_goes_wrong_in_a_lane_is_told(
    model: HFModel, corpus: Corpus, threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = TextMeans.end

    def spoilt(self: TextMeans) -> None:
        honest(self)
        self.means[-1, 1] = np.nan

    monkeypatch.setattr(TextMeans, "end", spoilt)
    threads(2)
    with pytest.raises(ActivationError, match="layer 1"):
        extract(model, corpus, recipe=RECIPE, budget=BUDGET)


def test_batches_that_do_not_fit_are_halved_in_their_lanes(model: HFModel, threads: Callable[[int], None]) -> None:
    threads(2)

    def work(lane: Model, batch: tuple[int, ...]) -> int:
        if len(batch) > 2:
            raise DeviceMemoryError("no room")
        return sum(batch)

    found = list(on_batches(model, [(0, 1, 2, 3, 4), (5,), (6, 7, 8)], work))
    assert [row for batch, _ in found for row in batch] == list(range(9))
    assert [given for _, given in found] == [sum(batch) for batch, _ in found]
    assert max(len(batch) for batch, _ in found) == 2


def test_pools_read_at_once_are_the_same(
    model: HFModel, corpus: Corpus, threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads(1)
    vectors = extract(model, corpus, recipe=RECIPE).vectors
    texts: list[PoolRow] = [whole(model, corpus.text(row)) for row in range(12)]
    monkeypatch.setattr("affectlab.vectors.pooled.reading_budget", lambda model: 60)
    alone = pooled(model, vectors, texts, convention=Convention.CENTRED)
    threads(2)
    together = pooled(model, vectors, texts, convention=Convention.CENTRED)
    np.testing.assert_array_equal(together.states, alone.states)
