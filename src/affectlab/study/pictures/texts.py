"""Figures of the texts: what the screen made of them."""

from __future__ import annotations

from collections.abc import Iterator

from affectlab.findings import Findings
from affectlab.report.figures import screening_figure
from affectlab.report.html.study import FigureBlock


def text_figures(found: Findings) -> Iterator[FigureBlock]:
    """What became of the texts of each corpus."""
    for number, (name, counts) in enumerate(found.facts["screening"].items()):
        figure = screening_figure(
            counts["accepted"], counts["reasons"], counts["given_up"], title=f"What became of the texts in {name}"
        )
        caption = f"{counts['accepted']:,} of the {counts['planned']:,} texts that were planned are read."
        yield FigureBlock("screening" if not number else f"screening-{number}", figure, caption)
