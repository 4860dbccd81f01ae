"""Figures of the passages that read highest: some of them token by token."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from affectlab.findings import Findings
from affectlab.report.figures import strip_figure
from affectlab.report.html.study import FigureBlock
from affectlab.report.passages import words_of

CONVENTIONS = {"centred": "centred cosine"}
STRIPS = 3
"""Passages that are drawn, each of another word: those that read furthest above the level of their word's marks."""


def passage_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `snippets` found."""
    words = [word for word in words_of(found) if word.passages]
    words.sort(key=lambda word: word.level - word.passages[0]["score"])
    by = str(found.facts["convention"])
    for word in words[:STRIPS]:
        best = word.passages[0]
        readings = np.array(best["readings"], dtype=np.float64)  # None, of a token that does not count, becomes nan
        figure = strip_figure(
            best["tokens"],
            readings,
            title=f"The passage that reads highest for {word.name}",
            reading=f"reading of {word.name} ({CONVENTIONS.get(by, by)})",
        )
        caption = f"The same passage token by token: red where {word.name} is read, blue where its opposite is."
        yield FigureBlock(f"strip-{word.name.replace(' ', '-')}", figure, caption)
