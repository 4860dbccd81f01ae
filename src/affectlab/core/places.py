"""Where things are: layers, sites, and which tokens of a row are meant.

A layer is a 0-based decoder block. A site is the residual stream after that block, before any final norm, so a site
is named by its layer. Position 0 is the first token the model sees, BOS included; positions are absolute in the
sequence, also while decoding with a cache.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from affectlab.core.arrays import Bools, Ints
from affectlab.errors import InputError

START = 50
"""Positions before this one are left out of averages: a story has hardly begun there."""

DEFAULT_DEPTH = 2 / 3
"""The default site, as a fraction of the blocks, where no held-out layer has been chosen."""

SelectorKind = Literal["all", "prompt", "reply", "turn", "spans", "from"]


def default_layer(blocks: int) -> int:
    """floor(2/3 x blocks): the mid-late layer that is used where nothing better is known."""
    return min(blocks - 1, math.floor(DEFAULT_DEPTH * blocks))


def middle_layers(blocks: int) -> range:
    """From half to two thirds of the depth: where steering is known to work.

    >>> list(middle_layers(12))
    [6, 7, 8]
    """
    return range(blocks // 2, default_layer(blocks) + 1)


def parse_layers(text: str, blocks: int) -> tuple[int, ...]:
    """Layers named by `all`, `4`, `2-5` (inclusive), `0.66` (floor of the fraction x blocks), or a comma list of these.

    >>> parse_layers("2-4,0.5", 12)
    (2, 3, 4, 6)
    """
    chosen: set[int] = set()
    for part in text.split(","):
        chosen.update(_layers_of(part.strip(), blocks))
    return tuple(sorted(chosen))


_WHOLE = r"\d{1,9}"


def _layers_of(part: str, blocks: int) -> range:
    if part == "all":
        return range(blocks)
    if re.fullmatch(_WHOLE, part, re.ASCII):
        first = last = int(part)
    elif re.fullmatch(f"{_WHOLE}-{_WHOLE}", part, re.ASCII):
        first, last = (int(number) for number in part.split("-"))
    elif re.fullmatch(r"0?\.\d{1,9}", part, re.ASCII):
        # As a fraction, not a float: floor(0.29 x 100) is 29.
        first = last = math.floor(Fraction(part) * blocks)
    else:
        raise _layer_error(f"{part!r} is not a layer", part, blocks)
    if last < first or last >= blocks:
        raise _layer_error(f"layer {part} does not exist", part, blocks)
    return range(first, last + 1)


def _layer_error(what: str, part: str, blocks: int) -> InputError:
    expected = f"all, a number from 0 to {blocks - 1}, a range such as 0-{blocks - 1}, or a fraction such as 0.66"
    return InputError(what, where="layers", expected=expected, found=repr(part), fix="count blocks from 0")


def check_sites(sites: tuple[int, ...], blocks: int) -> None:
    """Raise unless every site is a block of a model with so many."""
    for site in sites:
        if not 0 <= site < blocks:
            raise _layer_error(f"layer {site} does not exist", str(site), blocks)


@dataclass(frozen=True)
class Marks:
    """What a row knows of its own tokens: how many were given, which are prompt, where the assistant's turn begins."""

    given: int
    prompt: int
    turn: int | None = None
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Tokens:
    """Which tokens of a row are meant.

    `all`; `prompt` (before the reply, without a choice that is only scored); `reply` (generated tokens only); `turn`
    (the assistant's tokens with the generation prompt and any prefill); `spans` (given by the row); `from N`.
    """

    kind: SelectorKind = "all"
    start: int = 0

    def __post_init__(self) -> None:
        if self.start < 0:
            raise InputError("positions count from 0", where="token selector 'from N'", found=str(self.start))

    @classmethod
    def parse(cls, text: str) -> Tokens:
        words = text.split()
        match words:
            case ["all"]:
                return cls("all")
            case ["prompt"]:
                return cls("prompt")
            case ["reply"]:
                return cls("reply")
            case ["turn"]:
                return cls("turn")
            case ["spans"]:
                return cls("spans")
            case ["from", number] if number.isdecimal():
                return cls("from", int(number))
        raise InputError(
            f"{text!r} names no tokens",
            where="--tokens",
            expected="all, prompt, reply, turn, spans, or 'from N'",
            found=repr(text),
        )

    def __str__(self) -> str:
        return f"from {self.start}" if self.kind == "from" else self.kind

    def cover(self, positions: Ints, marks: Marks) -> Bools:
        """Which of these absolute positions are meant, in a row with these marks."""
        match self.kind:
            case "all":
                return np.ones(positions.shape, dtype=np.bool_)
            case "prompt":
                return positions < marks.prompt
            case "reply":
                return positions >= marks.given
            case "from":
                return positions >= self.start
            case "turn":
                if marks.turn is None:
                    raise InputError(
                        "this row has no assistant's turn", where="token selector 'turn'", fix="give a conversation"
                    )
                return positions >= marks.turn
            case "spans":
                if not marks.spans:
                    raise InputError("this row has no spans", where="token selector 'spans'", fix="name the spans")
                found = np.zeros(positions.shape, dtype=np.bool_)
                for first, last in marks.spans:
                    found |= (positions >= first) & (positions < last)
                return found
