"""The subject writes its own texts, through the seam.

1. Every request becomes a row that draws with the request's own seed.
2. Rows are dealt into batches by length. The requests and the budget alone decide which rows run together, so that a
   run that was killed and is repeated gives the same bytes.
3. Where the model has no chat template it would go on with the next question; what it wrote ends before that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from affectlab.models.base import Model, RowEnd, Sampling
from affectlab.models.batches import STEPS_PER_TOKEN, run_rows
from affectlab.models.chat import PLAIN_NAMES
from affectlab.models.verbs import prompt_row
from affectlab.writing.writers.base import FEW, Answer, Request
from affectlab.writing.writers.replies import without_thought

CACHE = 2 << 30
"""Bytes that the keys and values of one batch may take on a processor."""

MOST = 8192
"""Tokens of the largest batch. What a shard asks of a small model fits into it."""

_NEXT_QUESTION = f"\n\n{PLAIN_NAMES['user']}:"


class SubjectWriter:
    """A model that is loaded here, and writes for itself.

    `name` stands in place of the model's id. `budget` is how many tokens go into a batch. By default it follows the
    model, and on an accelerator the memory that was free when it was loaded, so whoever wants the same bytes again
    keeps it.
    """

    def __init__(self, model: Model, name: str | None = None, *, budget: int | None = None) -> None:
        self.model, self.budget = model, budget or _budget(model)
        self.name = f"{name or model.identity.id} (weights {model.identity.weights[:8]})"
        self.few = FEW
        self.settings: Mapping[str, Any] = {"budget": self.budget, "dtype": model.facts.get("dtype", "")}

    def write(
        self,
        requests: Sequence[Request],
        *,
        max_tokens: int,
        temperature: float,
        top_p: float,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[Answer]:
        """One answer a request, in order."""
        sampling = Sampling(max_tokens, temperature=temperature, top_p=top_p)
        rows = [
            replace(prompt_row(self.model, request.messages), sampling=replace(sampling, seed=request.seed))
            for request in requests
        ]
        written: list[list[int]] = [[] for _ in rows]
        found: dict[int, Answer] = {}
        for event in run_rows(self.model, rows, self.budget):
            if isinstance(event, RowEnd):
                found[event.row] = self._answer(written[event.row], event)
                progress(len(found))
            else:
                written[event.row].append(event.token)
        return [found[index] for index in range(len(rows))]

    def _answer(self, tokens: Sequence[int], end: RowEnd) -> Answer:
        """What was written, without the token that ended it."""
        text = self.model.tokenizer.decode(tokens[:-1] if end.reason == "stop" else tokens)
        own, further, _ = text.partition(_NEXT_QUESTION) if self.model.tokenizer.template is None else (text, "", "")
        return Answer(without_thought(own), "stop" if further or end.reason == "stop" else "length")


def _budget(model: Model) -> int:
    """The model's own; on a processor more where there is room for the keys and values. Each step runs one token a
    row, and a small network is not busy with as few rows as it reads together."""
    if model.facts.get("device") != "cpu":
        return model.budget
    keys_and_values = 2 * 4 * model.width * model.blocks
    return max(model.budget, min(MOST, CACHE // keys_and_values // STEPS_PER_TOKEN))
