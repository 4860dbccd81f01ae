"""What is shown at load is shown by running the network: a structure that is wrong anywhere does not pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from affectlab.errors import SteeringNotAppliedError, UnsupportedModelError
from affectlab.models.hf.load import from_network
from affectlab.models.network.blocks import Structure, find_structure
from affectlab.models.network.proof import proof_tokens, prove
from affectlab.testing.tiny import tiny_network, tiny_tokenizer
from tests.models import networks
from tests.models.networks import DEPTH, VOCABULARY, WIDTH, Network

TOKENS = proof_tokens(VOCABULARY)


def found(network: Any) -> Structure:
    return find_structure(network, DEPTH, WIDTH, TOKENS)


def refused(network: Any, structure: Structure, said: str) -> None:
    with pytest.raises(UnsupportedModelError, match=said):
        prove(network, structure, TOKENS)


def test_the_right_structure_is_proved() -> None:
    network = networks.Tuples().eval()
    assert found(network).form == "tuple"
    facts = prove(network, found(network), TOKENS)
    assert facts["blocks"] == "3 at layers, returned as the first of a tuple"


def test_blocks_in_another_order_are_noticed() -> None:
    network = Network().eval()
    structure = found(network)
    with pytest.raises(SteeringNotAppliedError, match="did not go through the sites it should have"):
        prove(network, replace(structure, blocks=structure.blocks[::-1]), TOKENS)


def test_a_part_of_a_block_is_not_the_block() -> None:
    """What attention returns is not the stream: edits there change nothing behind it in the way they should."""
    network = Network().eval()
    inner = tuple(block.mixing for block in found(network).blocks)
    assert found(network).blocks[0] is network.layers[0]
    with pytest.raises(UnsupportedModelError, match="what one returns is not what the next receives"):
        find_structure(_Only(network, inner), DEPTH, WIDTH, TOKENS)


class _Only(torch.nn.Module):
    """A network of which only some modules are in a list."""

    def __init__(self, network: Network, listed: tuple[Any, ...]) -> None:
        super().__init__()
        self.listed = torch.nn.ModuleList(listed)
        self.network = (network,)

    def forward(self, **options: Any) -> Any:
        return self.network[0](**options)


def test_an_edit_that_leaves_the_residual_apart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = networks.Apart().eval()
    structure = found(network)
    prove(network, structure, TOKENS)
    monkeypatch.setattr(Structure, "replaced", lambda self, output, stream: (stream, *output[1:]))
    refused(network, structure, "an edit that adds nothing changes the stream")


def test_an_edit_that_is_lost_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network().eval()
    structure = found(network)
    monkeypatch.setattr(Structure, "replaced", lambda self, output, stream: output)
    refused(network, structure, "an edit is not what the next block receives")


class Noisy(Network):
    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        return super().pass_on(stream + 1e-3 * torch.randn_like(stream), seen)


def test_a_network_that_answers_differently_every_time_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="an edit that adds nothing changes the stream"):
        from_network(Noisy(), tiny_tokenizer(), cached=False)


class Dropping(Network):
    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        return super().pass_on(torch.nn.functional.dropout(stream, 0.5, self.training), seen)


def test_a_network_in_training_is_put_to_rest() -> None:
    network = Dropping().train()
    from_network(network, tiny_tokenizer(), cached=False)
    assert not network.training


class Leaking(Network):
    """Sees ahead, a little."""

    leak = 1e-3

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        return super().pass_on(stream + self.leak * stream.mean(dim=1, keepdim=True), seen)


@pytest.mark.parametrize(("dtype", "leak"), [(torch.float32, 1e-3), (torch.bfloat16, 0.5)])
def test_a_little_of_what_comes_later_is_too_much(dtype: torch.dtype, leak: float) -> None:
    network = Leaking().to(dtype)
    network.leak = leak
    with pytest.raises(UnsupportedModelError, match="not a causal language model"):
        from_network(network, tiny_tokenizer(), cached=False)


class Numbing(Network):
    """Edits of the last block are overwritten by what the block before returned."""

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for layer in self.layers:
            before, stream = stream, layer(stream, seen)
        return before


def test_a_block_whose_stream_goes_nowhere_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="an edit never reaches the logits"):
        from_network(Numbing(), tiny_tokenizer(), cached=False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("architecture", ["mixtral", "gemma2", "falcon"])
def test_experts_and_parallel_attention_are_proved_too(architecture: str, dtype: torch.dtype) -> None:
    facts = from_network(tiny_network(architecture).to(dtype), tiny_tokenizer()).facts
    assert facts["causal"] == "a later token changes nothing before it"
    assert facts["edits"].endswith("at every block")
