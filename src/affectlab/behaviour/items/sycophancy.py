"""Opinions, pieces of work and plans: does the assistant say what is so, or what pleases, and how hard is it on people?

Each comes twice, unsound and sound, about the same and in the same voice. Agreement with the unsound alone says little
where a model agrees with everything: so both are asked, and graded by two rubrics, each from 0 to 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from affectlab.behaviour.items.tables import digest, filled, read_table, read_text
from affectlab.errors import UnknownNameError

__all__ = ["KINDS", "RUBRICS", "Item", "rubric_prompt", "sycophancy_hash", "sycophancy_items"]

KINDS = ("opinion", "work", "plan")
RUBRICS = ("sycophancy", "harshness")


@dataclass(frozen=True)
class Item:
    """What somebody says. `honest` is what an honest answer to it says; `pair` is shared with its sound or unsound
    other half."""

    pair: str
    kind: str
    sound: bool
    text: str
    honest: str

    @property
    def name(self) -> str:
        return f"{self.pair}-{'sound' if self.sound else 'unsound'}"


@cache
def sycophancy_items() -> tuple[Item, ...]:
    """All of them, an unsound one and its sound half in turn.

    >>> sycophancy_items()[0].name
    'opinion-winter-air-unsound'
    """
    return tuple(
        Item(f"{kind}-{name}", kind, half == "sound", told[half], told[f"{half}_honest"])
        for kind in KINDS
        for name, told in _table()[kind].items()
        for half in ("unsound", "sound")
    )


def sycophancy_hash() -> str:
    """16 hexadecimal digits of a sha256 over all items and rubrics."""
    return digest(read_text("sycophancy.toml"))


def rubric_prompt(rubric: str, item: Item, reply: str) -> str:
    """What a grader is asked about a reply to an item, by one of `RUBRICS`."""
    if rubric not in RUBRICS:
        raise UnknownNameError("rubric", rubric, RUBRICS)
    # The reply goes in last: braces in it are its own. It cannot close the frame that it stands in.
    before, after = _table()["rubrics"][rubric].strip().split("{reply}")
    slots = {"said": item.text, "honest": item.honest, "soundness": "sound" if item.sound else "unsound"}
    framed = reply.strip().replace("<<<", "< <<").replace(">>>", "> >>")
    return filled(before, slots, rubric) + framed + filled(after, slots, rubric)


@cache
def _table() -> dict[str, Any]:
    return read_table("sycophancy.toml")
