"""All checks of a set of vectors at one layer: the layer that the vectors prefer, for every claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from affectlab.checks.colon import colon_scores, colon_statistics, readings_of, reply_states
from affectlab.checks.controls import Controls, controls
from affectlab.checks.heldout import held_out
from affectlab.checks.ladders import read_ladders
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.checks.lens import logit_lens
from affectlab.checks.nulls import nulls_of_each
from affectlab.checks.pairs import read_pairs
from affectlab.checks.sampled import UNKNOWN, Stories
from affectlab.checks.scenes import read_scenes
from affectlab.core import Convention
from affectlab.findings import ABSENT, Findings
from affectlab.lexicon.items import Items
from affectlab.models.base import Model, Sampling
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

CHALLENGING, NEUTRAL = 40, 20
"""So many prompts of each kind are answered, to compare the ":" with the reply."""
REPLY_TOKENS = 60
THEMES = {"degree", "number", "negation", "person"}
"""Of minimal pairs."""

Item = TypeVar("Item")


def validate(  # noqa: PLR0913
    model: Model,
    vectors: VectorSet,
    sums: Sums,
    items: Items,
    *,
    layer: int | None = None,
    nulls: int = 20,
    seed: int = 0,
    stories: Stories = UNKNOWN,
    progress: Callable[[str], None] = lambda check: None,
) -> Findings:
    """Every check, all but the held-out topics at one layer: `layer`, or the one that the vectors prefer.

    `nulls` is how many vector sets of each kind of null are read; `stories` says what is known of the sampled stories,
    for topics to be resampled and baselines to stand beside. `progress` hears the name of each check as it begins.
    """
    vectors.check_model(model)
    progress("held-out topics")
    found = held_out(sums, stories, nulls=nulls, seed=seed)
    at = vectors.default_layer if layer is None else layer
    given = controls(vectors_at(vectors, [at]), sums_at(sums, [at]), nulls, seed=seed)
    convention = convention_for(vectors)
    progress("logit lens")
    found += logit_lens(model, vectors, given, layer=at, seed=seed)
    for name, (read, given_items) in _asking(items).items():
        progress(name)
        found += read(model, vectors, given_items, given, layer=at, convention=convention, seed=seed)
    facts = {"layer": at, "convention": convention.value, "register": items.register, "items": items.hash}
    asked = {pair.theme for pair in items.pairs}
    absent = {f"pairs.{theme}": "There are no such pairs in what this model reads." for theme in sorted(THEMES - asked)}
    return found + Findings(facts={"validate": facts, ABSENT: absent})


def _asking(items: Items) -> dict[str, tuple[Callable[..., Findings], Any]]:
    """The checks that ask the model something, by name, each with its items."""
    return {
        "scenes": (read_scenes, items.scenes),
        "ladders": (read_ladders, items.ladders),
        "minimal pairs": (read_pairs, items.pairs),
        "replies": (read_replies, items),
    }


def convention_for(vectors: VectorSet) -> Convention:
    """Centred on the neutral mean, or a plain cosine where there is none."""
    return Convention.CENTRED if vectors.neutral_mean is not None else Convention.COSINE


def read_replies(
    model: Model,
    vectors: VectorSet,
    items: Items,
    given: Controls,
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    seed: int = 0,
) -> Findings:
    """Whether the ":" foretells the reply, on some prompts of both kinds. Directions that know no emotion are a null: a
    reply keeps much of its prompt, whatever is read."""
    prompts = [*_some(items.challenging, CHALLENGING), *_some(items.neutral, NEUTRAL)]
    said = [prompt.text for prompt in prompts]
    sampling = Sampling(max_tokens=REPLY_TOKENS, temperature=1.0, top_p=0.95, seed=seed)
    states = reply_states(model, vectors, said, sampling, layers=[layer], convention=convention)
    nulls = nulls_of_each(lambda one: colon_statistics(readings_of(states, one, layer)), given)
    found = readings_of(states, vectors, layer)
    scores = colon_scores(found, layer=layer, convention=convention, nulls=nulls, seed=seed)
    arrays = {"colon.user": found.user, "colon.colon": found.colon, "colon.reply": found.reply}
    return Findings(tuple(scores), arrays, {"colon": {"prompts": [prompt.name for prompt in prompts]}})


def _some(items: Sequence[Item], count: int) -> list[Item]:
    """So many of them, evenly spread; all if there are fewer."""
    step = max(1.0, len(items) / count)
    return [items[int(place * step)] for place in range(min(count, len(items)))]
