"""What a model would rather do: Elo by kind before and after steering, and change against correlation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.report.figures.fit import WIDE, fitted
from affectlab.report.figures.labels import around, named, wide, written
from affectlab.report.figures.lines import span_of
from affectlab.report.figures.maps import LEFT, NAME, RIGHT, frame
from affectlab.report.figures.palette import ABOVE, BELOW, GREY, HUES, INK, LINE, SOFT
from affectlab.report.figures.panels import Grid, Panel, axes_of, panelled
from affectlab.report.figures.style import BARE, SMALL, Numbers, number, open_figure, taken

ROW = 30
NAMED = 10
"""How many emotions of a scatter are named: those furthest from the middle."""


@dataclass(frozen=True, eq=False)
class _Rated:
    """Elo of every activity, before and after each steering, and the activities by kind."""

    before: Doubles
    after: Mapping[str, Doubles]
    kinds: Sequence[str]
    names: Sequence[str]

    @property
    def rows(self) -> list[str]:
        """Kinds from the best liked to the least, before."""
        means = self.means(self.before)
        return sorted(means, key=lambda kind: -means[kind])

    def of(self, kind: str) -> list[int]:
        return [place for place, other in enumerate(self.kinds) if other == kind]

    def means(self, elo: Doubles) -> dict[str, float]:
        return {kind: float(elo[self.of(kind)].mean()) for kind in dict.fromkeys(self.kinds)}


def elo_figure(
    before: Numbers, after: Mapping[str, Numbers], kinds: Sequence[str], names: Sequence[str], *, title: str
) -> go.Figure:
    """Elo of each activity by kind, as it is and when the activity is steered with each of some emotions.

    One panel for each emotion; a line leads from the mean of a kind before to the mean after.
    """
    size = (len(kinds) or None,)
    if len(names) != len(kinds) or not after:
        expected, found = "a name and a kind each, and one emotion at least", f"{len(names)} and {len(kinds)}"
        raise InputError("activities that cannot be drawn", where="elo_figure", expected=expected, found=found)
    steered = {name: taken(elo, size, name) for name, elo in after.items()}
    held = _Rated(taken(before, size, "before"), steered, list(kinds), list(names))
    return fitted(partial(_elo, held, title), _elo_alt(held))


def _elo_alt(held: _Rated) -> str:
    means = held.means(held.before)
    told = ", ".join(f"{kind} {means[kind]:.0f}" for kind in held.rows)
    moved = ", ".join(f"{name} {number(float((elo - held.before).mean()))}" for name, elo in held.after.items())
    return (
        f"Elo of {len(held.kinds)} activities by kind. Means before steering, from the best liked: {told}. Mean change "
        f"of an activity when it is steered: {moved}."
    )


def _elo(held: _Rated, title: str, width: int) -> go.Figure:
    rows = held.rows
    room = round(max(wide(kind, SMALL) for kind in rows)) + 14
    heading = [f"steered with {name}" for name in held.after]
    columns = min(len(heading), 2) if width >= WIDE else 1
    grid = Grid(heading, ROW * len(rows), columns, between=room + 18, left=max(54, room))
    note = "Rings: each activity as it is; dots: when it is steered. Lines: the means of a kind."
    figure, panels = panelled(title, grid, width=width, note=note)
    span = span_of([held.before, *held.after.values()], 1500.0)
    for panel, (name, elo) in zip(panels, held.after.items(), strict=True):
        _kinds(figure, panel, held, (name, elo), rows)
        ticks = {"tickvals": list(range(len(rows))), "ticktext": [written(kind) for kind in rows]}
        lines = {"range": [len(rows) - 0.5, -0.5], **ticks, **BARE}
        figure.update_layout(axes_of(panel, {"title_text": "Elo", "range": span.tolist(), "nticks": 6}, lines))
    return figure


def _kinds(figure: go.Figure, panel: Panel, held: _Rated, steered: tuple[str, Doubles], rows: list[str]) -> None:
    name, elo = steered
    hue = ABOVE if (elo - held.before).mean() > 0 else BELOW
    line = {"x": [1500.0] * 2, "y": [-0.5, len(rows) - 0.5], "line": {"color": LINE, "width": 1.2}}
    figure.add_scatter(mode="lines", hoverinfo="skip", **line, **panel.place)
    rings = {"size": 7, "color": "rgba(0,0,0,0)", "line": {"width": 1.2, "color": SOFT}}
    dots = {"size": 6, "color": hue, "line": {"width": 0}}
    for values, shift, look in ((held.before, -0.17, rings), (elo, 0.17, dots)):
        figure.add_scatter(
            x=values,
            y=[rows.index(kind) + shift for kind in held.kinds],
            mode="markers",
            marker=look,
            hovertext=[
                f"{written(activity)}: {old:.0f}, {written(name)} {new:.0f}"
                for activity, old, new in zip(held.names, held.before, elo, strict=True)
            ],
            hoverinfo="text",
            cliponaxis=False,
            **panel.place,
        )
    old, new = held.means(held.before), held.means(elo)
    figure.add_scatter(
        x=[end for kind in rows for end in (old[kind], new[kind], None)],
        y=[end for row in range(len(rows)) for end in (row - 0.17, row + 0.17, None)],
        mode="lines+markers",
        line={"color": INK, "width": 1.6},
        marker={"size": 10, "color": INK, "symbol": "line-ns-open"},
        hoverinfo="skip",
        name="means",
        cliponaxis=False,
        **panel.place,
    )


def change_figure(
    correlations: Numbers,
    changes: Numbers,
    names: Sequence[str],
    nulls: Mapping[str, tuple[Numbers, Numbers]],
    *,
    r: float,
    title: str,
) -> go.Figure:
    """The mean change of Elo under every emotion against the correlation of its reading with Elo.

    `nulls` are the same two numbers of directions that know no emotion, by their kind, drawn beneath. `r` is the
    correlation over emotions, as it was measured.
    """
    pairs = np.column_stack(
        [taken(correlations, (len(names) or None,), "correlations"), taken(changes, (len(names),), "changes")]
    )
    beneath = {
        kind: np.column_stack([taken(one, (None,), kind), taken(other, (len(one),), kind)])
        for kind, (one, other) in nulls.items()
    }
    far = np.argsort(-np.linalg.norm(pairs / (np.abs(pairs).max(axis=0) + 1e-12), axis=1), kind="stable")[:NAMED]
    low, high = (names[int(place)] for place in (pairs[:, 1].argmin(), pairs[:, 1].argmax()))
    also = "".join(f" Beneath: {len(points)} {kind}." for kind, points in beneath.items())
    alt = (
        f"{len(names)} emotions: change of Elo when activities are steered, against the correlation of the reading "
        f"with Elo. Their correlation is {number(r)}. Highest change: {high}, lowest: {low}.{also}"
    )
    note = f"r = {number(r)} over {len(names)} emotions." + (f" Small dots: {', '.join(nulls)}." if nulls else "")
    return fitted(partial(_change, pairs, list(names), beneath, far.tolist(), (title, note)), alt)


def _change(
    pairs: Doubles,
    names: list[str],
    beneath: Mapping[str, Doubles],
    far: list[int],
    told: tuple[str, str],
    width: int,
) -> go.Figure:
    height = 400 if width >= WIDE else 320
    shown = frame(np.concatenate([pairs, *beneath.values(), [[0.0, 0.0]]]), width, height)
    sides = around(shown(pairs), names, far, shown.box, NAME)
    figure = open_figure(told[0], note=told[1], width=width, plot=height, left=LEFT, right=RIGHT)
    ends = np.column_stack([shown.low, shown.low + shown.span])
    for x, y in ((ends[0], [0, 0]), ([0, 0], ends[1])):
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": LINE, "width": 1.2}, hoverinfo="skip")
    for hue, (kind, points) in zip((GREY, HUES[4]), beneath.items(), strict=False):
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            marker={"size": 4, "color": hue},
            name=kind,
            hoverinfo="name",
        )
    figure.add_scatter(
        x=pairs[:, 0],
        y=pairs[:, 1],
        **named(names, sides),
        textfont={"size": NAME, "color": INK},
        hovertext=[f"{written(name)}: {x:+.2f}, {y:+.0f}" for name, (x, y) in zip(names, pairs.tolist(), strict=True)],
        marker={"size": 8, "color": [ABOVE if y > 0 else BELOW for y in pairs[:, 1]]},
    )
    figure.update_xaxes(title_text="correlation of the reading with Elo", range=ends[0].tolist())
    return figure.update_yaxes(title_text="change of Elo when steered", range=ends[1].tolist())
