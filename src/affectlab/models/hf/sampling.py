"""Choosing the next token of every row of a batch at once.

Each row draws one uniform number per token from a generator of its own and takes the token at which the cumulative
distribution passes it, so what a row draws does not depend on the rows beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from affectlab.models.base import Sampling

LIKELIEST = (32, 128)
"""Among so many tokens the fewest that hold a share of the mass are looked for first; where these are too few, among
more, and at last among all."""


def choose(
    logits: Float[Tensor, "rows vocabulary"], samplings: Sequence[Sampling], draws: Sequence[np.random.Generator]
) -> list[tuple[int, float]]:
    """The next token of every row, and its log-probability before temperature."""
    logprobs = torch.log_softmax(logits, dim=-1)
    greedy = any(sampling.temperature == 0 for sampling in samplings)
    tokens = logits.argmax(dim=-1) if greedy else logits.new_empty(len(logits), dtype=torch.int64)
    for whole in (True, False):
        lines = [i for i, s in enumerate(samplings) if s.temperature > 0 and (s.top_p == 1.0) is whole]
        if not lines:
            continue
        temperature, top_p, uniform = (
            torch.tensor(values, dtype=torch.float64, device=logits.device)[:, None]
            for values in (
                [samplings[i].temperature for i in lines],
                [samplings[i].top_p for i in lines],
                [draws[i].random() for i in lines],
            )
        )
        own = logprobs if len(lines) == len(logits) else logprobs[lines]
        cooled = Cooled(own, temperature)
        tokens[lines] = _pass(cooled.all(), uniform) if whole else _pass_nucleus(cooled, top_p, uniform)
    picked = logprobs.gather(1, tokens[:, None])[:, 0]
    return list(zip(tokens.tolist(), picked.tolist(), strict=True))


class Cooled:
    """Probabilities at a temperature. Those of a few tokens are had without all others, of which the sum is enough."""

    def __init__(self, logprobs: Float[Tensor, "rows vocabulary"], temperature: Float[Tensor, "rows 1"]) -> None:
        self.logprobs, self.temperature = logprobs, temperature
        self._top = logprobs.amax(dim=-1, keepdim=True)
        cooled = (logprobs - self._top).div_(temperature.to(logprobs.dtype)).exp_()
        self._mass = cooled.sum(dim=-1, keepdim=True, dtype=torch.float64)

    def all(self) -> Float[Tensor, "rows vocabulary"]:
        return self._of(self.logprobs)

    def at(self, places: Int[Tensor, "rows tokens"]) -> Float[Tensor, "rows tokens"]:
        return self._of(self.logprobs.gather(1, places))

    def rows(self, lines: Int[Tensor, "some"]) -> Cooled:
        return Cooled(self.logprobs[lines], self.temperature[lines])

    def _of(self, logprobs: Float[Tensor, "rows tokens"]) -> Float[Tensor, "rows tokens"]:
        found: Tensor = torch.exp((logprobs - self._top).double() / self.temperature) / self._mass
        return found


def _pass(probabilities: Float[Tensor, "rows vocabulary"], uniform: Float[Tensor, "rows 1"]) -> Int[Tensor, "rows"]:
    """Where the cumulative distribution passes a fraction `uniform` of all there is."""
    cumulative = probabilities.cumsum(dim=-1)
    places = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
    return places[:, 0].clamp(max=probabilities.shape[1] - 1)


def _pass_nucleus(
    cooled: Cooled,
    top_p: Float[Tensor, "rows 1"],
    uniform: Float[Tensor, "rows 1"],
    likeliest: tuple[int, ...] = LIKELIEST,
) -> Int[Tensor, "rows"]:
    """The same over the fewest tokens that hold `top_p` of the mass.

    They are looked for among the likeliest, since to sort a whole vocabulary can take as long as a small network.
    """
    if not likeliest or cooled.logprobs.shape[1] <= 2 * likeliest[0]:
        return _pass_fewest(cooled.all(), top_p, uniform)[0]
    # In the order of the vocabulary, in which a stable sort leaves equals.
    places = cooled.logprobs.topk(likeliest[0], dim=-1, sorted=False).indices.sort(dim=-1).values
    found, complete = _pass_fewest(cooled.at(places), top_p, uniform)
    tokens = places.gather(1, found[:, None])[:, 0]
    rest = torch.nonzero(~complete)[:, 0]
    if len(rest):
        tokens[rest] = _pass_nucleus(cooled.rows(rest), top_p[rest], uniform[rest], likeliest[1:])
    return tokens


def _pass_fewest(
    probabilities: Float[Tensor, "rows tokens"], top_p: Float[Tensor, "rows 1"], uniform: Float[Tensor, "rows 1"]
) -> tuple[Int[Tensor, "rows"], Bool[Tensor, "rows"]]:
    """The draw, and whether it is the same with any number of less likely tokens beside these: the least likely of
    them is out, and none that is in equals it."""
    falling, order = probabilities.sort(dim=-1, descending=True, stable=True)
    outside = falling.cumsum(dim=-1) - falling >= top_p
    places = _pass(falling.masked_fill(outside, 0.0), uniform)
    least = falling.masked_fill(outside, torch.inf).amin(dim=-1)
    return order.gather(1, places[:, None])[:, 0], outside[:, -1] & (least > falling[:, -1])
