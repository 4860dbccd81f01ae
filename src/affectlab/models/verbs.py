"""What people do with a model, each a few lines around `Model.run`: generate, score, choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from affectlab.core import Floats, Readout, Receipt, Steer
from affectlab.errors import InputError, OurError, SteeringNotAppliedError
from affectlab.models.base import Event, Model, Row, RowEnd, Sampling, TokenEvent
from affectlab.models.batches import run_rows
from affectlab.models.chat import encode_chat, spaced

Prompt: TypeAlias = str | Sequence[Mapping[str, str]]
"""A plain text, or a conversation for the model's chat template."""

BACKEND = "this is the backend's fault: please report it"


@dataclass(frozen=True, eq=False)
class Reply:
    """What a row gave: the text and tokens generated, their log-probabilities, readings if asked, and the receipt."""

    text: str
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    reason: str
    prompt: tuple[int, ...]
    receipt: Receipt | None = None
    scores: Floats | None = field(default=None, repr=False)
    """Readings of the prompt's tokens and the generated ones that were run again, [tokens, sites, probes]."""

    @property
    def steered(self) -> bool:
        """Whether any token was steered. One that was to be is not if the model ends the text before it comes to it,
        as with `tokens="reply"` when the first token generated is the end; the receipt then counts no tokens."""
        return self.receipt is not None and not self.receipt.empty


def prompt_row(model: Model, prompt: Prompt, *, prefill: str = "") -> Row:
    """The tokens of a prompt, with the place where the assistant's turn begins if it is a conversation."""
    if isinstance(prompt, str):
        if not prompt.strip():
            raise InputError("the prompt is empty", where="prompt", expected="some text", found=repr(prompt))
        return Row(model.tokenizer.encode(prompt + prefill))
    chat = encode_chat(model.tokenizer, prompt, generation=True, prefill=prefill)
    return Row(chat.tokens, turn=chat.assistant)


def opened(model: Model, prompt: Prompt, begun: str) -> str:
    """The beginning of an answer to a prompt as this model's template wants it: `chat.spaced`."""
    last = prompt_row(model, prompt).tokens[-1:]
    return spaced(model.tokenizer.pieces(last)[0], begun)


def generate(
    model: Model,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    *,
    steer: Steer | Sequence[Steer | None] | None = None,
    readout: Readout | None = None,
    prefill: str = "",
) -> list[Reply]:
    """Continue each prompt. `steer` is one for all, or one per prompt; row i draws with seed `sampling.seed + i`."""
    steers = list(steer) if isinstance(steer, Sequence) else [steer] * len(prompts)
    if len(steers) != len(prompts):
        raise InputError("one steering per prompt", expected=str(len(prompts)), found=str(len(steers)))
    rows = [
        replace(
            prompt_row(model, prompt, prefill=prefill),
            steer=one,
            readout=readout,
            sampling=replace(sampling, seed=sampling.seed + index),
        )
        for index, (prompt, one) in enumerate(zip(prompts, steers, strict=True))
    ]
    return collect(model, rows)


def collect(model: Model, rows: Sequence[Row]) -> list[Reply]:
    """Run rows and gather the events of each into a Reply, in the order of the rows."""
    events: list[list[Event]] = [[] for _ in rows]
    for event in run_rows(model, rows):
        events[event.row].append(event)
    return [gather(model, row, found) for row, found in zip(rows, events, strict=True)]


def gather(model: Model, row: Row, events: Sequence[Event]) -> Reply:
    """All events of one row as a Reply; the last is its end."""
    end = events[-1] if events else None
    if not isinstance(end, RowEnd):
        raise OurError("a row has no end", where="Model.run", expected="RowEnd as its last event", fix=BACKEND)
    if end.receipt is not None and end.receipt.empty and end.reason != "stop":
        raise SteeringNotAppliedError("the steering touched no token", where=end.receipt.label, fix=BACKEND)
    told = [event for event in events if isinstance(event, TokenEvent)]
    made = [event for event in told if event.generated]
    tokens = tuple(event.token for event in made)
    text = tokens[:-1] if end.reason == "stop" else tokens
    scores = [event.scores for event in told if event.scores is not None]
    return Reply(
        text=model.tokenizer.decode(text),
        tokens=tokens,
        logprobs=tuple(event.logprob for event in made if event.logprob is not None),
        reason=end.reason,
        prompt=row.tokens,
        receipt=end.receipt,
        scores=np.stack(scores) if scores else None,
    )


def score(model: Model, rows: Sequence[Row]) -> list[tuple[float, ...]]:
    """Log-probability of every given token of each row but its first, given those before."""
    found: list[list[float]] = [[] for _ in rows]
    for event in run_rows(model, [replace(row, logprobs=True, sampling=None) for row in rows]):
        if isinstance(event, TokenEvent) and event.logprob is not None:
            found[event.row].append(event.logprob)
    return [tuple(logprobs) for logprobs in found]


def choose(model: Model, rows: Sequence[Row], candidates: Sequence[int]) -> Floats:
    """Log-probabilities [rows, candidates] of single tokens directly after each row."""
    asked = [replace(row, candidates=tuple(candidates), sampling=None) for row in rows]
    found = np.zeros((len(rows), len(candidates)), dtype=np.float32)
    for event in run_rows(model, asked):
        if isinstance(event, RowEnd):
            found[event.row] = event.candidates
    return found


def choose_each(model: Model, rows: Sequence[Row], steers: Sequence[Steer | None], candidates: Sequence[int]) -> Floats:
    """Log-probabilities [steers, rows, candidates] of single tokens directly after every row, under every steering.

    What rows have in common, and what lies below the first steered site, is run once where the backend can. How the
    rows themselves are steered does not count.
    """
    found = model.sweep(rows, steers, candidates)
    if found is None:
        steered = [replace(row, steer=steer) for row in rows for steer in steers]
        found = choose(model, steered, candidates).reshape(len(rows), len(steers), -1).swapaxes(0, 1)
    return found
