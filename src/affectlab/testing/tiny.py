"""Tiny random models of real architectures, built from their Transformers configurations, with a byte tokenizer.

Their weights are scaled so that attention and the feed-forward do real work: with the usual initialisation everything
is close to the embeddings, and a wrong reading would hardly differ from a right one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import nn

from affectlab.errors import UnknownNameError

BOS, EOS = "<s>", "</s>"
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "[{{ message['role'] }}] {{ message['content'] | trim }}{{ eos_token }}\n"
    "{% endfor %}{% if add_generation_prompt %}[assistant]:{% endif %}"
)

_COMMON = {
    "vocab_size": 258,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 256,
    "eos_token_id": 257,
    "pad_token_id": None,
}

ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 12},
    "gemma2": {"head_dim": 12, "sliding_window": 16, "query_pre_attn_scalar": 12},
    "gemma3_text": {"head_dim": 12, "sliding_window": 16, "query_pre_attn_scalar": 12, "num_hidden_layers": 6},
    "mistral": {"sliding_window": 16},
    "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "phi3": {},
    "gpt2": {"n_embd": 48, "n_layer": 4, "n_head": 4, "n_positions": 512},
    "gpt_neox": {"use_parallel_residual": True, "rotary_pct": 0.5},
    "opt": {"ffn_dim": 96, "word_embed_proj_dim": 48},
    "falcon": {"parallel_attn": True, "multi_query": True, "alibi": False},
    "olmo2": {},
    "bloom": {"n_layer": 4, "n_head": 4},
    "glm": {"head_dim": 12, "partial_rotary_factor": 0.5},
    "cohere": {"logit_scale": 0.5},
}
"""What each configuration needs besides the common sizes. Every one exercises something of its own: windows, experts,
parallel attention, tied embeddings, capped or scaled logits, learned, rotary or linear positions."""


def tiny_network(architecture: str, *, seed: int = 0, **changes: Any) -> Any:
    """A random network of an architecture, small enough to be checked in float64 in milliseconds."""
    if architecture not in ARCHITECTURES:
        raise UnknownNameError("architecture", architecture, ARCHITECTURES)
    settings = {**_COMMON, **ARCHITECTURES[architecture], **changes}
    config = transformers.AutoConfig.for_model(architecture, **settings)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = transformers.AutoModelForCausalLM.from_config(config)
        _scale(network)
    return network.eval()


@torch.no_grad()
def _scale(network: nn.Module) -> None:
    """Matrices with unit gain, embeddings of unit size, norms and biases that are not trivial."""
    for name, parameter in network.named_parameters():
        if "embed" in name or "wte" in name or "wpe" in name:
            parameter.normal_(0.0, 0.7)
        elif parameter.dim() >= 2:
            parameter.normal_(0.0, parameter.shape[-1] ** -0.5)
        elif name.endswith("bias"):
            parameter.normal_(0.0, 0.1)
        else:
            parameter.add_(torch.randn_like(parameter) * 0.1)


def tiny_tokenizer(*, chat: bool = True) -> Any:
    """Bytes as tokens, with a beginning and an end of text; with or without a chat template."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={symbol: place for place, symbol in enumerate(alphabet)}, merges=[]))
    tokenizer.add_special_tokens([BOS, EOS])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 256)])
    wrapped = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS)
    wrapped.chat_template = CHAT_TEMPLATE if chat else None
    return wrapped


def save_tiny(folder: Path, architecture: str = "llama", *, seed: int = 0, chat: bool = True, **changes: Any) -> Path:
    """Write a tiny model to a folder, as `from_pretrained` and the command line expect it."""
    tiny_network(architecture, seed=seed, **changes).save_pretrained(folder)
    tiny_tokenizer(chat=chat).save_pretrained(folder)
    return folder
