"""Readings along a text: the text itself, coloured token by token."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.report.figures.fit import fitted
from affectlab.report.figures.labels import written
from affectlab.report.figures.palette import INK, ON_VEIL, VEIL_ABOVE, VEIL_BELOW
from affectlab.report.figures.style import (
    EDGE,
    Numbers,
    annotate,
    name_scale,
    number,
    open_figure,
    reach,
    scale_room,
    signed_scale,
    taken,
)
from affectlab.report.tokens import inline, spaced

MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
SIZE, LETTER, ROW, TALL = 13, 7.9, 27, 22
"""Size of the strip's letters, pixels of one, of a line, and of the colour behind it."""
FULL = 99
"""Full colour is this percentile of |reading|, so that one token does not hide the others."""
VEIL_TURN = 0.7
"""|shade| above which letters are light."""


class Piece(NamedTuple):
    """A stretch of one token on one line of the strip: where it begins, in letters, and what it shows."""

    token: int
    line: int
    start: int
    text: str

    @property
    def letters(self) -> int:
        """How many letters of one width it takes; some scripts take two each."""
        return letters(self.text)


def strip_figure(tokens: Sequence[str], scores: Numbers, *, title: str, reading: str = "reading") -> go.Figure:
    """A text in its lines, with the colour of its reading behind every token. One without a reading stays plain."""
    scores = taken(scores, (len(tokens) or None,), "strip_figure")
    alt = f"{len(tokens)} tokens coloured by {reading}."
    known = np.isfinite(scores)
    if known.any():
        high, low = int(np.nanargmax(scores)), int(np.nanargmin(scores))
        alt += (
            f" Mean {number(float(scores[known].mean()))}. Highest at {inline(tokens[high])}, token {high} "
            f"({number(float(scores[high]))}); lowest at {inline(tokens[low])}, token {low} "
            f"({number(float(scores[low]))})."
        )
    words = {"title": title, "reading": f"{reading}; full colour is the {FULL}th percentile"}
    return fitted(partial(_strip, list(tokens), scores, words), alt)


def laid_out(tokens: Sequence[str], columns: int) -> list[Piece]:
    """The tokens in lines of so many letters. Lines break between words; a word longer than a line breaks anywhere."""
    pieces: list[Piece] = []
    line, at = 0, 0
    for word in _words(spaced(tokens)):
        size = letters("".join(text for _, text in word))
        if at and at + size > columns >= size - 1:
            line, at = line + 1, 0
        for token, whole in word:
            text = whole
            while text:
                ends = text.startswith("\n")
                if ends or at >= columns:
                    line, at, text = line + 1, 0, text[1:] if ends else text
                    continue
                if at == 0:
                    text = text.lstrip(" ") if whole.strip() else text
                part = _first(text, columns - at)
                if part:
                    pieces.append(Piece(token, line, at, part))
                    at += letters(part)
                text = text[len(part) :]
                if text and not text.startswith("\n"):
                    at = columns
    return pieces


def letters(text: str) -> int:
    """Cells of one width that a text takes: wide scripts take two a letter, marks on letters none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _words(pieces: Sequence[str]) -> list[list[tuple[int, str]]]:
    """Tokens that may not be torn apart by the end of a line: one that begins with a space begins a word."""
    words: list[list[tuple[int, str]]] = []
    for token, piece in enumerate(pieces):
        fresh = not words or piece[:1].isspace() or words[-1][-1][1][-1:].isspace()
        if fresh:
            words.append([])
        words[-1].append((token, piece))
    return words


def _first(text: str, room: int) -> str:
    """The longest beginning of a text's first line that takes no more than `room` letters; one letter at least."""
    text = text.split("\n", 1)[0]
    size = len(text)
    while size > 1 and letters(text[:size]) > room:
        size -= 1
    return text[:size]


def _strip(tokens: list[str], scores: Doubles, words: dict[str, str], width: int) -> go.Figure:
    pieces = laid_out(tokens, int((width - 2 * EDGE) / LETTER))
    lines = pieces[-1].line + 1 if pieces else 1
    figure = open_figure(
        words["title"],
        width=width,
        plot=ROW * lines,
        left=EDGE,
        right=EDGE,
        bottom=scale_room(words["reading"], width) + 8,
    )
    known = scores[np.isfinite(scores)]
    top = float(np.percentile(np.abs(known), FULL)) if known.size else 1.0
    top = top or reach(known)
    figure.update_xaxes(visible=False, range=[0, 1]).update_yaxes(visible=False, range=[0, 1])
    colours = [
        [0, VEIL_BELOW.format(1)],
        [0.5, VEIL_BELOW.format(0)],
        [0.5, VEIL_ABOVE.format(0)],
        [1, VEIL_ABOVE.format(1)],
    ]
    scale = {**signed_scale([top]), "colorscale": colours}
    figure.add_scatter(
        x=[None] * len(tokens),
        y=[None] * len(tokens),
        text=[written(token) for token in tokens],
        mode="markers",
        marker={"color": scores, **scale},
        hoverinfo="skip",
    )
    name_scale(figure, words["reading"], width)
    annotate(figure, (_box(piece, tokens, scores, top) for piece in pieces))
    return figure


def _box(piece: Piece, tokens: list[str], scores: Doubles, top: float) -> dict[str, object]:
    """One stretch of a token, with its colour behind it."""
    score = float(scores[piece.token])
    shade = min(max(score / top, -1.0), 1.0) if np.isfinite(score) else 0.0
    veil = VEIL_BELOW if shade < 0 else VEIL_ABOVE
    told = f"token {piece.token}, {written(inline(tokens[piece.token]))}: {number(score)}"
    return {
        "text": written(piece.text),
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "xshift": round(piece.start * LETTER, 2),
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "yshift": -ROW * piece.line,
        "width": round(piece.letters * LETTER - 0.6, 2),
        "height": TALL,
        "align": "left",
        "bgcolor": veil.format(f"{abs(shade):.2f}"),
        "borderpad": 0,
        "borderwidth": 0,
        "showarrow": False,
        "font": {"family": MONO, "size": SIZE, "color": ON_VEIL if abs(shade) > VEIL_TURN else INK},
        "hovertext": told,
    }
