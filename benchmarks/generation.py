"""What steering and reading cost while text is generated: the same rows and numbers of tokens, with and without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from affectlab import Row, Sampling, Steer
from affectlab.core import Floats, Readout
from affectlab.models.base import Event, RowEnd, TokenEvent
from affectlab.models.hf.model import HFModel
from benchmarks import subject
from benchmarks.figures import Agreement, Figure, compared
from benchmarks.timing import interleaved

ROWS, PROMPT, NEW_TOKENS = 64, (8, 24), 16
STRENGTH = 0.1
"""Of the mean residual norm at each site, as in studies of behaviour."""
PROBES, READ_AT = 171, (subject.BLOCKS // 2, subject.SITE)
CHECKED = 2
"""Rows of every run whose log-probabilities are computed again by the reference."""
NEAR_ENOUGH = 1e-3
"""Largest difference of a log-probability or a cosine from the reference for a figure to count."""


class Stream(NamedTuple):
    """What a model does to random text: norms [sites] and means [sites, width] of its residual stream."""

    norms: Floats
    means: Floats


def stream(model: HFModel) -> Stream:
    """Measured by Transformers on random tokens; the last site, which it gives normed, is taken as the one before."""
    ids = torch.randint(2, subject.VOCABULARY, (2, 200), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        states = model.network(ids, output_hidden_states=True).hidden_states
    hidden = torch.stack([*states[1:-1], states[-2]])[:, :, 50:].flatten(1, 2)
    return Stream(hidden.norm(dim=-1).mean(dim=1).numpy(), hidden.mean(dim=1).numpy())


def rows() -> list[Row]:
    """Prompts of 8 to 24 random tokens, each to go on for 16 more whatever the model says."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(PROMPT[0], PROMPT[1] + 1, ROWS)
    prompts = [tuple(generator.integers(2, subject.VOCABULARY, length).tolist()) for length in lengths]
    return [Row(prompt, sampling=Sampling(NEW_TOKENS, ignore_end=True)) for prompt in prompts]


def directions(count: int, width: int) -> Floats:
    """Random unit vectors."""
    drawn = np.random.default_rng(2).standard_normal((count, width))
    units: Floats = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return units


def steer(norms: Floats, direction: Floats, sites: Sequence[int]) -> Steer:
    """One direction at these sites, at a strength that matters."""
    return Steer(tuple(sites), np.stack([STRENGTH * norms[site] * direction for site in sites]).astype(np.float32))


def ways(model: HFModel) -> dict[str, list[Row]]:
    """The same prompts under every condition."""
    found, plain = stream(model), rows()
    drawn = directions(ROWS, model.width)
    site, everywhere = [subject.SITE], range(model.blocks)
    one = steer(found.norms, drawn[0], site)
    probes = np.stack([directions(PROBES, model.width)] * len(READ_AT))
    readout = Readout(READ_AT, probes, found.means[list(READ_AT)], unit=True)
    return {
        "plain": plain,
        "one site": [replace(row, steer=one) for row in plain],
        "all sites": [replace(row, steer=steer(found.norms, drawn[0], everywhere)) for row in plain],
        "one for each": [
            replace(row, steer=steer(found.norms, line, site)) for row, line in zip(plain, drawn, strict=True)
        ],
        "reading": [replace(row, readout=readout) for row in plain],
        "plain alone": plain[:1],
        "one site alone": [replace(plain[0], steer=one)],
    }


def run(model: HFModel, batch: Sequence[Row]) -> list[Event]:
    """All rows as one batch."""
    return list(model.run(batch))


class Reference:
    """Runs a finished sequence again by Transformers alone: whole, without a cache, with hooks of its own."""

    def __init__(self, model: HFModel, batches: dict[str, list[Row]]) -> None:
        self.model, self.batches = model, batches
        self.furthest = dict.fromkeys(batches, 0.0)

    def check(self, name: str, events: list[Event]) -> None:
        batch = self.batches[name]
        made = [[event for event in events if event.row == line] for line in range(len(batch))]
        if any(sum(isinstance(event, TokenEvent) and event.generated for event in row) != NEW_TOKENS for row in made):
            self.furthest[name] = float("inf")
        for line in range(0, len(batch), max(1, len(batch) // CHECKED)):
            self.furthest[name] = max(self.furthest[name], self._difference(batch[line], made[line]))

    def agreement(self, *names: str) -> Agreement:
        """The largest difference among these."""
        furthest = max(self.furthest[name] for name in names)
        return Agreement(f"log-probabilities within {furthest:.0e}", furthest < NEAR_ENOUGH)

    def _difference(self, row: Row, events: list[Event]) -> float:
        generated = [event for event in events if isinstance(event, TokenEvent) and event.generated]
        tokens = [*row.tokens, *(event.token for event in generated)]
        logprobs, states = self._again(tokens[:-1], row.steer)
        wanted = logprobs[len(row.tokens) - 1 :].gather(1, torch.tensor(tokens[len(row.tokens) :])[:, None])[:, 0]
        difference = float((wanted - torch.tensor([event.logprob for event in generated])).abs().max())
        if row.readout is not None:
            hidden = torch.stack([states[site + 1][0] for site in row.readout.sites]).numpy()
            scores = np.stack([e.scores for e in events if isinstance(e, TokenEvent) and e.scores is not None])
            difference = max(difference, float(np.abs(row.readout.apply(hidden) - scores).max()))
        if row.steer is not None:
            end = next(event for event in events if isinstance(event, RowEnd))
            applied = end.receipt is not None and end.receipt.tokens == len(tokens) - 1
            difference = difference if applied else float("inf")
        return difference

    def _again(self, tokens: list[int], steering: Steer | None) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        network = self.model.network
        hooks = []
        for site, added in zip(steering.sites, steering.deltas, strict=True) if steering else ():
            delta = torch.from_numpy(added)
            hooks.append(network.model.layers[site].register_forward_hook(lambda _, __, out, delta=delta: out + delta))
        try:
            with torch.no_grad():
                output = network(torch.tensor([tokens]), output_hidden_states=True)
        finally:
            for hook in hooks:
                hook.remove()
        return torch.log_softmax(output.logits[0], dim=-1), output.hidden_states


def measure(pairs: int) -> list[Figure]:
    """All figures of generation, from one set of interleaved runs; a ratio above 1 is what steering or reading adds."""
    model = subject.model()
    batches = ways(model)
    reference = Reference(model, batches)
    run_of: dict[str, Callable[[], list[Event]]] = {name: partial(run, model, rows) for name, rows in batches.items()}
    times = interleaved(run_of, pairs, reference.check)
    figures = []
    for what, without, with_it, bound in (
        ("generating 64 rows, steered at one site", "plain", "one site", 1.03),
        ("generating 64 rows, steered at all 30 sites", "plain", "all sites", 1.08),
        ("generating 64 rows, 64 steerings instead of one", "one site", "one for each", 1.05),
        (f"generating 64 rows, {PROBES} probes read at 2 sites", "plain", "reading", None),
        ("generating one row alone, steered at one site", "plain alone", "one site alone", None),
    ):
        agreement = reference.agreement(without, with_it)
        figures.append(compared(what, times[without], times[with_it], bound, agreement, at_least=False))
    return figures
