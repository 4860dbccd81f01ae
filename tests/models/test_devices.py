"""A network spread over places gives what it gives in one place."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from accelerate import dispatch_model

from affectlab.core import Readout, Steer, Tokens
from affectlab.errors import InputError, ModelError
from affectlab.models.base import Row, Sampling
from affectlab.models.hf.load import from_network, identify, load_hf
from affectlab.models.hf.model import HFModel
from affectlab.models.verbs import Reply, collect
from affectlab.testing.tiny import save_tiny, tiny_network, tiny_tokenizer

PLACES = {
    "model.embed_tokens": "cpu",
    "model.layers.0": "cpu",
    "model.layers.1": "disk",
    "model.layers.2": "disk",
    "model.layers.3": "cpu",
    "model.norm": "cpu",
    "model.rotary_emb": "cpu",
    "lm_head": "cpu",
}


def _replies(model: HFModel) -> list[Reply]:
    drawn = np.random.default_rng(0)
    steer = Steer((1, 2), drawn.standard_normal((2, model.width), dtype=np.float32), Tokens("reply"))
    readout = Readout((0, 1, 2, 3), drawn.standard_normal((4, 5, model.width), dtype=np.float32))
    sampling = Sampling(5, ignore_end=True)
    prompts = ("hello you", "hello there, all of you")
    rows = [Row(model.tokenizer.encode(text), readout=readout, sampling=sampling) for text in prompts]
    return collect(model, [*rows, Row(rows[0].tokens, readout=readout, sampling=sampling, steer=steer)])


def test_blocks_kept_on_disk_are_read_and_steered_like_blocks_in_memory(tmp_path: Path) -> None:
    network, tokenizer = tiny_network("llama"), tiny_tokenizer()
    identity = identify(network, tokenizer, "tiny")
    spread = dispatch_model(copy.deepcopy(network), PLACES, main_device="cpu", offload_dir=str(tmp_path))
    whole = _replies(HFModel(network, tokenizer, identity))
    for ours, theirs in zip(_replies(HFModel(spread, tokenizer, identity)), whole, strict=True):
        assert ours.tokens == theirs.tokens
        assert ours.receipt == theirs.receipt
        assert ours.scores is not None
        assert theirs.scores is not None
        np.testing.assert_array_equal(ours.scores, theirs.scores)


def test_a_network_whose_weights_are_elsewhere_cannot_be_named(tmp_path: Path) -> None:
    spread = dispatch_model(tiny_network("llama"), PLACES, main_device="cpu", offload_dir=str(tmp_path))
    with pytest.raises(ModelError, match="not in memory"):
        from_network(spread, tiny_tokenizer())


def test_spreading_over_all_devices_loads_the_same_model(tmp_path: Path) -> None:
    folder = str(save_tiny(tmp_path / "model"))
    spread, whole = load_hf(folder, device="auto"), load_hf(folder, device="cpu")
    assert spread.identity == whole.identity
    for ours, theirs in zip(_replies(spread), _replies(whole), strict=True):
        assert ours.tokens == theirs.tokens


def test_a_device_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such device"):
        load_hf(str(save_tiny(tmp_path / "model")), device="gpu-of-my-dreams")
