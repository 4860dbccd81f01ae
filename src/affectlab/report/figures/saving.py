"""Figures as files: a page that needs no network, light or dark and at any width, or an image."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from affectlab.errors import InputError
from affectlab.files import atomic_write
from affectlab.report.figures.fit import WIDE
from affectlab.report.figures.palette import DARK

IMAGES = (".svg", ".png", ".pdf")
IMAGE_WIDTH = 860
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>
body {{ margin: 0; background: #ffffff; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #1a1d21; }} }}
main {{ max-width: 60rem; margin: 0 auto; padding: 1rem; }}
</style></head>
<body><main>{places}</main>
<script>{plotly}</script>
<script>{draw}</script>
<script>{drawn}</script>
</body></html>
"""


def page_script() -> str:
    """The script that draws figures in a page which has plotly.js: `affectlab.draw(element, figure)`."""
    text = files("affectlab.report.figures").joinpath("draw.js").read_text(encoding="utf-8")
    return text.replace("{{dark}}", json.dumps(DARK)).replace("{{wide}}", str(WIDE))


def page_json(figure: go.Figure) -> str:
    """A figure as JSON that cannot end the script element it stands in."""
    return str(figure.to_json()).replace("<", "\\u003c").replace("\u2028", "\\u2028")


def save(figure: go.Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure, by the file's ending: a page that needs no network, or an image drawn by an installed browser."""
    save_together({"figure": figure}, path)


def save_together(figures: Mapping[str, go.Figure], path: str | os.PathLike[str]) -> None:
    """Write several figures: one page for all of them, or an image each, at the places that `places_of` names."""
    target = Path(path)
    if target.suffix == ".html":
        with atomic_write(target) as temporary:
            Path(temporary).write_text(_page(list(figures.values())), encoding="utf-8")
        return
    for figure, place in zip(figures.values(), places_of(target, list(figures)), strict=True):
        _save_image(figure, place)


def places_of(path: str | os.PathLike[str], names: Sequence[str]) -> list[Path]:
    """Where figures of these names go: into one page; or the first into the image named, the others beside it.

    >>> [place.name for place in places_of("shift.svg", ["shift", "series"])]
    ['shift.svg', 'shift-series.svg']
    """
    target = Path(path)
    if target.suffix == ".html":
        return [target]
    return [target, *(target.with_stem(f"{target.stem}-{name}") for name in names[1:])]


def _save_image(figure: go.Figure, target: Path) -> None:
    if target.suffix not in IMAGES:
        raise InputError(
            "not a kind of file that figures are saved as",
            where=str(target),
            expected=", ".join((".html", *IMAGES)),
            found=target.suffix or "no ending",
        )
    with atomic_write(target) as temporary:
        Path(temporary).write_bytes(_drawn(figure, target))


def _page(figures: Sequence[go.Figure]) -> str:
    title = re.sub(r"<[^>]*>", " ", figures[0].layout.title.text or "Figure")
    parts = {"title": html.escape(html.unescape(title)), "plotly": get_plotlyjs(), "draw": page_script()}
    places = "".join(f'<div id="figure-{number}"></div>' for number in range(len(figures)))
    drawn = "".join(
        f'affectlab.draw(document.getElementById("figure-{number}"), {page_json(figure)});'
        for number, figure in enumerate(figures)
    )
    return PAGE.format(**parts, places=places, drawn=drawn)


def _drawn(figure: go.Figure, target: Path) -> bytes:
    shown = go.Figure(figure).update_layout(paper_bgcolor="#ffffff")
    size = {"format": target.suffix[1:], "width": IMAGE_WIDTH, "height": figure.layout.height, "scale": 2}
    try:
        import kaleido  # noqa: PLC0415, it may not be installed

        # Plotly's own `to_image` has it fetch a script from the network, for formulas, of which we have none.
        return bytes(kaleido.calc_fig_sync(shown, opts=size, kopts={"mathjax": False}))
    except (ImportError, ValueError, RuntimeError) as error:  # kaleido is not installed, or finds no browser
        raise InputError(
            "this figure cannot be drawn as an image",
            where=str(target),
            expected="kaleido (pip install 'affectlab[plots]') and Chrome or Chromium",
            found=str(error).strip().splitlines()[0],
            fix="install them, or save the figure as .html",
        ) from error
