"""What is to be written: a table with one row a text, grouped into requests and requests into shards.

The table is a function of its settings alone, so that a run that goes on has the same plan, and every text the same
seed. A small sample is balanced: every word gets as many texts as any other, or one more, and its texts are spread over
the folds that topics belong to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pyarrow as pa

from affectlab import lexicon
from affectlab.core import Ints
from affectlab.errors import InputError, UnknownNameError
from affectlab.text.folds import dealing_order
from affectlab.text.rows import KINDS

PER_PAIR = {"stories": 12, "neutral": 12, "dialogues": 1}
"""Texts for a word and a topic; of a hidden kind there are so many for each ordered pair of words."""
PER_HIDDEN_PAIR = 100
HIDDEN_WORDS = (*lexicon.focus_words(), "bored", "jealous", "lonely")
"""Fifteen emotions: with all 171 there would be 29,070 pairs."""
HIDDEN = ("hidden", "shown", "neutral-topic", "story-writing", "others")
REQUESTS_A_SHARD = 513
"""A run that is killed loses the shard in hand, no more."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides what is asked, and with which seeds."""

    kind: str
    words: tuple[str, ...]
    topics: tuple[str, ...]
    each: int
    """Texts for each word and topic, or for each pair of words."""
    sample: int | None = None
    texts_per_request: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("kind", self.kind, KINDS, where="--kind")
        _check_list(self.words, "words", {"stories": 1, "neutral": 0}.get(self.kind, 2))
        _check_list(self.topics, "topics", 1)
        for name, number in (("--each", self.each), ("--sample", self.sample), ("texts", self.texts_per_request)):
            if number is not None and number < 1:
                raise InputError("nothing to write", where=name, expected="1 or more", found=str(number))
        if self.sample is not None and self.sample > self.whole:
            raise InputError(
                "the sample is larger than the plan",
                where="--sample",
                expected=f"at most {self.whole:,}",
                found=f"{self.sample:,}",
                fix="leave --sample out, or ask for more texts of each with --each",
            )

    @property
    def cells(self) -> int:
        """Words, or pairs of words; neutral texts have none and count as one."""
        count = len(self.words)
        return {"stories": count, "neutral": 1}.get(self.kind, count * (count - 1))

    @property
    def whole(self) -> int:
        """How many texts there are without a sample."""
        return self.cells * self.each * (1 if self.kind in HIDDEN else len(self.topics))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Planned:
    """One text that is to be written."""

    id: str
    topic: str
    number: int
    """Which of the texts for the same words and topic."""
    words: tuple[str, ...]
    """None for a neutral text, one for a story, two for a pair."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The table of a plan. Columns: cell, topic, number (Ints), and the request that each text belongs to."""

    settings: Settings
    cell: Ints = field(repr=False)
    topic: Ints = field(repr=False)
    number: Ints = field(repr=False)
    request: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.cell)

    @property
    def requests(self) -> int:
        return int(self.request[-1]) + 1 if len(self) else 0

    @property
    def shards(self) -> int:
        return -(-self.requests // REQUESTS_A_SHARD)

    def of_shard(self, shard: int) -> Iterator[tuple[int, list[Planned]]]:
        """The requests of a shard by number, each with the texts that it asks for."""
        first = shard * REQUESTS_A_SHARD
        last = min(first + REQUESTS_A_SHARD, self.requests)
        bounds = np.searchsorted(self.request, np.arange(first, last + 1))
        for request, (start, end) in enumerate(pairwise(bounds), first):
            yield request, [self.planned(place) for place in range(int(start), int(end))]

    def in_shards(self) -> Iterator[dict[int, list[Planned]]]:
        """All shards in order."""
        return (dict(self.of_shard(shard)) for shard in range(self.shards))

    def planned(self, place: int) -> Planned:
        settings = self.settings
        topic, number = int(self.topic[place]), int(self.number[place])
        words = self._cells[int(self.cell[place])]
        named = "-to-".join(word.replace(" ", "_") for word in words) or "neutral"
        return Planned(f"{settings.kind}/{named}/{topic:03d}/{number:03d}", settings.topics[topic], number, words)

    @cached_property
    def _cells(self) -> list[tuple[str, ...]]:
        words = self.settings.words
        match self.settings.kind:
            case "stories":
                return [(word,) for word in words]
            case "neutral":
                return [()]
        return list(permutations(words, 2))

    def table(self) -> pa.Table:
        """The plan as a table that people and other programs can read."""
        cells = [" to ".join(words) or "neutral" for words in self._cells]
        return pa.table(
            {
                "request": pa.array(self.request, pa.int64()),
                "emotions": _coded(self.cell, cells),
                "topic": _coded(self.topic, list(self.settings.topics)),
                "number": pa.array(self.number, pa.int64()),
            }
        )

    def seed(self, request: int, attempt: int) -> int:
        """The seed of a request the n-th time that it is asked: below 2^31, as some servers want it."""
        named = f"{self.settings.seed} {self.settings.kind} {request} {attempt}".encode()
        return int.from_bytes(hashlib.sha256(named).digest()[:4], "big") >> 1


def dealt(requests: Mapping[int, list[Planned]]) -> Iterator[dict[int, list[Planned]]]:
    """Requests in their order, in shards."""
    items = list(requests.items())
    return (dict(items[first : first + REQUESTS_A_SHARD]) for first in range(0, len(items), REQUESTS_A_SHARD))


def default_words(kind: str) -> tuple[str, ...]:
    """The emotions of a kind where none are named."""
    return {"neutral": ()}.get(kind, HIDDEN_WORDS if kind in HIDDEN else lexicon.names())


def default_each(kind: str) -> int:
    """How many texts there are of each where no number is named."""
    return PER_PAIR.get(kind, PER_HIDDEN_PAIR)


def lay(settings: Settings) -> Plan:
    """The plan of these settings."""
    cell, topic, number = _sampled(settings) if settings.sample else _whole(settings)
    order = np.lexsort((number, topic, cell))
    cell, topic, number = cell[order], topic[order], number[order]
    return Plan(settings, cell, topic, number, _requests(settings, cell, topic))


def _whole(settings: Settings) -> tuple[Ints, Ints, Ints]:
    if settings.kind in HIDDEN:
        # Topics take turns, from another beginning for each pair.
        cell, number = np.divmod(np.arange(settings.whole), settings.each)
        return cell, (cell * 7 + number) % len(settings.topics), number // len(settings.topics)
    cell, rest = np.divmod(np.arange(settings.whole), len(settings.topics) * settings.each)
    topic, number = np.divmod(rest, settings.each)
    return cell, topic, number


def _sampled(settings: Settings) -> tuple[Ints, Ints, Ints]:
    """The n-th texts of all cells before the n + 1-th of any; each cell goes through the folds in turn."""
    assert settings.sample is not None
    turn, cell = np.divmod(np.arange(settings.sample), settings.cells)
    if settings.kind in ("dialogues", *HIDDEN):
        # A sample smaller than the pairs takes pairs from all over the table, not those of the first words.
        cell = np.random.default_rng(settings.seed).permutation(settings.cells)[cell]
    topics = len(settings.topics)
    by_fold = _spread(settings.topics)
    return cell, by_fold[(turn + cell * 7) % topics], turn // topics


def _spread(topics: Sequence[str]) -> Ints:
    """Topics in the order in which they are dealt over the folds, so that neighbours belong to different ones."""
    return np.array(dealing_order(topics), dtype=np.int64)


def _requests(settings: Settings, cell: Ints, topic: Ints) -> Ints:
    """Texts for the same words and topic share a request, so many at most."""
    new_pair = np.concatenate([[True], (np.diff(cell) != 0) | (np.diff(topic) != 0)])
    start = np.maximum.accumulate(np.where(new_pair, np.arange(len(cell)), 0))
    within = np.arange(len(cell)) - start
    return np.cumsum(within % settings.texts_per_request == 0) - 1


def _check_list(names: Sequence[str], what: str, fewest: int) -> None:
    if len(names) < fewest:
        raise InputError(f"too few {what}", where=f"--{what}", expected=f"at least {fewest}", found=str(len(names)))
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise InputError(f"a name occurs twice among the {what}", where=f"--{what}", found=repr(twice))


def _coded(places: Ints, names: list[str]) -> pa.Array[Any]:
    """Names by their places, each name kept once."""
    return pa.DictionaryArray.from_arrays(places.astype(np.int32), pa.array(names, pa.string()))
