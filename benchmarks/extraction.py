"""Extraction beside the Transformers recipe, and beside the bare truncated forward pass, which nothing can beat."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch

from affectlab import Corpus, extract
from affectlab.core import Doubles
from affectlab.models.hf.model import HFModel
from benchmarks import others, subject
from benchmarks.figures import Agreement, Figure, compared
from benchmarks.timing import interleaved

NEAR_ENOUGH = {torch.float32: 0.99999, torch.bfloat16: 0.999}
"""The lowest cosine of a centred vector with the float32 reference for a figure to count."""


class Ways(NamedTuple):
    """Everything that is run in turn, and the reference that each must come near to."""

    run: dict[str, Callable[[], Any]]
    wanted: dict[str, tuple[Doubles, float]]


def ours(model: HFModel, corpus: Corpus, layers: list[int] | None) -> Doubles:
    """Centred emotion means [sites, emotions, width] by affectlab."""
    return extract(model, corpus, layers=layers).vectors.raw.astype("float64")


def ways(count: int) -> Ways:
    """The ways to the vectors: at one site in float32 and bfloat16, and at all sites."""
    texts = subject.texts(count)
    corpus, tokenizer = subject.corpus(texts), subject.tokenizer()
    reference = others.reference(subject.network(), tokenizer, texts)
    one = reference[[subject.SITE]]
    run: dict[str, Callable[[], Any]] = {}
    wanted: dict[str, tuple[Doubles, float]] = {}
    for dtype, near in NEAR_ENOUGH.items():
        kind, model = str(dtype).removeprefix("torch."), subject.model(dtype)
        rectangles = others.rectangles(texts, model.budget)
        run[f"recipe {kind}"] = partial(others.recipe, model.network, tokenizer, texts, subject.SITE)
        run[f"ours {kind}"] = partial(ours, model, corpus, [subject.SITE])
        run[f"limit {kind}"] = partial(others.bare_forward, others.truncated(model.network), rectangles)
        wanted |= {f"recipe {kind}": (one, near), f"ours {kind}": (one, near)}
        if dtype == torch.float32:
            run["ours all"] = partial(ours, model, corpus, None)
            wanted["ours all"] = (reference, near)
    return Ways(run, wanted)


class Nearness:
    """Compares every result with its reference as it comes, and keeps the worst."""

    def __init__(self, wanted: dict[str, tuple[Doubles, float]]) -> None:
        self.wanted = wanted
        self.lowest = dict.fromkeys(wanted, 1.0)

    def check(self, name: str, result: Any) -> None:
        if name in self.wanted:
            self.lowest[name] = min(self.lowest[name], others.nearness(result, self.wanted[name][0]))

    def agreement(self, *names: str) -> Agreement:
        """What the worst of these runs came to."""
        text = ", ".join(f"{name.split()[0]} {self.lowest[name]:.7f}" for name in names)
        return Agreement(f"cosine {text}", all(self.lowest[name] > self.wanted[name][1] for name in names))


def measure(pairs: int, texts: int) -> list[Figure]:
    """All figures of extraction, from one set of interleaved runs."""
    prepared = ways(texts)
    nearness = Nearness(prepared.wanted)
    times = interleaved(prepared.run, pairs, nearness.check)
    figures = []
    for what, theirs, mine, bound in (
        ("extraction, one site of 30, float32", "recipe float32", "ours float32", 2.2),
        ("extraction, one site of 30, bfloat16, the recipe in float32", "recipe float32", "ours bfloat16", 3.5),
        ("extraction, one site of 30, bfloat16, the recipe in bfloat16", "recipe bfloat16", "ours bfloat16", None),
        ("extraction, all 30 sites, float32; the recipe sums one", "recipe float32", "ours all", 1.5),
        ("extraction, share of the bare forward pass, float32", "limit float32", "ours float32", 0.9),
        ("extraction, share of the bare forward pass, bfloat16", "limit bfloat16", "ours bfloat16", None),
    ):
        agreement = nearness.agreement(*(name for name in (theirs, mine) if name in prepared.wanted))
        figures.append(compared(what, times[theirs], times[mine], bound, agreement, at_least=True))
    return figures
