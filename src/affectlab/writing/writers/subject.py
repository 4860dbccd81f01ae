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
from affectlab.models.batches import run_rows
from affectlab.models.chat import PLAIN_NAMES
from affectlab.models.verbs import prompt_row
from affectlab.writing.writers.base import Answer, Request
from affectlab.writing.writers.replies import without_thought

_NEXT_QUESTION = f"\n\n{PLAIN_NAMES['user']}:"


class SubjectWriter:
    """A model that is loaded here, and writes for itself.

    `name` stands in place of the model's id. `budget` is how many tokens go into a batch: the model's own, which on an
    accelerator depends on the memory that was free when it was loaded, so whoever wants the same bytes again keeps it.
    """

    def __init__(self, model: Model, name: str | None = None, *, budget: int | None = None) -> None:
        self.model, self.budget = model, budget or model.budget
        self.name = f"{name or model.identity.id} (weights {model.identity.weights[:8]})"
        self.settings: Mapping[str, Any] = {"budget": self.budget}

    def write(
        self,
        requests: Sequence[Request],
        *,
        max_tokens: int,
        temperature: float,
        top_p: float,
        progress: Callable[[int], None] = lambda done: None,
        keep: Callable[[int, Answer], None] = lambda index, answer: None,
    ) -> list[Answer]:
        """One answer a request, in order. `keep` is given each as it is written, with the place of its request."""
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
                keep(event.row, found[event.row])
                progress(len(found))
            else:
                written[event.row].append(event.token)
        return [found[index] for index in range(len(rows))]

    def _answer(self, tokens: Sequence[int], end: RowEnd) -> Answer:
        """What was written, without the token that ended it."""
        text = self.model.tokenizer.decode(tokens[:-1] if end.reason == "stop" else tokens)
        own, further, _ = text.partition(_NEXT_QUESTION) if self.model.tokenizer.template is None else (text, "", "")
        return Answer(without_thought(own), "stop" if further or end.reason == "stop" else "length")
