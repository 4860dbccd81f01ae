"""The few highest passages of every emotion, and an even sample of tokens, kept from a stream of any length."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from affectlab.core import Doubles, Floats


class Passage(NamedTuple):
    """A stretch of a text: where it stands, its tokens, and the emotion its row is labelled with, if it is. The first
    `front` tokens are not of the text but what the model expects before one; `cut` says whether the text goes on before
    the stretch, and behind it."""

    where: str
    tokens: tuple[int, ...]
    label: str | None
    front: int = 0
    cut: tuple[bool, bool] = (False, False)


class Kept(NamedTuple):
    """An entry of a heap; `order` is later for later passages, negative, so that of equals the first stays."""

    score: float
    order: int
    passage: Passage
    readings: Floats


class Best:
    """The highest passages of every emotion, so many and no more."""

    def __init__(self, emotions: int, top: int) -> None:
        self.top = top
        self.heaps: list[list[Kept]] = [[] for _ in range(emotions)]
        self._seen = 0

    def add(self, passage: Passage, readings: Floats) -> None:
        """`readings` [tokens, emotions] of the tokens that count."""
        self._seen += 1
        for place, score in enumerate(readings.mean(axis=0, dtype=np.float64).tolist()):
            heap = self.heaps[place]
            if len(heap) == self.top and score <= heap[0].score:
                continue
            if any(entry.passage.tokens == passage.tokens for entry in heap):
                continue
            entry = Kept(score, -self._seen, passage, readings[:, place].copy())
            if len(heap) < self.top:
                heapq.heappush(heap, entry)
            else:
                heapq.heapreplace(heap, entry)

    def sorted(self, place: int) -> list[Kept]:
        """The passages of one emotion, the highest first."""
        return sorted(self.heaps[place], reverse=True)


class Sample:
    """Readings of tokens drawn evenly from a stream of unknown length: those with the lowest of keys drawn for each."""

    def __init__(self, size: int, emotions: int, seed: int) -> None:
        self.size = size
        self._generator = np.random.default_rng(seed)
        self._keys = np.zeros(0)
        self.readings: Floats = np.zeros((0, emotions), dtype=np.float32)

    def add(self, readings: Floats) -> None:
        keys = np.concatenate([self._keys, self._generator.random(len(readings))])
        both = np.concatenate([self.readings, readings])
        if len(keys) > self.size:
            kept = np.sort(np.argpartition(keys, self.size)[: self.size])
            keys, both = keys[kept], both[kept]
        self._keys, self.readings = keys, both

    def quantile(self, share: float) -> Doubles:
        return np.asarray(np.quantile(self.readings.astype(np.float64), share, axis=0))
