"""A cache with room holds what one without holds, to the bit, whatever rows end and whichever others move up."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.cache_utils import DynamicLayer

from affectlab.models.base import Sampling
from affectlab.models.hf.cache import ROOM, RoomyLayer, roomy_cache
from affectlab.models.hf.decode import _closed_up
from affectlab.models.hf.load import from_network
from affectlab.models.verbs import generate
from affectlab.testing.tiny import tiny_network, tiny_tokenizer

steps = st.one_of(
    st.tuples(st.just("add"), st.sampled_from([1, 3, ROOM, ROOM + 5])),
    st.tuples(st.just("keep"), st.randoms(use_true_random=False)),
    st.tuples(st.just("reorder"), st.randoms(use_true_random=False)),
    st.tuples(st.just("crop"), st.just(1)),
)


@given(st.lists(steps, max_size=12), st.integers(0, 2**32))
def test_it_holds_what_the_plain_cache_holds(taken: list[tuple[str, Any]], seed: int) -> None:
    roomy: Any = RoomyLayer()
    plain: Any = DynamicLayer()
    random, rows = torch.Generator().manual_seed(seed), 5
    for step, how in [("add", 7), *taken, ("add", 1)]:
        if step == "add":
            new = [torch.randn(rows, 2, how, width, generator=random) for width in (3, 4)]
            given_back = roomy.update(*new), plain.update(*new)
            assert all(map(torch.equal, *given_back))
        elif step == "crop":
            for layer in (roomy, plain):
                layer.crop(-how)
        else:
            kept = how.sample(range(rows), rows if step == "reorder" else how.randint(1, rows))
            rows = len(kept)
            for layer in (roomy, plain):
                (layer.reorder_cache if step == "reorder" else layer.batch_select_indices)(torch.tensor(kept))
        assert roomy.get_seq_length() == plain.get_seq_length()
        assert torch.equal(roomy.keys, plain.keys)
        assert torch.equal(roomy.values, plain.values)


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_few_rows_move_up(ended: list[bool]) -> None:
    lines = _closed_up(torch.tensor(ended).numpy()).tolist()
    assert sorted(lines) == [line for line, over in enumerate(ended) if not over]
    assert sum(line != place for place, line in enumerate(lines)) <= sum(ended)


def test_a_token_is_written_behind_the_others_without_a_copy_of_them() -> None:
    layer = RoomyLayer()
    layer.update(torch.zeros(4, 2, 5, 8), torch.zeros(4, 2, 5, 8))
    where = layer.keys.data_ptr()
    for _ in range(ROOM):
        layer.update(torch.ones(4, 2, 1, 8), torch.ones(4, 2, 1, 8))
    layer.batch_select_indices(torch.tensor([0, 3, 2]))
    assert layer.keys.data_ptr() == where
    layer.update(torch.ones(3, 2, 1, 8), torch.ones(3, 2, 1, 8))
    assert layer.keys.data_ptr() != where


@pytest.mark.parametrize("architecture", ["llama", "mistral", "gemma3_text"])
def test_windows_stay_as_they_are(architecture: str) -> None:
    config = tiny_network(architecture).config
    kinds = {type(layer).__name__ for layer in roomy_cache(config).layers}
    windowed = {"llama": {"RoomyLayer"}, "mistral": {"DynamicSlidingWindowLayer"}}
    assert kinds == windowed.get(architecture, {"RoomyLayer", "DynamicSlidingWindowLayer"})


def test_a_long_text_of_rows_that_end_at_different_times_is_that_without_a_cache() -> None:
    model = from_network(tiny_network("llama"), tiny_tokenizer(), "somebody/tiny")
    slow = from_network(model.network, tiny_tokenizer(), "somebody/tiny", cached=False)
    asked = Sampling(ROOM + 10, temperature=1.0, top_p=0.9, seed=3, ignore_end=False)
    prompts = ["lamp", "a lamp by the door", "the", "rain on the roof of a house"]
    told, wanted = generate(model, prompts, asked), generate(slow, prompts, asked)
    assert [reply.text for reply in told] == [reply.text for reply in wanted]
