"""The blocks are found by what they do, whatever form they return their stream in; what cannot be read is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import transformers

from affectlab.errors import UnsupportedModelError
from affectlab.models.base import Row
from affectlab.models.hf.load import from_network
from affectlab.testing import check_model
from affectlab.testing.tiny import ARCHITECTURES, tiny_network, tiny_tokenizer
from affectlab.testing.trial import Collector
from tests.models import networks
from tests.models.networks import DEPTH, Network

TOKENS = (256, 72, 101, 108, 108, 111, 33, 10, 72)
READABLE = {
    "a tensor": networks.Network,
    "a tensor changed in place": networks.InPlace,
    "a tuple": networks.Tuples,
    "a list": networks.Lists,
    "hidden and residual apart": networks.Apart,
    "blocks that can be iterated over once": networks.LayersOnce,
    "two lists of one length": networks.TwoLists,
    "more blocks than are used": networks.MoreLayers,
    "capped logits and tied embeddings": networks.Capped,
}
REFUSED = {
    "a stream that is altered between blocks": (networks.Altered, "what one returns is not what the next receives"),
    "a stream that is altered in place": (networks.AlteredInPlace, "what one returns is not what the next receives"),
    "tokens before batch": (networks.TokensFirst, "what one returns is not what the next receives"),
    "batch and tokens in one": (networks.Flat, "what one returns is not what the next receives"),
    "blocks that run twice": (networks.Looped, "its members are not called once each, in order"),
    "one block in three places": (networks.Shared, "its members are not called once each, in order"),
    "logits that no edit reaches": (networks.DeadEnd, "an edit never reaches the logits"),
    "a stream that is passed on twice": (networks.TwoFaced, "an edit is not what the next block receives"),
    "a model that sees ahead": (networks.SeesAhead, "this is not a causal language model"),
    "a second stream that is no residual": (networks.WithMemory, ""),
}


def streams_by_hand(network: Network) -> list[np.ndarray]:
    """The input of every block but the first, and of the final norm, are the streams after the blocks before."""
    kept: list[np.ndarray] = []

    def keep(_: Any, args: Any) -> None:
        streams = [arg for arg in args if isinstance(arg, torch.Tensor) and arg.shape[-1] == networks.WIDTH]
        kept.append(sum(stream[0].detach() for stream in streams).numpy().copy())  # type: ignore[union-attr]

    blocks = [network.layers[place] for place in range(1, DEPTH)]
    handles = [module.register_forward_pre_hook(keep) for module in (*blocks, network.norm)]
    with torch.no_grad():
        network(torch.tensor([TOKENS]))
    for handle in handles:
        handle.remove()
    return kept


@pytest.mark.parametrize("form", READABLE)
def test_the_stream_is_what_the_next_block_receives(form: str) -> None:
    network = READABLE[form]()
    model = from_network(network, tiny_tokenizer(), cached=False)
    expected = streams_by_hand(network)
    for _ in range(2):
        collector = Collector(range(DEPTH))
        list(model.run([Row(TOKENS)], collector))
        for site, stream in enumerate(collector.streams()[0]):
            np.testing.assert_allclose(stream, expected[site], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", READABLE)
def test_the_contract_is_kept_whatever_the_form(form: str) -> None:
    check_model(from_network(READABLE[form](), tiny_tokenizer(), cached=False))


@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_read_exactly_is_refused(reason: str) -> None:
    kind, said = REFUSED[reason]
    with pytest.raises(UnsupportedModelError) as caught:
        from_network(kind(), tiny_tokenizer(), cached=False)
    assert said in str(caught.value)
    assert caught.value.where
    assert caught.value.fix


def test_a_depth_that_no_list_has_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="no module list of 7 or more"):
        from_network(Network(num_hidden_layers=7), tiny_tokenizer(), cached=False)


def test_fewer_blocks_than_there_are_would_leave_some_out_and_are_refused() -> None:
    """The configuration says two, the network runs three: the last of two hands on to a third, not to the end."""
    with pytest.raises(UnsupportedModelError):
        from_network(Network(num_hidden_layers=2), tiny_tokenizer(), cached=False)


def test_a_network_of_one_block_is_read() -> None:
    model = from_network(tiny_network("llama", num_hidden_layers=1), tiny_tokenizer())
    check_model(model)


def test_a_bidirectional_model_is_refused() -> None:
    sizes: Any = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = transformers.BertConfig(vocab_size=258, is_decoder=False, **sizes)
    with pytest.raises(UnsupportedModelError, match="not a causal language model"):
        from_network(transformers.BertLMHeadModel(config), tiny_tokenizer())


def test_an_encoder_decoder_is_refused() -> None:
    config = transformers.T5Config(vocab_size=258, d_model=48, d_ff=64, num_layers=2, num_heads=4, d_kv=12)
    with pytest.raises(UnsupportedModelError, match="an encoder-decoder is not a causal language model"):
        from_network(transformers.T5ForConditionalGeneration(config), tiny_tokenizer())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_was_found_is_told(architecture: str) -> None:
    network = tiny_network(architecture)
    facts = from_network(network, tiny_tokenizer()).facts
    path = facts["blocks"].split(" at ")[1].split(",")[0]
    assert facts["blocks"].startswith(f"{network.config.num_hidden_layers} at ")
    assert len(network.get_submodule(path)) == network.config.num_hidden_layers
    assert facts["final norm"].rpartition(".")[2] in {"norm", "final_layer_norm", "ln_f"}
    tied = network.get_output_embeddings().weight is network.get_input_embeddings().weight
    assert ("tied" in facts["unembedding"]) == tied
    assert facts["logits"].startswith("capped") == (architecture in {"gemma2", "cohere"})


def test_the_way_out_is_told_for_networks_by_hand() -> None:
    facts = from_network(networks.Capped(), tiny_tokenizer(), cached=False).facts
    assert facts["final norm"] == "norm"
    assert facts["unembedding"] == "head, tied to the embeddings"
    assert facts["logits"].startswith("capped")
    assert from_network(networks.Apart(), tiny_tokenizer(), cached=False).facts["blocks"].endswith("residual apart")


def test_loading_leaves_no_hook_and_no_change_behind() -> None:
    network = tiny_network("llama")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()]
    from_network(network, tiny_tokenizer())
    assert [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()] == hooks
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
