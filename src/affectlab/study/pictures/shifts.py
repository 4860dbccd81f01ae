"""Figures of base against post-trained."""

from __future__ import annotations

from collections.abc import Iterator

from affectlab.findings import Findings
from affectlab.report.figures import depth_figure, shift_figure
from affectlab.report.html.study import FigureBlock


def shift_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `compare` found."""
    arrays, facts = found.arrays, found.facts
    if "shift" not in arrays:
        return
    figure = shift_figure(
        arrays["base"],
        arrays["post"],
        facts["emotions"],
        arrays["shift"],
        arrays["shift.low"],
        arrays["shift.high"],
        facts["moved"],
        title="Before and after post-training",
    )
    caption = 'Mean readings at the ":" over all prompts; filled: shifts that pass the control of false discoveries.'
    yield FigureBlock("shift", figure, caption)
    lines = {
        name.removeprefix("by_layer.").replace(".", " "): arrays[name][:, 0]
        for name in ("by_layer.shift.arousal", "by_layer.shift.pleasure", "by_layer.agreement")
        if name in arrays
    }
    if lines:
        figure = depth_figure(
            arrays["layers"].tolist(), lines, title="The shift from layer to layer", shift="correlation over emotions"
        )
        caption = "The shift against rated arousal and pleasure, and the agreement of the two sets of prompts."
        yield FigureBlock("temperament", figure, caption)
