"""The other ways to emotion means: the Transformers recipe, the slow float32 reference, and the bare forward pass."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor

from affectlab.core import Doubles
from benchmarks.subject import EMOTIONS, SITE, VOCABULARY, Text

START = 50
AT_ONCE = 8


def recipe(network: Any, tokenizer: Any, texts: Sequence[Text], site: int) -> Doubles:
    """Centred emotion means [1, emotions, width] at one site, as the documentation of Transformers shows it.

    Batches of 8 in corpus order, `padding=True`, `output_hidden_states=True`, of which the state after block L is
    number L + 1 (the last is normed).
    """
    sums = torch.zeros(1, EMOTIONS, network.config.hidden_size, dtype=torch.float64)
    for begin in range(0, len(texts), AT_ONCE):
        batch = texts[begin : begin + AT_ONCE]
        inputs = tokenizer([text.text for text in batch], padding=True, return_tensors="pt")
        with torch.no_grad():
            hidden = network(**inputs, output_hidden_states=True).hidden_states[site + 1]
        valid = inputs["attention_mask"].bool()
        valid[:, :START] = False
        for line, text in enumerate(batch):
            sums[0, text.emotion] += hidden[line, valid[line]].float().mean(dim=0)
    return centred(sums, texts)


def reference(network: Any, tokenizer: Any, texts: Sequence[Text]) -> Doubles:
    """The same at every site [sites, emotions, width] by the plainest way: no padding, means in float64.

    Only texts of equal length share a pass. What the last block gives is caught on its way into the final norm.
    """
    blocks = network.config.num_hidden_layers
    sums = torch.zeros(blocks, EMOTIONS, network.config.hidden_size, dtype=torch.float64)
    last: list[Tensor] = []
    hook = network.model.norm.register_forward_pre_hook(lambda _, args: last.append(args[0]))
    try:
        for _, group in groupby(sorted(texts, key=lambda text: text.tokens), key=lambda text: text.tokens):
            alike = list(group)
            ids = tokenizer([text.text for text in alike], return_tensors="pt")["input_ids"]
            with torch.no_grad():
                states = network(ids, output_hidden_states=True).hidden_states
            for site, hidden in enumerate((*states[1:blocks], last.pop())):
                means = hidden[:, START:].double().mean(dim=1)
                sums[site].index_add_(0, torch.tensor([text.emotion for text in alike]), means)
    finally:
        hook.remove()
    return centred(sums, texts)


def centred(sums: Tensor, texts: Sequence[Text]) -> Doubles:
    """Emotion means minus the mean of the emotion means."""
    counts = torch.bincount(torch.tensor([text.emotion for text in texts]), minlength=EMOTIONS)
    means = sums / counts[:, None]
    found: Doubles = (means - means.mean(dim=1, keepdim=True)).numpy()
    return found


def rectangles(texts: Sequence[Text], budget: int) -> list[Tensor]:
    """Token ids without any padding: as many tokens as the texts have, in batches that fill the budget.

    Neighbours in length are given their mean length, so the lengths, and with them attention, stay what they are.
    """
    generator = torch.Generator().manual_seed(0)
    lengths = sorted((text.tokens for text in texts), reverse=True)
    made, over = [], 0.0
    while lengths:
        count = max(1, budget // lengths[0])
        part, lengths = lengths[:count], lengths[count:]
        length = max(1, round((sum(part) + over) / len(part)))
        over += sum(part) - length * len(part)
        made.append(torch.randint(VOCABULARY, (len(part), length), generator=generator))
    return made


def bare_forward(truncated: Any, batches: Sequence[Tensor]) -> None:
    """The limit: blocks 0 to the wanted one and nothing else. Nothing is read, tokenised or padded."""
    with torch.inference_mode():
        for ids in batches:
            truncated(ids, use_cache=False)


def truncated(network: Any) -> Any:
    """The decoder cut after the wanted block, sharing the network's weights."""
    decoder = copy.copy(network.model)
    decoder._modules = {
        **network.model._modules,
        "layers": network.model.layers[: SITE + 1],
        "norm": torch.nn.Identity(),
    }
    return decoder


def nearness(found: Doubles, wanted: Doubles) -> float:
    """The lowest cosine between a vector and its reference, over sites and emotions."""
    products = (found * wanted).sum(axis=-1)
    return float((products / np.linalg.norm(found, axis=-1) / np.linalg.norm(wanted, axis=-1)).min())
