"""From labelled texts to emotion vectors, in one pass.

1. Stories are read as plain text, neutral dialogues through the chat template. Rows are put in the order of their ids.
2. Texts that end before position `start` are left out and counted; texts longer than the context are cut and counted.
3. Rows are dealt into batches by length, neutral ones by fold too (`models.batches`); the plan is kept, and reused
   gives the same bytes.
4. Every batch runs to the last wanted block. Stories leave their mean over positions >= start; neutral tokens leave
   sums (`moments`). Nothing else leaves the device, and memory does not grow with the number of texts.
5. Vectors are made of the sums (`sums.make_vectors`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from affectlab._version import __version__
from affectlab.core import START, check_sites
from affectlab.errors import InputError
from affectlab.models.base import Model
from affectlab.models.batches import BatchPlan, plan_batches, reading_budget
from affectlab.text import Corpus
from affectlab.vectors.gather import Gathering, Progress, groups
from affectlab.vectors.header import FORMAT
from affectlab.vectors.neutral import RANK, SHARE
from affectlab.vectors.sums import Components, Sums, make_vectors
from affectlab.vectors.texts import UsableTexts, check_texts
from affectlab.vectors.vectorset import VectorSet

MINIMUM_TEXTS = 5
"""Fewer usable stories than this for an emotion, and there is no vector to speak of."""
NORM_RATIO = 1.5
"""Mean over median residual norm beyond which single tokens dominate the mean."""


class Extraction(NamedTuple):
    """What `extract` gives: the vectors, the sums they were made of, and how it went.

    `tokens` are those of all texts, `resumed` those of them that an earlier run had done already.
    """

    vectors: VectorSet
    sums: Sums
    texts: int
    tokens: int
    seconds: float
    warnings: tuple[str, ...]
    resumed: int = 0

    @property
    def speed(self) -> float:
        """Tokens a second, of those that were run."""
        return (self.tokens - self.resumed) / self.seconds


@dataclass(frozen=True)
class Recipe:
    """How vectors are made. It travels with them.

    Tokens at positions >= `start` count; `share` of the variance of neutral tokens is projected out, of a sketch of
    `rank` columns; an emotion with fewer than `minimum` usable stories is an error.
    """

    start: int = START
    share: float = SHARE
    rank: int = RANK
    minimum: int = MINIMUM_TEXTS

    def __post_init__(self) -> None:
        if self.start < 0:
            raise InputError(
                "no text has tokens there",
                where="--start",
                expected="0 or more",
                found=str(self.start),
                fix="positions count from 0",
            )
        if not 0 < self.share < 1 or self.rank < 1 or self.minimum < 1:
            raise InputError(
                "the recipe is out of range",
                expected="0 < share < 1, rank and minimum at least 1",
                found=f"share {self.share}, rank {self.rank}, minimum {self.minimum}",
            )


STANDARD = Recipe()


def extract(
    model: Model,
    corpus: Corpus,
    *,
    layers: Sequence[int] | None = None,
    recipe: Recipe = STANDARD,
    plan: BatchPlan | None = None,
    budget: int | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Extraction:
    """Emotion vectors of a model from a corpus of stories, cleaned by its neutral texts if it has any.

    `plan` repeats an earlier run exactly; `budget` is the number of tokens in a batch, padding counted. With a
    `checkpoint` path the sums are saved there now and then, and a run that was killed goes on where it stopped, to the
    same bytes; delete the file once the vectors are saved.
    """
    began = time.perf_counter()
    sites = tuple(sorted(set(layers))) if layers is not None else tuple(range(model.blocks))
    check_sites(sites, model.blocks)
    _check_start(recipe.start, model)
    texts = UsableTexts(model, corpus, recipe.start)
    check_texts(texts, recipe.minimum)
    plan = plan or plan_batches(texts.lengths, budget or reading_budget(model), groups(texts))
    plan.check(len(texts.corpus))
    header = _header(model, corpus, texts, sites, recipe)
    gathering = Gathering(model, texts, sites, recipe.rank, header, plan, checkpoint)
    resumed = gathering.done
    sums = gathering.run(progress)
    vectors = vector_set(sums, recipe.share)
    seconds, warnings = time.perf_counter() - began, _warnings(texts, vectors)
    return Extraction(vectors, sums, len(texts.corpus), int(texts.lengths.sum()), seconds, warnings, resumed)


def _check_start(start: int, model: Model) -> None:
    if model.context is not None and start >= model.context:
        raise InputError(
            "no text has tokens there",
            where="--start",
            expected=f"less than the {model.context} tokens the model can see",
            found=str(start),
            fix="choose an earlier position",
        )


def _recipe_as_done(recipe: Recipe, texts: UsableTexts) -> dict[str, Any]:
    neutral = int((texts.labels < 0).sum())
    return {
        **asdict(recipe),
        "texts": int((texts.labels >= 0).sum()),
        "neutral_texts": neutral,
        "too_short": texts.short,
        "cut_to_context": texts.cut,
        "other_kinds": texts.ignored,
        "folds": texts.corpus.fold_rule,
        "norm_from": "neutral tokens" if neutral else "story tokens",
    }


def _header(model: Model, corpus: Corpus, texts: UsableTexts, sites: tuple[int, ...], recipe: Recipe) -> dict[str, Any]:
    identity = model.identity
    return {
        "format": FORMAT,
        "emotions": list(texts.emotions),
        "layers": list(sites),
        "model": {
            **vars(identity),
            "blocks": model.blocks,
            "width": model.width,
            "dtype": model.facts.get("dtype", ""),
            "source": model.facts.get("source", ""),
        },
        "corpus": {"hash": corpus.hash, "rows": len(corpus), "writers": list(corpus.writers)},
        "recipe": _recipe_as_done(recipe, texts),
        "code": {
            "affectlab": __version__,
            **{name: model.facts[name] for name in ("torch", "transformers") if name in model.facts},
        },
    }


def vector_set(sums: Sums, share: float, components: Components | None = None) -> VectorSet:
    """Vectors of all stories; `components` are the neutral ones, where they are known."""
    parts = make_vectors(sums, share, components=components)

    def single(array: Any) -> Any:
        return None if array is None else np.ascontiguousarray(array, dtype=np.float32)

    return VectorSet(
        emotions=sums.emotions,
        layers=sums.layers,
        raw=single(parts.raw),
        clean=single(parts.clean),
        center=single(parts.center),
        neutral_mean=single(parts.neutral_mean),
        neutral_basis=single(parts.neutral_basis),
        neutral_k=None if parts.neutral_k is None else np.array(parts.neutral_k, dtype=np.int64),
        resid_norm=single(sums.norms.mean()),
        resid_norm_median=single(sums.norms.median()),
        header=dict(sums.header),
    )


def _warnings(texts: UsableTexts, vectors: VectorSet) -> tuple[str, ...]:
    found = []
    if texts.short:
        found.append(f"{texts.short} texts end before position {texts.start} and were left out")
    if texts.cut:
        found.append(f"{texts.cut} texts were cut to the {texts.model.context} tokens the model can see")
    if texts.ignored:
        found.append(f"{texts.ignored} rows are neither stories nor neutral and were not read")
    if vectors.clean is None:
        found.append("there are no neutral texts: no cleaned vectors, and the residual norm comes from story tokens")
    ratio = vectors.resid_norm / vectors.resid_norm_median
    if ratio.max() > NORM_RATIO:
        layer = vectors.layers[int(ratio.argmax())]
        found.append(
            f"at layer {layer} the mean residual norm is {ratio.max():.1f} x the median: single tokens dominate it, "
            "and with it what a strength means"
        )
    return tuple(found)
