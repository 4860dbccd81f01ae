"""Readings of single texts and conversations, token by token, steered or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from affectlab.core import Convention, Reading, Receipt, Steer
from affectlab.errors import InputError
from affectlab.models.base import Model, Row, RowEnd, TokenEvent
from affectlab.models.batches import run_rows
from affectlab.models.chat import encode_chat
from affectlab.models.verbs import Prompt
from affectlab.vectors.vectorset import VectorForm, VectorSet


def read(
    model: Model,
    vectors: VectorSet,
    texts: Sequence[Prompt],
    *,
    layers: Sequence[int] | None = None,
    convention: Convention = Convention.COSINE,
    emotions: Sequence[str] | None = None,
    form: VectorForm | None = None,
    steer: Steer | None = None,
) -> list[list[Reading]]:
    """Per-token readings of texts or conversations: for each text, one Reading per layer.

    A steered text is read as steered, after the edit at a site that is both.
    """
    vectors.check_model(model)
    readout = vectors.readout(layers=layers, convention=convention, emotions=emotions, form=form)
    names = tuple(emotions or vectors.emotions)
    rows = [replace(text_row(model, text), readout=readout, steer=steer) for text in texts]
    scores: list[list[np.ndarray]] = [[] for _ in rows]
    receipts: list[Receipt | None] = [None] * len(rows)
    for event in run_rows(model, rows):
        if isinstance(event, TokenEvent) and event.scores is not None:
            scores[event.row].append(event.scores)
        elif isinstance(event, RowEnd):
            receipts[event.row] = event.receipt
    return [
        [
            Reading(model.tokenizer.pieces(row.tokens), names, site, convention, np.stack(found)[:, place], receipt)
            for place, site in enumerate(readout.sites)
        ]
        for row, found, receipt in zip(rows, scores, receipts, strict=True)
    ]


def text_row(model: Model, text: Prompt) -> Row:
    """A text as it stands, or a conversation through the template with the generation prompt behind it unless the
    assistant has spoken last."""
    if isinstance(text, str):
        if not text.strip():
            raise InputError("the text is empty", where="text", expected="some text", found=repr(text))
        return Row(model.tokenizer.encode(text))
    chat = encode_chat(model.tokenizer, text, generation=not text or text[-1].get("role") != "assistant")
    return Row(chat.tokens, turn=chat.assistant)
