"""Two threads that steer one network do not steer each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import numpy as np
import pytest

from affectlab.core import Readout, Steer
from affectlab.models.base import Row, Sampling
from affectlab.models.hf.load import from_network
from affectlab.models.verbs import Reply, collect
from affectlab.testing.tiny import tiny_network, tiny_tokenizer


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("impatient")
def test_two_threads_steer_one_network_as_if_alone() -> None:
    network = tiny_network("llama")
    models = [from_network(network, tiny_tokenizer()) for _ in range(2)]
    drawn = np.random.default_rng(0)
    readout = Readout((0, 3), drawn.standard_normal((2, 3, 48), dtype=np.float32))
    steers = [Steer((1,), drawn.standard_normal((1, 48), dtype=np.float32)), None]

    def work(place: int) -> list[Reply]:
        tokens = models[place].tokenizer.encode("the same words for both")
        row = Row(tokens, steer=steers[place], readout=readout, sampling=Sampling(6, ignore_end=True))
        return [collect(models[place], [row])[0] for _ in range(6)]

    alone = [work(0), work(1)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(work, (0, 1)))
    for ours, theirs in zip(chain(*together), chain(*alone), strict=True):
        assert ours.tokens == theirs.tokens
        assert ours.scores is not None
        assert theirs.scores is not None
        np.testing.assert_array_equal(ours.scores, theirs.scores)
