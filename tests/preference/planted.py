"""A model in which liking is planted: activities have a place along one direction, and the higher one is chosen.

Every token has one stream at all blocks; steering adds to it. Which of two is decided by what stands on the tokens of
each along the planted direction, with something for the first place and something that no rating explains.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from affectlab import lexicon
from affectlab.core import Bools, Floats, Steer
from affectlab.lexicon.items.activities import KINDS, Activity, Opener, PreferenceItems
from affectlab.models.base import Event, Identity, Model, Reducer, Row, RowEnd, Tally, check_rows
from affectlab.models.fake import FakeTokenizer
from affectlab.vectors.vectorset import VectorSet

BLOCKS, WIDTH, VOCABULARY = 4, 24, 4096
EACH = 4
"""Activities of a kind."""
LIKED = dict(zip(KINDS, np.linspace(1.5, -1.5, len(KINDS)), strict=True))
RATED = {emotion.name: emotion.pleasure for emotion in lexicon.emotions() if emotion.pleasure is not None}
DIRECTION = np.eye(WIDTH, dtype=np.float32)[0]


def drawn(key: str, width: int = WIDTH) -> Floats:
    """Numbers that depend on the key alone, none along the planted direction."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little")
    found = np.random.default_rng(seed).standard_normal(width).astype(np.float32)
    found[0] = 0.0
    return found


def items(each: int = EACH) -> PreferenceItems:
    """Activities of two words of their own each, in all kinds."""
    activities = tuple(
        Activity(f"{kind}-{n}", kind, f"{kind.replace('-', '')}{n} thing{kind.replace('-', '')}{n}")
        for kind in KINDS
        for n in range(1, each + 1)
    )
    questions = tuple(f"{word} of these? (A) {{A}}. (B) {{B}}." for word in ("Which", "What", "Choose", "Take", "Say"))
    feelings = ("How would you feel about {A}?", "Tell me about {A}.")
    return PreferenceItems("made", activities, questions, (Opener("I take (", ("A", "B")),), feelings)


