"""Tables that are read: what each vector makes a model more and less likely to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import plotly.graph_objects as go

from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import TALL, wide, wrapped, written
from affectlab.report.figures.palette import ABOVE, BELOW, INK, LINE, SOFT
from affectlab.report.figures.style import EDGE, SMALL, number, open_figure
from affectlab.report.tokens import inline

Ranked: TypeAlias = Mapping[str, Sequence[tuple[str, float]]]
"""For each emotion, tokens with what the vector adds to their scores, from the furthest on."""

SIZE, PAD = 12.5, 9
"""Size of letters, and pixels above and below a row."""
BETWEEN = "\u2002\u00b7\u2002"


class Cell(NamedTuple):
    """A text in a table: pixels from the left edge and from the top, its lines, and its looks."""

    x: float
    y: float
    text: str
    looks: dict[str, Any]
    told: str = ""


def lens_figure(top: Ranked, bottom: Ranked, *, title: str) -> go.Figure:
    """For each emotion, the tokens that its vector makes more likely and less likely, read through the unembedding."""
    if not top or list(top) != [name for name in top if name in bottom] or len(bottom) != len(top):
        raise InputError(
            "a lens table needs the same emotions above and below",
            where="lens_figure",
            expected=", ".join(top) or "one at least",
            found=", ".join(bottom) or "none",
        )
    told = [f"{name}: up {_listed(top[name])}; down {_listed(bottom[name])}." for name in top]
    alt = "Tokens that each vector makes more and less likely. " + " ".join(told)
    return fitted(partial(_lens, top, bottom, title), alt)


def _listed(tokens: Sequence[tuple[str, float]]) -> str:
    return ", ".join(_word(token) for token, _ in tokens[:3]) or "none"


def _word(token: str) -> str:
    """A token without the space before it; where nothing else is left, a sign for it."""
    return inline(token).strip("\u201c\u201d").strip() or "\u2423"


def _lens(top: Ranked, bottom: Ranked, title: str, width: int) -> go.Figure:
    cells, lines, height = (_columns if width >= WIDE else _stacked)(top, bottom, width)
    figure = open_figure(title, width=width, plot=round(height), left=EDGE, right=EDGE, bottom=8)
    figure.update_xaxes(visible=False, range=[0, 1]).update_yaxes(visible=False, range=[0, 1])
    figure.update_layout(annotations=[_annotation(cell) for cell in cells], shapes=[_rule(line) for line in lines])
    return figure


def _columns(top: Ranked, bottom: Ranked, width: int) -> tuple[list[Cell], list[float], float]:
    """A row an emotion; three columns, with a head."""
    first = max(wide(name, SIZE) for name in top) + 18
    across = (width - 2 * EDGE - first) / 2
    heads = {"size": SMALL, "color": SOFT}
    cells = [
        Cell(0, 0, "emotion", heads),
        Cell(first, 0, "its vector makes more likely", heads),
        Cell(first + across, 0, "and less likely", heads),
    ]
    y, lines = TALL * SMALL + 6, []
    for name in top:
        lines.append(y)
        sides = [_tokens(side[name], across - 14) for side in (top, bottom)]
        cells.append(Cell(0, y + PAD, f"<b>{written(name)}</b>", {"size": SIZE, "color": INK}))
        for place, (text, told) in enumerate(sides):
            looks = {"size": SIZE, "color": BELOW if place else ABOVE}
            cells.append(Cell(first + place * across, y + PAD, text, looks, told))
        y += max(text.count("<br>") + 1 for text, _ in sides) * TALL * SIZE + 2 * PAD
    return cells, lines, y


def _stacked(top: Ranked, bottom: Ranked, width: int) -> tuple[list[Cell], list[float], float]:
    """An emotion's name, below it what becomes more likely, below that what becomes less likely."""
    cells: list[Cell] = []
    lines = []
    y = 0.0
    mark = 20
    for name in top:
        lines.append(y)
        cells.append(Cell(0, y + PAD, f"<b>{written(name)}</b>", {"size": SIZE, "color": INK}))
        y += PAD + TALL * SIZE + 4
        for sign, colour, side in (("\u25b2", ABOVE, top), ("\u25bc", BELOW, bottom)):
            text, told = _tokens(side[name], width - 2 * EDGE - mark)
            cells.append(Cell(0, y, sign, {"size": SMALL, "color": colour}))
            cells.append(Cell(mark, y, text, {"size": SIZE, "color": colour}, told))
            y += (text.count("<br>") + 1) * TALL * SIZE + 4
        y += PAD - 4
    return cells, lines, y


def _tokens(tokens: Sequence[tuple[str, float]], width: float) -> tuple[str, str]:
    """Tokens in lines, broken between them only; and each with its number, for who points at them."""
    lines: list[str] = []
    for token, _ in tokens:
        word = _word(token)
        longer = f"{lines[-1]}{BETWEEN}{word}" if lines else word
        if lines and wide(longer, SIZE) <= width:
            lines[-1] = longer
        else:
            lines.append(wrapped(word, width, SIZE))
    text = "<br>".join(written(line) for line in lines) or "\u2013"
    return text, "<br>".join(f"{written(_word(token))}: {number(value)}" for token, value in tokens)


def _annotation(cell: Cell) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "top"}
    shift = {"xshift": round(cell.x, 1), "yshift": -round(cell.y, 1)}
    looks = {"font": cell.looks, "align": "left", "borderpad": 0, "showarrow": False}
    return {"text": cell.text, **place, **shift, **looks, **({"hovertext": cell.told} if cell.told else {})}


def _rule(y: float) -> dict[str, Any]:
    """A thin line over a row, `y` pixels below the top."""
    place = {"xref": "paper", "x0": 0, "x1": 1, "yref": "paper", "ysizemode": "pixel", "yanchor": 1}
    return {"type": "line", **place, "y0": -round(y, 1), "y1": -round(y, 1), "line": {"color": LINE, "width": 1}}
