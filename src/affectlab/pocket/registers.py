"""Sets of items exist once for each register: in plain English, and in pocket's world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from affectlab.errors import UnknownNameError

Items = TypeVar("Items")


def made_for(register: str, makers: Mapping[str, Callable[[], Items]]) -> Items:
    """The set of this register."""
    if register not in makers:
        raise UnknownNameError("register", register, makers)
    return makers[register]()
