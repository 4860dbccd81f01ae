"""What the log keeps of a steered and read reply: the receipt, and readings token by token. Plain JSON, and compact."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from affectlab.behaviour.provider.asked import Asked
from affectlab.core import Readout
from affectlab.models.base import Model
from affectlab.models.chat import ChatTokens
from affectlab.models.verbs import Reply


def record(model: Model, asked: Asked, chat: ChatTokens, reply: Reply, kept: int) -> dict[str, Any]:
    """The part of an output's metadata that is ours, for one reply of which `kept` tokens are told."""
    found: dict[str, Any] = {"model": model.identity.id, "weights": model.identity.weights}
    found["said"] = list(reply.tokens[:kept])
    if asked.vectors is not None:
        found["vectors"] = asked.vectors.hash
    if reply.receipt is not None:
        found["receipt"] = {**asdict(reply.receipt), "selector": str(asked.steer.tokens) if asked.steer else ""}
    if asked.readout is not None and reply.scores is not None:
        found["readings"] = _readings(model, asked, asked.readout, chat, reply, kept)
    if kept < len(reply.tokens):
        found["cut"] = len(reply.tokens) - kept
    return found


def _readings(
    model: Model, asked: Asked, readout: Readout, chat: ChatTokens, reply: Reply, kept: int
) -> dict[str, Any]:
    """Readings from the assistant's last words in the conversation on: what lies before stands in an earlier output.

    `first` is the position of the first token told, `turn` that of the first token of the assistant's turn, `colon`
    that of the last token of the generation prompt, `reply` that of the first token generated. The last token generated
    is never run, so it has no reading.
    """
    assert reply.scores is not None
    first = after_last_reply(chat)
    scores = reply.scores[first : len(reply.prompt) + kept]
    tokens = (*reply.prompt, *reply.tokens)[first : first + len(scores)]
    return {
        "first": first,
        "turn": chat.assistant,
        "colon": chat.colon,
        "reply": len(reply.prompt),
        "tokens": list(model.tokenizer.pieces(tokens)),
        "convention": asked.convention.value,
        "layers": [
            {
                "layer": site,
                "scores": {name: _short(scores[:, place, probe]) for probe, name in enumerate(asked.emotions)},
            }
            for place, site in enumerate(readout.sites)
        ],
    }


def after_last_reply(chat: ChatTokens) -> int:
    """The position behind the last turn in which the assistant has spoken; 0 if it has not."""
    spoken = [turn for turn, role in enumerate(chat.roles[:-1]) if role == "assistant"]
    return int(np.searchsorted(chat.turn, spoken[-1], side="right")) if spoken else 0


def _short(scores: Any) -> list[float]:
    """Four digits: a reading says no more."""
    return [float(f"{score:.4g}") for score in scores.tolist()]
