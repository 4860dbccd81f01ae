"""Rows that begin alike, packed into one sequence: what they share is run once.

    rows      a b c d      packed   a b c d e f
              a b c e f             └ shared ┘ each row's own tokens are a branch that sees the shared ones and itself

A sweep runs every row under many vectors, so a packed sequence is run once per vector and all of a batch are equally
long: nothing is padded. Two tokens are alike if they are the same token and steered alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from affectlab.core import Bools, Ints

TOKENS_A_PACK = 256
"""Attention looks at a whole pack, so a longer one costs more than it shares; a longer row is a pack of its own."""

Keys: TypeAlias = Sequence[Hashable]
"""A row, token by token: what two rows must have in common to share a place."""


@dataclass(frozen=True, eq=False)
class Pack:
    """Rows in one sequence. Token t of it is token `places[t]` of row `rows[owners[t]]`."""

    rows: tuple[int, ...]
    shared: int
    owners: Ints = field(repr=False)
    places: Ints = field(repr=False)
    ends: tuple[int, ...]
    """Where the last token of each row stands."""

    def __len__(self) -> int:
        return len(self.owners)

    @property
    def branched(self) -> bool:
        return len(self.rows) > 1

    def sees(self) -> Bools:
        """Which tokens each token sees, [tokens, tokens]: those before it that are shared or of its own row."""
        tokens = np.arange(len(self))
        kin = (self.owners[None, :] == self.owners[:, None]) | (tokens < self.shared)[None, :]
        return np.asarray(kin & (tokens[None, :] <= tokens[:, None]))


def pack(rows: Sequence[Keys], *, room: int = TOKENS_A_PACK, branches: bool = True) -> list[Pack]:
    """Put rows into packs so that few tokens are run. Without `branches` every row is alone."""
    if not branches or not rows:
        return [_packed((row,), [len(rows[row])], len(rows[row])) for row in range(len(rows))]
    order = _alphabetical(rows)
    lengths = [len(rows[row]) for row in order]
    alike = [0, *(_common(rows[a], rows[b]) for a, b in pairwise(order))]
    packs = []
    for begin, end, shared in _stretches(lengths, alike, 0, len(order), room)[1]:
        for first, last in _chunks(lengths[begin:end], shared, room):
            members = tuple(order[begin + first : begin + last])
            packs.append(_packed(members, [len(rows[row]) for row in members], shared))
    return packs


def _alphabetical(rows: Sequence[Keys]) -> list[int]:
    """Row numbers so sorted that rows with a common beginning stand together."""
    numbers: dict[Hashable, int] = {}
    spelled = [tuple(numbers.setdefault(key, len(numbers)) for key in row) for row in rows]
    return sorted(range(len(rows)), key=spelled.__getitem__)


def _common(left: Keys, right: Keys) -> int:
    """How many tokens two rows have in common before they part."""
    for place, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return place
    return min(len(left), len(right))


def _stretches(
    lengths: Sequence[int], alike: Sequence[int], begin: int, end: int, room: int
) -> tuple[int, list[tuple[int, int, int]]]:
    """Cut sorted rows into stretches that share a beginning, the cheapest way: the tokens run, and the stretches.

    All rows of a stretch have in common what its least alike neighbours have. Sharing less among more rows, or more
    among fewer: both are counted.
    """
    if end - begin == 1:
        return lengths[begin], [(begin, end, lengths[begin])]
    shared = min(alike[begin + 1 : end])
    own = sum(lengths[begin:end]) - shared * (end - begin)
    together = own + shared * max(1, -(-own // max(1, room - shared)))
    cuts = [begin, *(row for row in range(begin + 1, end) if alike[row] == shared), end]
    parts = [_stretches(lengths, alike, a, b, room) for a, b in pairwise(cuts)]
    apart = sum(tokens for tokens, _ in parts)
    if together <= apart:
        return together, [(begin, end, shared)]
    return apart, [stretch for _, stretches in parts for stretch in stretches]


def _chunks(lengths: Sequence[int], shared: int, room: int) -> list[tuple[int, int]]:
    """Stretches of rows that fit into one pack each."""
    found, first, held = [], 0, shared
    for row, length in enumerate(lengths):
        if row > first and held + length - shared > room:
            found.append((first, row))
            first, held = row, shared
        held += length - shared
    return [*found, (first, len(lengths))]


def _packed(members: tuple[int, ...], lengths: Sequence[int], shared: int) -> Pack:
    owners, places, ends = [np.zeros(shared, dtype=np.int64)], [np.arange(shared)], []
    for member, length in enumerate(lengths):
        owners.append(np.full(length - shared, member))
        places.append(np.arange(shared, length))
        ends.append(shared - 1 if length == shared else sum(map(len, places)) - 1)
    return Pack(members, shared, np.concatenate(owners), np.concatenate(places), tuple(ends))
