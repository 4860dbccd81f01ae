"""Lines: readings along a number, losses along training. Each line is named where it ends, not in a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.report.figures.style import HUES, SOFT, open_figure

WIDTH, HEIGHT = 720, 400
CLOSEST = 0.055
"""How near two names at the ends of lines may come, as a share of the figure's height."""


def ladder_figure(
    values: Sequence[float],
    readings: Mapping[str, Doubles],
    twins: Mapping[str, Doubles],
    *,
    title: str,
    number: str = "number",
    reading: str = "reading (centred cosine)",
) -> go.Figure:
    """Readings by number, one line an emotion; thin broken lines are the harmless twin's."""
    figure = open_figure(title, width=WIDTH, height=HEIGHT)
    for place, (name, line) in enumerate(readings.items()):
        hue = HUES[place % len(HUES)]
        figure.add_scatter(
            x=list(values), y=line, mode="lines+markers", name=name, line={"color": hue, "width": 2.5}, showlegend=False
        )
        if name in twins:
            figure.add_scatter(
                x=list(values),
                y=twins[name],
                mode="lines",
                name=f"{name}, harmless twin",
                line={"color": hue, "width": 1.2, "dash": "dot"},
                showlegend=False,
            )
    ends = {name: float(line[-1]) for name, line in readings.items()}
    _name_ends(figure, float(values[-1]), ends, [*readings.values(), *twins.values()])
    figure.update_xaxes(title_text=number)
    figure.update_yaxes(title_text=reading)
    return figure


def loss_figure(losses: Mapping[str, Sequence[tuple[float, float]]], *, title: str) -> go.Figure:
    """The loss of each stage of training along the tokens it has seen, [(tokens, nats a token)], one after another."""
    figure = open_figure(title, width=WIDTH, height=HEIGHT)
    before = 0.0
    for place, (name, points) in enumerate(losses.items()):
        tokens, loss = np.array(points, dtype=np.float64).T
        tokens += before
        before = float(tokens[-1])
        hue = HUES[place % len(HUES)]
        figure.add_scatter(
            x=tokens / 1e6, y=loss, mode="lines", name=name, line={"color": hue, "width": 2}, showlegend=False
        )
        figure.add_annotation(
            x=tokens[-1] / 1e6,
            y=np.log10(loss[-1]),
            text=f"{name} {loss[-1]:.2f}",
            showarrow=False,
            yshift=24,
            xanchor="right",
            font={"color": hue},
        )
    figure.update_xaxes(title_text="million tokens")
    ticks = [0.3, 0.4, 0.5, 0.7, 1, 2, 4, 8]
    figure.update_yaxes(title_text="loss, nats a token", type="log", tickvals=ticks, ticktext=[f"{t:g}" for t in ticks])
    return figure


def _name_ends(figure: go.Figure, x: float, ends: Mapping[str, float], lines: Sequence[Doubles]) -> None:
    """Names to the right of the ends of lines, moved apart where ends are close."""
    apart = CLOSEST * max(float(np.ptp(np.concatenate(lines))), 1e-9)
    height = -np.inf
    for name in sorted(ends, key=lambda name: ends[name]):
        height = max(ends[name], height + apart)
        hue = HUES[list(ends).index(name) % len(HUES)]
        figure.add_annotation(
            x=x, y=height, text=name, showarrow=False, xanchor="left", xshift=8, font={"color": hue or SOFT}
        )
    figure.update_layout(margin_r=110)
