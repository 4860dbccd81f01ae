"""What all figures share: open axes, few lines, colours that every kind of eye tells apart; and how they are saved."""

from __future__ import annotations

import os
from pathlib import Path

import plotly.graph_objects as go

from affectlab.errors import InputError
from affectlab.files import atomic_write

HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#777777")
"""Okabe and Ito's colours."""
SIGNED = "RdBu_r"
"""The scale of signed values: blue below zero, red above."""
INK, SOFT, LINE = "#1d1f23", "#5d626b", "#dedcd6"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
IMAGES = (".svg", ".png", ".pdf")


def open_figure(title: str, *, width: int, height: int) -> go.Figure:
    """An empty figure in our style. Its background is clear, so that a page shows through."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        title={"text": title, "x": 0, "xref": "paper", "xanchor": "left", "font": {"size": 15, "color": INK}},
        font={"family": FONT, "size": 12, "color": INK},
        width=width,
        height=height,
        margin={"l": 58, "r": 24, "t": 44, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"font": {"family": FONT}},
    )
    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linecolor": SOFT,
        "ticks": "outside",
        "automargin": True,
        "title_standoff": 10,
    }
    figure.update_xaxes(**axis, tickcolor=SOFT, title_font_color=SOFT, tickfont_color=SOFT)
    figure.update_yaxes(**axis, tickcolor=SOFT, title_font_color=SOFT, tickfont_color=SOFT)
    return figure


def save(figure: go.Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure, by the file's ending: a page that needs no network, or an image drawn by an installed browser."""
    target = Path(path)
    if target.suffix == ".html":
        text = figure.to_html(include_plotlyjs=True, full_html=True, config={"displaylogo": False})
        with atomic_write(target) as temporary:
            Path(temporary).write_text(text, encoding="utf-8")
        return
    if target.suffix not in IMAGES:
        raise InputError(
            "not a kind of file that figures are saved as",
            where=str(target),
            expected=", ".join((".html", *IMAGES)),
            found=target.suffix or "no ending",
        )
    with atomic_write(target) as temporary:
        Path(temporary).write_bytes(_drawn(figure, target))


def _drawn(figure: go.Figure, target: Path) -> bytes:
    shown = go.Figure(figure).update_layout(paper_bgcolor="#ffffff")
    try:
        return bytes(shown.to_image(format=target.suffix[1:], scale=2))
    except (ValueError, RuntimeError) as error:  # kaleido is not installed, or finds no browser
        raise InputError(
            "this figure cannot be drawn as an image",
            where=str(target),
            expected="kaleido (pip install 'affectlab[plots]') and Chrome or Chromium",
            found=str(error).strip().splitlines()[0],
            fix="install them, or save the figure as .html",
        ) from error
