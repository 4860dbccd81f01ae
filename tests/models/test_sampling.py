"""The token that is drawn is the one at which the cumulative distribution of the nucleus passes the row's number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from affectlab.models.base import Sampling
from affectlab.models.hf import sampling
from affectlab.models.hf.sampling import choose


def by_hand(logits: Any, asked: Sampling, uniform: float) -> int:
    """The whole vocabulary sorted, equals in its order, and the fewest that hold `top_p`."""
    exponents = logits.astype(np.float64) / asked.temperature
    probabilities = np.exp(exponents - exponents.max())
    probabilities /= probabilities.sum()
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order]
    falling[np.cumsum(falling) - falling >= asked.top_p] = 0.0
    return int(order[np.searchsorted(np.cumsum(falling), uniform * falling.sum(), side="right")])


@st.composite
def batches(draw: st.DrawFn) -> tuple[Any, list[Sampling]]:
    """Rows that are flat, steep, or full of equals, drawn from in different ways."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    vocabulary = draw(st.sampled_from([5, 256, 257, 700]))
    rows, asked = [], []
    for seed in range(draw(st.integers(1, 6))):
        row = random.normal(size=vocabulary) * draw(st.sampled_from([0.01, 1.0, 4.0, 30.0]))
        rows.append(np.round(row, draw(st.sampled_from([0, 1, 6]))))
        top_p = draw(st.sampled_from([0.05, 0.5, 0.95, 0.999]))
        asked.append(Sampling(1, temperature=draw(st.sampled_from([0.3, 1.0, 3.0])), top_p=top_p, seed=seed))
    return np.array(rows, dtype=np.float32), asked


@given(batches())
def test_looking_among_the_likeliest_first_draws_what_sorting_everything_draws(
    batch: tuple[Any, list[Sampling]],
) -> None:
    logits, asked = batch
    draws = [np.random.default_rng(one.seed) for one in asked]
    tokens = [token for token, _ in choose(torch.from_numpy(logits), asked, draws)]
    uniform = [np.random.default_rng(one.seed).random() for one in asked]
    assert tokens == [by_hand(*row) for row in zip(logits, asked, uniform, strict=True)]


def test_equals_at_the_border_of_the_likeliest_are_drawn_in_the_order_of_the_vocabulary() -> None:
    logits = torch.zeros(400, 700)
    asked = [Sampling(1, temperature=1.0, top_p=0.1, seed=seed) for seed in range(400)]
    draws = [np.random.default_rng(one.seed) for one in asked]
    tokens = {token for token, _ in choose(logits, asked, draws)}
    assert {0, 69} < tokens <= set(range(70)), "of 700 equals the first tenth"


def test_a_row_draws_the_same_whoever_is_beside_it() -> None:
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 700)).astype(np.float32)) * torch.tensor(
        [[0.01], [1.0], [5.0], [0.01], [2.0], [9.0]]
    )
    asked = [
        Sampling(1, temperature=1.0, top_p=top_p, seed=seed)
        for seed, top_p in enumerate([0.95, 0.9, 1.0, 0.2, 0.95, 0.5])
    ]

    def drawn(lines: list[int]) -> list[tuple[int, float]]:
        draws = [np.random.default_rng(asked[line].seed) for line in lines]
        return choose(logits[lines], [asked[line] for line in lines], draws)

    assert drawn([0, 1, 2, 3, 4, 5]) == [drawn([line])[0] for line in range(6)]


def test_a_steep_vocabulary_is_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_widths = []
    honest = sampling._pass_fewest

    def watched(probabilities: Any, *rest: Any) -> Any:
        sorted_widths.append(tuple(probabilities.shape))
        return honest(probabilities, *rest)

    monkeypatch.setattr(sampling, "_pass_fewest", watched)
    logits = torch.zeros(3, 5000)
    logits[:2, 7] = 20.0
    choose(logits, [Sampling(1, temperature=1.0, top_p=0.95)] * 3, [np.random.default_rng(0)] * 3)
    few, more = sampling.LIKELIEST
    assert sorted_widths == [(3, few), (1, more), (1, 5000)], "the flat row alone"


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_nucleus_is_that_of_the_probabilities_at_this_temperature(temperature: float) -> None:
    """Beside all probabilities, sorted in float64, and a cumulative sum: no more tokens than hold the mass."""
    logits = torch.from_numpy(3 * np.random.default_rng(1).normal(size=(1, 300)).astype(np.float32))
    whole = torch.softmax(logits[0].double() / temperature, dim=-1).numpy()
    order = np.argsort(-whole, kind="stable")
    nucleus = set(order[: int(np.searchsorted(whole[order].cumsum(), 0.7)) + 1].tolist())
    asked = [Sampling(1, temperature=temperature, top_p=0.7)] * 4000
    draws = [np.random.default_rng(seed) for seed in range(4000)]
    drawn = {token for token, _ in choose(logits.expand(4000, -1), asked, draws)}
    assert drawn <= nucleus
    assert sum(whole[list(drawn)]) > 0.95 * sum(whole[list(nucleus)])
