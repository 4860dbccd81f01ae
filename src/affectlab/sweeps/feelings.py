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
from affectlab.core import Doubles, Ints, Score, Steer, Tokens, middle_layers
from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings
from affectlab.lexicon.items.steering import Asked, SteeringItems
from affectlab.models.base import Model, Row
from affectlab.models.verbs import choose_each, opened, prompt_row
from affectlab.stats import bootstrap
from affectlab.sweeps.directions import Directions, control_directions, vector_directions
from affectlab.sweeps.measures import next_token
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

STRENGTH = 0.5
FEWEST = 3
DEALS = 1000
DIRECTIONS = 40
"""Of each kind of null: more would cost more than all else, and hardly move its 95th percentile."""
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
    asking = _Asking(model, items, _words(model, vectors, items))
    own = vector_directions(vectors, at, asking.words)
    chance = {kind: control_directions(vectors, {kind: sets}, at, _count(sets))[kind] for kind, sets in given.items()}
    found, *others = asking.of([own, *chance.values()], strength)
    nulls = dict(zip(chance, others, strict=True))
    scores, arrays = [], {}
    for about in ABOUT:
        table = found.rises[about]
        rise, other = _own_and_other(table)
        beside = {kind: _dealt(one.rises[about], seed) for kind, one in nulls.items()}
        beside = {"permuted names": _dealt(table, seed), **beside}
        scores.append(Score(f"steering.{about}", *bootstrap(rise - other, seed=seed), "words", 0.0, beside, {}, at[0]))
        for name, part in (("own", rise), ("others", other)):
            scores.append(Score(f"steering.{about}.{name}", *bootstrap(part, seed=seed), "words", 0.0, {}, {}, at[0]))
        arrays[f"steering.{about}.matrix"] = table
    beside = {kind: _drawn(one.leak, len(asking.words), seed) for kind, one in nulls.items()}
    scores.append(Score("steering.leak", *bootstrap(found.leak, seed=seed), "words", 0.0, beside, {}, at[0]))
    facts = {"words": list(asking.words), "sites": list(at), "strength": strength, "items": items.hash}
    facts["null directions"] = {kind: len(directions) for kind, directions in chance.items()}
    return Findings(tuple(scores), arrays, {"steering": facts})


def _count(sets: Sequence[VectorSet]) -> int:
    """How many directions are taken of the vector sets of a null."""
    return min(DIRECTIONS, sum(len(one.emotions) for one in sets))


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


@dataclass(frozen=True, eq=False)
class _Asking:
    """What is asked under every vector, always by the same words."""

    model: Model
    items: SteeringItems
    words: tuple[str, ...]
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

    def of(self, every: Sequence[Directions], strength: float) -> list[_Rises]:
        """Under the directions of each kind; all of them are run as one sweep."""
        steers = [None, *(steer for one in every for steer in one.steers([strength], Tokens("all")))]
        ends = np.cumsum([len(one) for one in every])[:-1]
        rises = {about: np.split(self._rise(about, steers), ends) for about in ABOUT}
        told = self._told("happened", steers)
        leak = np.split(np.mean([logsumexp(after, axis=1) - logsumexp(before) for before, after in told], axis=0), ends)
        return [_Rises({about: rises[about][kind] for about in ABOUT}, leak[kind]) for kind in range(len(every))]

    def _rise(self, about: str, steers: Sequence[Steer | None]) -> Doubles:
        return np.asarray(np.mean([after - before for before, after in self._told(about, steers)], axis=0))

    def _told(self, about: str, steers: Sequence[Steer | None]) -> list[tuple[Doubles, Doubles]]:
        """For every question the log-probabilities of its words, [words] and [vectors, words]."""
        every = sorted({token for tokens in self.tokens[about] for token in tokens})
        told = choose_each(self.model, self.rows[about], steers, every).astype(np.float64)
        places = [[every.index(token) for token in tokens] for tokens in self.tokens[about]]
        return [(told[0, row, at], told[1:, row][:, at]) for row, at in enumerate(places)]


def _row(model: Model, asked: Asked) -> Row:
    said = [{"role": "user", "content": asked.said}]
    return prompt_row(model, said, prefill=opened(model, said, asked.begun))


def _tokens(model: Model, asked: Asked, words: Sequence[str], *, every: bool) -> list[int]:
    """The first token of each word behind the beginning of an answer; `every` drops those that come twice."""
    said = [{"role": "user", "content": asked.said}]
    begun = opened(model, said, asked.begun)
    found = [next_token(model, said, begun, f" {word}") for word in words]
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


def _dealt(table: Doubles, seed: int) -> float:
    """The 95th percentile of the score where words are dealt out by chance to vectors, as many as there are words.

    Vectors that know nothing of the words are all alike, so a few give many sets of them.
    """
    words = table.shape[1]
    picked = _picked(len(table), words, seed)
    own, total = table[picked, np.arange(words)], table.sum(axis=1)[picked]
    return float(np.quantile((own - (total - own) / (words - 1)).mean(axis=1), 0.95))


def _drawn(values: Doubles, count: int, seed: int) -> float:
    """The 95th percentile of the mean of so many."""
    return float(np.quantile(values[_picked(len(values), count, seed)].mean(axis=1), 0.95))


def _picked(among: int, count: int, seed: int) -> Ints:
    """So many of them, each once and in any order, over and over, [deals, count]."""
    return np.random.default_rng(seed).random((DEALS, among)).argsort(axis=1)[:, :count]