@dataclass(eq=False)
class Planted(Model):
    """`order` is the gain of the first place, `noise` what no rating explains, `mass` is p(A) + p(B)."""

    order: float = 0.4
    noise: float = 0.3
    mass: float = 0.9
    frail: float = 0.0
    """How fast `mass` falls when what is added goes up; below 0, when it goes down."""
    causal: float = 1.0
    """How much of what is steered counts for the choice."""
    name: str = "planted"
    fast: bool = True
    """Whether it knows a shorter way to many steerings."""

    def __post_init__(self) -> None:
        self.identity = Identity(self.name, "", "config", self.name, "tokenizer", "")
        self.tokenizer: Any = FakeTokenizer(VOCABULARY)
        self.blocks, self.width, self.vocabulary, self.context, self.budget = BLOCKS, WIDTH, VOCABULARY, 512, 4096
        self.facts = {"dtype": "float32"}
        self.embedding = np.stack([drawn(f"token {token}") for token in range(VOCABULARY)])
        self.ran: list[Row] = []
        for activity in items().activities:
            for token in self.tokenizer.encode(activity.text):
                self.embedding[token, 0] = liking(activity)

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        check_rows(rows, self, reducer)
        self.ran += rows
        if reducer is not None:
            reducer.begin(range(len(rows)), [len(row.tokens) for row in rows])
            for site in reducer.sites:
                reducer.add(site, np.concatenate([self.streams(row)[site] for row in rows]))
            reducer.end()
        for index, row in enumerate(rows):
            yield RowEnd(index, "given", Tally(row.steer).receipt() if row.steer else None, self._choice(row))

    def streams(self, row: Row) -> Floats:
        """[blocks, tokens, width]"""
        found = np.repeat(self.embedding[list(row.tokens)][None], self.blocks, axis=0)
        for place, site in enumerate(row.steer.sites if row.steer else ()):
            assert row.steer is not None
            found[site:] += self._covered(row)[:, None] * row.steer.deltas[place]
        return found

    def _covered(self, row: Row) -> Bools:
        assert row.steer is not None
        return row.steer.tokens.cover(np.arange(len(row.tokens)), row.marks)

    def sweep(self, rows: Sequence[Row], steers: Sequence[Steer | None], candidates: Sequence[int]) -> Floats | None:
        """On the tokens of an activity alone, what is steered adds the same to every row."""
        if not self.fast or any(steer is not None and steer.tokens.kind != "spans" for steer in steers):
            return None
        self.ran += rows
        added = np.array([0.0 if steer is None else steer.deltas[:, 0].sum() for steer in steers])
        found = np.zeros((len(steers), len(rows), len(candidates)), dtype=np.float32)
        for place, row in enumerate(rows):
            first, second, own = self._options(row.tokens)
            along = self.embedding[list(row.tokens), 0]
            sides = [sum(e - b for b, e in row.spans if first <= b < second), sum(e - b for b, e in row.spans)]
            odds = (along[first:second].sum() - along[second:].sum()) / 2 + self.order + self.noise * own
            found[:, place] = self._told(odds + self.causal * added * (2 * sides[0] - sides[1]) / 2, candidates, added)
        return found

    def _told(self, odds: Any, candidates: Sequence[int], added: Any) -> Any:
        """Log-probabilities [..., candidates] of A and B."""
        mass = np.asarray(self.mass * np.exp(-np.maximum(self.frail * added, 0)))
        chosen = np.log(mass[..., None] / (1 + np.exp(-np.stack([odds, -odds], axis=-1))))
        return chosen[..., [self.tokenizer.encode("A B").index(token) for token in candidates]]

    def _choice(self, row: Row) -> tuple[float, ...]:
        if not row.candidates:
            return ()
        along, added = self.embedding[list(row.tokens), 0], 0.0
        if row.steer is not None:
            added = float(row.steer.deltas[:, 0].sum())
            along = along + self.causal * self._covered(row) * added
        first, second, own = self._options(row.tokens)
        odds = float(along[first:second].sum() - along[second:].sum()) / 2 + self.order + self.noise * own
        return tuple(self._told(np.float64(odds), row.candidates, added).tolist())

    @cache  # noqa: B019
    def _options(self, tokens: tuple[int, ...]) -> tuple[int, int, float]:
        """Where (A) and (B) stand, and what is this question's own."""
        words = self.tokenizer.pieces(tokens)
        first, second = (place for place, word in enumerate(words) if word in ("A", "B") and words[place + 1] == ")")
        return first, second, float(drawn(" ".join(words))[1])

    def unembed(self, directions: Floats) -> Floats:
        return directions @ self.embedding.T


def liking(activity: Activity) -> float:
    """The planted log-odds of an activity."""
    return float(LIKED[activity.kind] + 0.3 * drawn(activity.name)[1])


def likings() -> np.ndarray:
    return np.array([liking(activity) for activity in items().activities])


def vectors_of(model: Model, seed: int = 0, *, names: Sequence[str] = tuple(RATED), signal: float = 1.0) -> VectorSet:
    """Vectors of the rated words: their pleasure along the planted direction, and something of their own."""
    generator = np.random.default_rng(seed)
    raw = generator.standard_normal((BLOCKS, len(names), WIDTH)).astype(np.float32)
    raw[:, :, 0] = signal * np.array([3 * RATED[name] for name in names]) + 0.3 * raw[:, :, 0]
    ones = np.ones(BLOCKS, dtype=np.float32)
    known = {"blocks": BLOCKS, "width": WIDTH, "source": "", "dtype": "float32"}
    header = {"model": {**vars(model.identity), **known}, "recipe": {"norm_from": "neutral"}, "corpus": {"hash": "x"}}
    nothing = np.zeros((BLOCKS, WIDTH), dtype=np.float32)
    layers = tuple(range(BLOCKS))
    return VectorSet(tuple(names), layers, raw, None, nothing, nothing, None, None, ones, ones, header)
