"""Attention within documents that stand one after the other, each computed by itself, on a processor.

A mask over whole rows lets the processor compute all of a row and leave most of it out again: with documents of some
150 tokens in rows of 512 that is five times as much. Transformers' own way, with the mask, is the oracle.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

NAME = "documents"
_forward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


@torch.library.custom_op("affectlab::documents", mutates_args=())
def documents(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """What each token attends to in its own document, and the logarithms of the sums. All [tokens, heads, width]."""
    out, sums = torch.empty_like(query, memory_format=torch.contiguous_format), _sums_like(query)
    parts = _apart((query, key, value, out), bounds)
    for one, keys, values, found, logarithms in zip(*parts, *_apart((sums,), bounds), strict=True):
        attended, of_sums = _forward(one, keys, values, is_causal=True, scale=scale)
        found.copy_(attended)
        logarithms.copy_(of_sums)
    return out, sums


@torch.library.custom_op("affectlab::documents_backward", mutates_args=())
def documents_backward(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, out: Tensor, sums: Tensor, bounds: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of queries, keys and values."""
    wholes = [torch.empty_like(part, memory_format=torch.contiguous_format) for part in (query, key, value)]
    given = zip(*_apart((grad, query, key, value, out, sums), bounds), strict=True)
    for parts, targets in zip(given, zip(*_apart(wholes, bounds), strict=True), strict=True):
        grads = _backward(*parts, dropout_p=0.0, is_causal=True, scale=scale)
        for target, found in zip(targets, grads, strict=True):
            target.copy_(found)
    return wholes[0], wholes[1], wholes[2]


def _apart(wholes: Iterable[Tensor], bounds: Tensor) -> list[tuple[Tensor, ...]]:
    """Each of the tensors document by document, as the products take them: [1, heads, tokens, ...], views all."""
    lengths = bounds.diff().tolist()
    return [torch.split(whole.transpose(0, 1)[None], lengths, dim=2) for whole in wholes]


def _sums_like(query: Tensor) -> Tensor:
    return query.new_empty(query.shape[:2], dtype=torch.float32)


@documents.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    return query.new_empty(query.shape), _sums_like(query)


@documents_backward.register_fake
def _(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, out: Tensor, sums: Tensor, bounds: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    return query.new_empty(query.shape), query.new_empty(query.shape), query.new_empty(query.shape)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    query, key, value, bounds, ctx.scale = inputs
    ctx.save_for_backward(query, key, value, *output, bounds)


def _gradients(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
    query, key, value, out, sums, bounds = ctx.saved_tensors
    return (*documents_backward(grad, query, key, value, out, sums, bounds, ctx.scale), None, None)


documents.register_autograd(_gradients, setup_context=_keep)


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    cu_seq_lens_q: Tensor,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """As Transformers calls it: [rows, heads, tokens, width] each, and where documents begin in the rows laid end to
    end."""
    rows, heads, tokens, width = value.shape
    flat = (part.to(value.dtype).transpose(1, 2).reshape(rows * tokens, heads, width) for part in (query, key, value))
    return documents(*flat, cu_seq_lens_q, scaling)[0].view(rows, tokens, heads, width), None


AttentionInterface.register(NAME, _attend)


def bounds_of(tokens: Tensor, begin: int) -> Tensor:
    """Where documents begin in rows laid end to end, and where the last one ends. Every row begins one."""
    starts = tokens == begin
    starts[:, 0] = True
    return torch.cat([starts.flatten().nonzero().flatten(), torch.tensor([tokens.numel()], device=tokens.device)])
