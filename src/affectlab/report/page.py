"""Readings of one text as a page that needs nothing else: no network, no other file."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from affectlab.core import Reading
from affectlab.report.organism import organism_fact
from affectlab.report.summary import furthest, plain, summary
from affectlab.report.template import embedded, facts_list, filled
from affectlab.report.terminal import receipt_line
from affectlab.report.tokens import inline, spaced

CHIPS = 8
"""How many emotions can be chosen with one click."""


def reading_page(readings: Sequence[Reading], model: str) -> str:
    """The page for readings of one text, at one layer or several, under the name of the model that read it."""
    first = readings[0]
    layers = ", ".join(str(reading.layer) for reading in readings)
    facts = {
        "model": model,
        "layer" if len(readings) == 1 else "layers": layers,
        "convention": str(first.convention),
        "tokens": f"{len(first.tokens):,}",
    }
    if first.receipt is not None:
        facts["steered"] = receipt_line(first.receipt)
    facts |= organism_fact(model)
    parts = {
        "title": f"Emotion readings: {html.escape(model)}",
        "facts": facts_list(facts),
        "tokens": _tokens(first.tokens),
        "data": _data(readings),
    }
    return filled("reading.html", parts)


def _tokens(tokens: Sequence[str]) -> str:
    pieces = enumerate(spaced(tokens))
    return "".join(f'<span class="token" tabindex="-1" data-i="{i}">{html.escape(piece)}</span>' for i, piece in pieces)


def _data(readings: Sequence[Reading]) -> str:
    """Everything the page's script needs, as JSON that cannot end its own element."""
    first = readings[0]
    found = {
        "emotions": first.emotions,
        "labels": [inline(token) for token in first.tokens],
        "chips": CHIPS,
        "layers": [_layer(reading) for reading in readings],
    }
    return embedded(found)


def _layer(reading: Reading) -> dict[str, Any]:
    """Per emotion the exact scores, and the shades -100 to 100 in which they are shown."""
    shades = np.rint(reading.scaled() * 100).astype(int)
    return {
        "layer": reading.layer,
        "top": reading.scale,
        "order": [reading.emotions.index(emotion) for emotion in furthest(reading, len(reading.emotions))],
        "scores": [plain(reading[emotion]) for emotion in reading.emotions],
        "shades": shades.T.tolist(),
        "means": [line.mean for line in summary(reading, reading.emotions)],
    }
