"""What every writer is: something that answers a list of requests, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable


class Request(NamedTuple):
    """A conversation to be continued, and the seed with which it is."""

    messages: Sequence[Mapping[str, str]]
    seed: int


class Answer(NamedTuple):
    """What was written, and whether it ended by itself (`stop`), was cut at the most tokens (`length`), or was
    withheld by the writer (`refused`). A text may be blank."""

    text: str
    ended: Literal["stop", "length", "refused"]


FEW = 64
"""Of a writer that runs here."""


@runtime_checkable
class Writer(Protocol):
    """`name` is kept with every text: it says which model wrote, and where it ran. `settings` are kept with the plan:
    what else decides the texts, so that a run goes on with the same. So few requests as `few` take hardly longer than
    one and cost nothing: of these, all tries that are left are made at once."""

    name: str
    settings: Mapping[str, Any]
    few: int

    def write(
        self,
        requests: Sequence[Request],
        *,
        max_tokens: int,
        temperature: float,
        top_p: float,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[Answer]:
        """One answer a request, in order. `progress` is told how many are done. Raises where one cannot be had."""
