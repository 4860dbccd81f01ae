"""What is asked in a comparison of checkpoints."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256

from affectlab.errors import InputError
from affectlab.lexicon.items import Items
from affectlab.text.passages import open_passages

ALIGNED_EVERY = 3
"""Every third neutral prompt serves the alignment of spaces, and no claim."""
FEWEST = 3
KINDS = ("challenging", "neutral")


@dataclass(frozen=True)
class PromptSets:
    """What a human says to each model. Claims rest on the first two; `alignment` is for fitting a rotation alone."""

    challenging: tuple[str, ...]
    neutral: tuple[str, ...]
    alignment: tuple[str, ...] = ()
    register: str = "own"

    def __post_init__(self) -> None:
        for name in KINDS:
            found = len(getattr(self, name))
            if found < FEWEST:
                fix = "give more, or use a register that has them"
                raise InputError(f"too few {name} prompts", expected=f"at least {FEWEST}", found=str(found), fix=fix)
        claimed = {*self.challenging, *self.neutral}
        if both := claimed & set(self.alignment):
            raise InputError("a prompt of the alignment also serves a claim", found=repr(min(both))[:60])

    @property
    def hash(self) -> str:
        """16 hexadecimal digits that name these prompts."""
        parts = ["\0".join(part) for part in (self.challenging, self.neutral, self.alignment)]
        return sha256("\1".join(parts).encode()).hexdigest()[:16]


def prompt_sets(items: Items) -> PromptSets:
    """The prompts of a register, every third neutral one kept for the alignment of spaces."""
    challenging = tuple(prompt.text for prompt in items.challenging)
    return replace(dealt(challenging, [prompt.text for prompt in items.neutral]), register=items.register)


def dealt(challenging: Sequence[str], neutral: Sequence[str]) -> PromptSets:
    """Prompt sets, every third neutral prompt kept for the alignment."""
    kept = tuple(text for place, text in enumerate(neutral) if place % ALIGNED_EVERY != ALIGNED_EVERY - 1)
    return PromptSets(tuple(challenging), kept, tuple(neutral[ALIGNED_EVERY - 1 :: ALIGNED_EVERY]))


def own_prompts(path: str | os.PathLike[str], register: Items | None = None) -> PromptSets:
    """Prompts from a file: one a line, or JSON lines and Parquet with `text` and perhaps `kind`.

    A prompt without a kind is challenging. Where none is neutral, the neutral ones of a register are taken.
    """
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    source = open_passages(path, unit="line")
    with closing(source.rows):
        for number, row in source.rows:
            kind, text = _prompt(row, source.place(number))
            found[kind].append(text)
    if not found["neutral"] and register is not None:
        found["neutral"] = [prompt.text for prompt in register.neutral]
    try:
        return dealt(*(list(dict.fromkeys(found[kind])) for kind in KINDS))
    except InputError as error:
        error.move(os.fspath(path))
        raise


def _prompt(row: object, where: str) -> tuple[str, str]:
    given = row if isinstance(row, Mapping) else {}
    text, kind = given.get("text"), given.get("kind") or KINDS[0]
    if not isinstance(text, str) or not text.strip():
        raise InputError("a prompt without text", where=where, expected='"text"', found=repr(row)[:60])
    if kind not in KINDS:
        raise InputError("an unknown kind of prompt", where=where, expected=" or ".join(KINDS), found=repr(kind)[:60])
    return str(kind), text.strip()
