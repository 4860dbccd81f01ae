"""Tiny models to test with."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from affectlab.models.hf.load import from_network
from affectlab.models.hf.model import HFModel
from affectlab.testing.tiny import tiny_network, tiny_tokenizer

MakeModel = Callable[..., HFModel]


def make_tiny(
    architecture: str = "llama", *, dtype: torch.dtype = torch.float32, chat: bool = True, seed: int = 0, **options: Any
) -> HFModel:
    network = tiny_network(architecture, seed=seed).to(dtype)
    return from_network(network, tiny_tokenizer(chat=chat), architecture, **options)


@pytest.fixture(scope="session")
def tiny() -> MakeModel:
    """A tiny random model of an architecture; options are those of HFModel."""
    return make_tiny


@pytest.fixture(scope="session")
def llama() -> HFModel:
    """One tiny model for tests that leave it as it is."""
    return make_tiny()
