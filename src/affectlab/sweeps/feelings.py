"""Does a vector, when added, make the model say its word, and nothing of the stories it was made from?

    steering.he, steering.you   asked how he feels, or how it feels itself: how far the log-probability of a vector's
                                own word rises above those of the other words, in nats
    steering.leak               asked what happened: how far the words for the stories' topics rise. Vectors are means
                                over the same topics for every emotion: these should do no more than chance directions

All words are those of the focus emotions, each by its first token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import logsumexp

from affectlab import lexicon
from affectlab.checks.controls import Controls, controls
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.checks.nulls import nulls_of_each
from affectlab.core import Doubles, Score, Steer, Tokens, middle_layers
from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings
from affectlab.lexicon.items.steering import Asked, SteeringItems
from affectlab.models.base import Model, Row
from affectlab.models.verbs import choose_each, prompt_row
from affectlab.stats import bootstrap
from affectlab.sweeps.directions import vector_directions
from affectlab.sweeps.measures import next_token
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

STRENGTH = 0.5
FEWEST = 3
DEALS = 1000
ABOUT = ("he", "you")


def steered_feelings(
    model: Model,
    vectors: VectorSet,
    items: SteeringItems,
    given: Controls,
    *,
    sites: Sequence[int] = (),
    strength: float = STRENGTH,
    seed: int = 0,
) -> Findings:
    """The steering check. `given` are vector sets that know nothing, with the same layers; `sites` are steered
    together, by default those from half to two thirds of the depth that the vectors have."""
    at = tuple(sites) or steered_sites(vectors)
    asking = _Asking(model, items, _words(model, vectors, items), at, strength)
    found = asking.of(vectors)
    nulls = nulls_of_each(lambda one: asking.of(one).statistics, given)
    scores, arrays = [], {}
    for about in ABOUT:
        table = found.rises[about]
        own, other = _own_and_other(table)
        beside = {"permuted names": _permuted(table, seed), **nulls.get(about, {})}
        apart = {"the rise of its own word": float(own.mean()), "the rise of the others": float(other.mean())}
        interval = bootstrap(own - other, seed=seed)
        scores.append(Score(f"steering.{about}", *interval, "words", 0.0, beside, apart, at[0]))
        arrays[f"steering.{about}.matrix"] = table
    interval = bootstrap(found.leak, seed=seed)
    scores.append(Score("steering.leak", *interval, "words", 0.0, nulls.get("leak", {}), {}, at[0]))
    facts = {"words": list(asking.words), "sites": list(at), "strength": strength, "items": items.hash}
    return Findings(tuple(scores), arrays, {"steering": facts})


def check_steering(
    model: Model, vectors: VectorSet, sums: Sums, items: SteeringItems, *, nulls: int = 20, seed: int = 0
) -> Findings:
    """The steering check beside the nulls of an extraction. Where words cannot be told apart, that is said."""
    sites = steered_sites(vectors)
    given = controls(vectors_at(vectors, sites), sums_at(sums, sites), nulls, seed=seed)
    try:
        return steered_feelings(model, vectors, items, given, sites=sites, seed=seed)
    except InputError as error:
        return Findings(facts={ABSENT: {f"steering.{about}": f"{error.line}." for about in ABOUT}})


def steered_sites(vectors: VectorSet) -> tuple[int, ...]:
    """The layers from half to two thirds of the depth, as far as there are vectors; else the one they prefer."""
    middle = middle_layers(int(vectors.header["model"]["blocks"]))
    return tuple(layer for layer in vectors.layers if layer in middle) or (vectors.default_layer,)


@dataclass(frozen=True, eq=False)
class _Rises:
    """By what is asked: the rise of log-probability [vectors, words]; and that of all things together [vectors]."""

    rises: dict[str, Doubles]
    leak: Doubles

    @property
    def statistics(self) -> dict[str, float]:
        found = {about: float(np.subtract(*_own_and_other(table)).mean()) for about, table in self.rises.items()}
        return {**found, "leak": float(self.leak.mean())}


@dataclass(frozen=True, eq=False)
class _Asking:
    """What is asked under every vector of a set, always by the same words."""

    model: Model
    items: SteeringItems
    words: tuple[str, ...]
    sites: tuple[int, ...]
    strength: float
    rows: dict[str, list[Row]] = field(init=False, repr=False)
    tokens: dict[str, list[list[int]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        asked = {"he": self.items.he, "you": self.items.you, "happened": self.items.happened}
        rows = {about: [_row(self.model, one) for one in ones] for about, ones in asked.items()}
        words = {about: self.items.things if about == "happened" else self.words for about in asked}
        tokens = {
            about: [_tokens(self.model, one, words[about], every=about == "happened") for one in ones]
            for about, ones in asked.items()
        }
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "tokens", tokens)

    def of(self, vectors: VectorSet) -> _Rises:
        directions = vector_directions(vectors, self.sites, self.words)
        steers = [None, *directions.steers([self.strength], Tokens("all"))]
        rises = {about: self._rise(about, steers) for about in ABOUT}
        return _Rises(
            {about: np.mean(parts, axis=0) for about, parts in rises.items()},
            np.mean(
                [logsumexp(after, axis=1) - logsumexp(before) for before, after in self._told("happened", steers)], 0
            ),
        )

    def _rise(self, about: str, steers: Sequence[Steer | None]) -> list[Doubles]:
        return [after - before for before, after in self._told(about, steers)]

    def _told(self, about: str, steers: Sequence[Steer | None]) -> list[tuple[Doubles, Doubles]]:
        """For every question the log-probabilities of its words, [words] and [vectors, words]."""
        every = sorted({token for tokens in self.tokens[about] for token in tokens})
        told = choose_each(self.model, self.rows[about], steers, every).astype(np.float64)
        places = [[every.index(token) for token in tokens] for tokens in self.tokens[about]]
        return [(told[0, row, at], told[1:, row][:, at]) for row, at in enumerate(places)]


def _row(model: Model, asked: Asked) -> Row:
    return prompt_row(model, [{"role": "user", "content": asked.said}], prefill=asked.begun)


def _tokens(model: Model, asked: Asked, words: Sequence[str], *, every: bool) -> list[int]:
    """The first token of each word behind the beginning of an answer; `every` drops those that come twice."""
    said = [{"role": "user", "content": asked.said}]
    found = [next_token(model, said, asked.begun, f" {word}") for word in words]
    return list(dict.fromkeys(found)) if every else found


def _words(model: Model, vectors: VectorSet, items: SteeringItems) -> tuple[str, ...]:
    """Focus words that have vectors, and first tokens that no other of them has."""
    there = [name for name in lexicon.focus_words() if name in vectors.emotions] or list(vectors.emotions)
    tokens = _tokens(model, items.you[0], there, every=False)
    words = tuple(name for name, token in zip(there, tokens, strict=True) if tokens.count(token) == 1)
    if len(words) < FEWEST:
        found, fix = ", ".join(words) or "none", "give vectors of more emotions"
        expected = f"at least {FEWEST} words that begin with tokens of their own"
        raise InputError(
            "too few words to tell one from another", where="steering", expected=expected, found=found, fix=fix
        )
    return words


def _own_and_other(table: Doubles) -> tuple[Doubles, Doubles]:
    """For each vector the rise of its own word, and the mean rise of the others."""
    own = np.diagonal(table)
    return own, (table.sum(axis=1) - own) / (len(table) - 1)


def _permuted(table: Doubles, seed: int) -> float:
    """The 95th percentile of the score with the words dealt out to the vectors anew."""
    generator = np.random.default_rng(seed)
    drawn = [np.subtract(*_own_and_other(table[:, generator.permutation(len(table))])).mean() for _ in range(DEALS)]
    return float(np.quantile(drawn, 0.95))
