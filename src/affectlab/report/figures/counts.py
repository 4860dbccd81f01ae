"""Counts: what happened to each of many things, as bars that can be read from a distance."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from affectlab.report.figures.style import HUES, open_figure

WIDTH, BAR, MARGINS = 720, 30, 130


def screening_figure(accepted: int, reasons: Mapping[str, int], given_up: int, *, title: str) -> go.Figure:
    """Texts accepted, and texts rejected by reason; a planned text may be rejected several times before it is
    accepted or given up."""
    rejected = dict(sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])))
    counts = {"accepted": accepted, **{f"rejected: {reason}": count for reason, count in rejected.items()}}
    tries = sum(counts.values())
    figure = open_figure(title, width=WIDTH, height=MARGINS + BAR * len(counts))
    figure.add_bar(
        x=list(counts.values()),
        y=list(counts),
        orientation="h",
        marker_color=[HUES[2], *[HUES[1]] * len(rejected)],
        text=[f"{count:,} ({count / max(tries, 1):.1%})" for count in counts.values()],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure.update_yaxes(autorange="reversed", ticks="", showline=False)
    figure.update_xaxes(title_text=f"texts that were written; {given_up:,} of those planned were given up")
    figure.update_layout(margin_r=110, bargap=0.35)
    return figure
