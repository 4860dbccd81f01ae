"""Where the defaults of batch planning come from: the forward pass alone, over plans with other budgets and padding.

    python -m benchmarks planning

Not part of a full run. What it printed when the defaults were chosen stands in docs/log.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from affectlab.models.batches import plan_batches
from benchmarks import others, subject
from benchmarks.timing import interleaved

BUDGETS = (256, 512, 1024, 2048, 4096)
PADDINGS = (0.02, 0.04, 0.08, 0.15)
DTYPES = (torch.float32, torch.bfloat16)


def lines(rounds: int, count: int) -> Iterator[str]:
    """One line per plan: batches, padding, and tokens that count per second of processor time and by the clock."""
    lengths = np.array([text.tokens for text in subject.texts(count)])
    real = int(lengths.sum())
    for dtype in DTYPES:
        decoder = others.truncated(subject.network(dtype))
        batches = {(budget, padding): _batches(lengths, budget, padding) for budget in BUDGETS for padding in PADDINGS}
        ways: dict[str, Callable[[], None]] = {
            f"{budget:5} {padding:4}": partial(others.bare_forward, decoder, made)
            for (budget, padding), made in batches.items()
        }
        yield f"{dtype}, {count} texts, {real} tokens, {torch.get_num_threads()} threads"
        yield "budget padding | batches, padding found | tokens per CPU second, per second"
        for (name, times), made in zip(interleaved(ways, rounds).items(), batches.values(), strict=True):
            run = sum(ids.numel() for ids in made)
            cpu, wall = real / float(np.median(times.cpu)), real / float(np.median(times.wall))
            yield f"{name} | {len(made):4} {1 - real / run:6.3f} | {cpu:6.0f} {wall:6.0f}"


def _batches(lengths: np.ndarray[tuple[int], np.dtype[np.int64]], budget: int, padding: float) -> list[torch.Tensor]:
    plan = plan_batches(lengths, budget, padding=padding)
    return [torch.full((len(batch), int(lengths[list(batch)].max())), 2) for batch in plan.batches]
