"""Figures of preferences."""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go

from affectlab.findings import Findings
from affectlab.report.figures import depth_figure
from affectlab.report.figures.preferences import change_figure, elo_figure
from affectlab.report.html.study import FigureBlock

SHOWN = ("blissful", "hostile")
NULLS = {"random": "random directions", "shuffled": "shuffled story labels"}


def preference_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `prefer` found."""
    if "steered.elo" not in found.arrays:
        return
    caption = "Each activity's rating as it is, and when the activity's own tokens are steered. The mean stays 1500."
    yield FigureBlock("elo", before_and_after(found), caption)
    caption = (
        "The change comes from the activities that were steered, the correlation from the others; the halves change "
        "places, and the mean is shown. Directions that know no emotion move ratings too, where they go with liking."
    )
    yield FigureBlock("change", change_against_correlation(found), caption)
    if "by_layer.change.correlation" in found.arrays:
        lines = {"r of change and correlation": found.arrays["by_layer.change.correlation"]}
        figure = depth_figure(found.arrays["layers"].tolist(), lines, title="Each layer steered alone", shift="r")
        yield FigureBlock("preference-layers", figure, "r over emotions, when one layer is steered and no other.")


def before_and_after(found: Findings) -> go.Figure:
    """Elo by kind, and the same under two emotions: those that the paper names, or else those that change it most."""
    steered, elo = found.facts["steered"], found.arrays["steered.elo"]
    changes = found.arrays["steered.change"].mean(axis=1)
    ends = [steered[int(changes.argmax())], steered[int(changes.argmin())]]
    names = SHOWN if set(SHOWN) <= set(steered) else tuple(dict.fromkeys(ends))
    after = {name: elo[steered.index(name)] for name in names}
    title = f"What is liked, before and after steering at {found.facts['strength']:g}"
    return elo_figure(found.arrays["elo"], after, found.facts["kinds"], found.facts["activities"], title=title)


def change_against_correlation(found: Findings) -> go.Figure:
    """What goes with liking, against what causes it."""
    arrays = found.arrays
    nulls = {
        kind: tuple(arrays[f"{word}.{part}"].mean(axis=-1).ravel() for part in ("correlation", "change"))
        for word, kind in NULLS.items()
        if f"{word}.change" in arrays
    }
    return change_figure(
        arrays["steered.correlation"].mean(axis=1),
        arrays["steered.change"].mean(axis=1),
        found.facts["steered"],
        {kind: (one, other) for kind, (one, other) in nulls.items()},
        r=found["prefer.change.correlation"].value,
        title="What goes with liking, and what changes it",
    )
