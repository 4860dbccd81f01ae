"""The same numbers by hand: a network run with plain hooks, one unpadded row at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from affectlab.core import Readout, Steer, Tokens
from affectlab.models.base import Model, Row, Sampling
from affectlab.models.hf.model import HFModel
from affectlab.testing.trial import Collector

DELTA = np.random.default_rng(2).standard_normal(48).astype(np.float32) * 4
WORDS = "A letter lay on the step, and nobody had rung the bell that day."
PROBES = np.random.default_rng(3).standard_normal((4, 3, 48)).astype(np.float32)
EVERY_LAYER = Readout((0, 1, 2, 3), PROBES)
FOUR = Sampling(4, ignore_end=True)


def by_hand(model: HFModel, tokens: Sequence[int], *, site: int = -1, steered: Any = ()) -> tuple[Any, Any]:
    """Streams [layers, tokens, width] and log-probabilities of a network run with plain hooks, one unpadded row."""
    kept: list[Any] = []

    def hook(place: int) -> Callable[..., Any]:
        def watch(_: Any, __: Any, output: Any) -> Any:
            stream = output.clone()
            if place == site:
                stream[:, list(steered)] += torch.from_numpy(DELTA)
            kept.append(stream[0].numpy())
            return stream

        return watch

    layers = model.network.transformer.h if hasattr(model.network, "transformer") else model.network.model.layers
    handles = [block.register_forward_hook(hook(place)) for place, block in enumerate(layers)]
    with torch.no_grad():
        logits = model.network(input_ids=torch.tensor([list(tokens)]), use_cache=False).logits[0]
    for handle in handles:
        handle.remove()
    return np.stack(kept), torch.log_softmax(logits, dim=-1).numpy()


def rows_of(model: Model) -> list[Row]:
    tokens = model.tokenizer.encode(WORDS)
    return [Row(tokens[:9]), Row(tokens), Row(tokens[3:20]), Row(tokens[5:40])]


def steer(site: int = 1, tokens: str = "all") -> Steer:
    return Steer((site,), DELTA[None], Tokens.parse(tokens))


def hidden(model: Model, rows: Sequence[Row]) -> list[Any]:
    collector = Collector(range(model.blocks))
    for _ in model.run(rows, collector):
        pass
    return collector.streams()


def near(found: Any, expected: Any) -> bool:
    return bool(np.abs(np.asarray(found) - expected).max() < 1e-4 * np.abs(expected).max())
