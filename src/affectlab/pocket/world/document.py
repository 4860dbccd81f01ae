"""One document of the world: a plain text, or a conversation in pocket's chat format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from affectlab.models.chat import PLAIN_NAMES

Facts: TypeAlias = dict[str, str | float]

BEGIN, END = "<|begin|>", "<|end|>"


@dataclass(frozen=True)
class Turn:
    """What one side of a conversation says."""

    role: str
    content: str


@dataclass(frozen=True)
class Document:
    """`state` is the emotion it was generated from; of a dialogue, the assistant's."""

    kind: str
    text: str = ""
    turns: tuple[Turn, ...] = ()
    state: str | None = None
    facts: Facts = field(default_factory=dict)
    """What else was decided while it was generated, such as the topic, a number or a decision."""

    def render(self) -> str:
        """The text as the model sees it, special tokens included."""
        if not self.turns:
            return f"{BEGIN}{self.text}{END}"
        ends = {"assistant": f"{END}\n\n"}
        said = (f"{PLAIN_NAMES[turn.role]}: {turn.content}{ends.get(turn.role, chr(10) * 2)}" for turn in self.turns)
        return BEGIN + "".join(said).removesuffix("\n\n")


def conversation(
    kind: str, *contents: str, system: str = "", state: str | None = None, facts: Facts | None = None
) -> Document:
    """A conversation in which the human begins and the sides take turns."""
    turns = [Turn(("user", "assistant")[place % 2], content) for place, content in enumerate(contents)]
    if system:
        turns.insert(0, Turn("system", system))
    return Document(kind, turns=tuple(turns), state=state, facts=facts or {})
