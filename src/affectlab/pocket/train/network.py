"""Pocket's architecture, a small Llama, and what trains it."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import AdamW, Optimizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from affectlab.pocket.train.muon import Muon

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 256, 8, 4, 512, 1024


def build_network(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """An untrained network."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def optimizers(network: nn.Module, rate: float, dtype: torch.dtype) -> list[Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for embeddings and norms.

    Muon needs about half the tokens here (docs/log.md).
    """
    inner = [p for name, p in network.named_parameters() if p.ndim == 2 and "embed" not in name]
    outer = [p for name, p in network.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        Muon(inner, rate, dtype=dtype),
        AdamW(outer, lr=rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]
