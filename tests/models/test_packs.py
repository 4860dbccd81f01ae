"""Packed rows: each sees exactly its own tokens, and what is shared stands there once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab.models.packs import Pack, pack

ROWS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12).map(tuple), min_size=1, max_size=12)


def seen_from_the_end(packed: Pack, member: int, rows: list[tuple[int, ...]]) -> list[int]:
    """The tokens that the last token of a row sees, in their order."""
    visible = np.flatnonzero(packed.sees()[packed.ends[member]])
    found = [(int(packed.places[t]), rows[packed.rows[packed.owners[t]]][packed.places[t]]) for t in visible]
    assert [place for place, _ in found] == list(range(len(found))), "positions count from 0 without a gap"
    return [token for _, token in found]


@given(ROWS, st.integers(4, 40))
def test_every_row_sees_its_own_tokens_and_no_others(rows: list[tuple[int, ...]], room: int) -> None:
    packs = pack(rows, room=room)
    assert sorted(row for packed in packs for row in packed.rows) == list(range(len(rows)))
    for packed in packs:
        for member, row in enumerate(packed.rows):
            assert seen_from_the_end(packed, member, rows) == list(rows[row])


@given(ROWS, st.integers(4, 40))
def test_packs_are_never_longer_than_the_rows_nor_than_there_is_room(rows: list[tuple[int, ...]], room: int) -> None:
    packs = pack(rows, room=room)
    assert sum(map(len, packs)) <= sum(map(len, rows))
    assert all(len(packed) <= room for packed in packs if packed.branched)


@given(ROWS)
def test_without_branches_every_row_is_alone(rows: list[tuple[int, ...]]) -> None:
    packs = pack(rows, branches=False)
    assert [packed.rows for packed in packs] == [(row,) for row in range(len(rows))]
    assert [len(packed) for packed in packs] == [len(row) for row in rows]


def test_what_rows_share_is_run_once() -> None:
    rows = [(9, 8, 7, 6, 5, first, second) for first in range(3) for second in range(2)]
    # The five are shared by all; going on by the sixth token would run them, and it, three times.
    assert [(packed.shared, len(packed)) for packed in pack(rows)] == [(5, 5 + 6 * 2)]


def test_rows_that_share_more_with_some_are_packed_with_those() -> None:
    rows = [(1, *range(10, 20), end) for end in range(5)] + [(1, *range(30, 40), end) for end in range(5)]
    assert sorted((packed.shared, len(packed)) for packed in pack(rows)) == [(11, 16), (11, 16)]


def test_a_row_that_is_the_beginning_of_another_ends_in_what_is_shared() -> None:
    (packed,) = pack([(1, 2, 3), (1, 2, 3, 4)])
    assert (packed.shared, packed.ends, len(packed)) == (3, (2, 3), 4)


@pytest.mark.parametrize("room", [6, 11, 64])
def test_what_is_shared_is_repeated_where_there_is_no_room(room: int) -> None:
    rows = [(1, 2, 3, end) for end in range(10)]
    packs = pack(rows, room=room)
    assert len(packs) == -(-10 // (room - 3))
    assert all(packed.shared == 3 for packed in packs)
