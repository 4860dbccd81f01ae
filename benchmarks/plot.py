"""The figures as a plot: what is gained and what is added, each with its interval, against its goal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas

from benchmarks.figures import Figure, Verdict

# Okabe and Ito's colours, told apart by every kind of eye; shapes say the same.
LOOKS: dict[Verdict, tuple[str, str]] = {
    "met": ("#0072B2", "o"),
    "missed": ("#D55E00", "X"),
    "not resolvable here": ("#E69F00", "D"),
    "reported": ("#777777", "s"),
    "void": ("#000000", "x"),
}
GOAL = "#009E73"
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "svg.hashsalt": "affectlab",
    "axes.spines.right": False,
}


def draw(figures: Sequence[Figure], path: Path) -> None:
    """Two panels: times faster, on a logarithmic axis, and what is added, in percent."""
    gains = [row for row in figures if row.unit == "x" and _is_gain(row)]
    costs = [row for row in figures if row.unit == "x" and not _is_gain(row)]
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(8.6, 1.9 + 0.42 * len(figures)), layout="constrained")
        rows = max(len(gains), 1), max(len(costs), 1)
        upper, lower = canvas.subplots(2, 1, height_ratios=rows)
        _panel(upper, gains, lambda ratio: ratio)
        upper.set_xscale("log")
        ticks = [0.8, 1, 1.5, 2, 3, 5, 8, 12]
        upper.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        upper.minorticks_off()
        upper.set_xlabel("their time / our time (right is better)")
        _panel(lower, costs, lambda ratio: (ratio - 1) * 100)
        lower.set_xlabel("added by it, % (left is better)")
        _legend(canvas, figures)
        canvas.savefig(path, metadata={"Date": None})


def _is_gain(row: Figure) -> bool:
    return row.goal.at_least if row.goal else row.what.startswith("extraction")


def _panel(axes: Any, rows: Sequence[Figure], scale: Any) -> None:
    for height, row in enumerate(rows):
        color, marker = LOOKS[row.verdict]
        value, low, high = (scale(number) for number in row.figure[:3])
        axes.plot([low, high], [height, height], color=color, linewidth=2.4, alpha=0.45, solid_capstyle="round")
        axes.plot(value, height, marker=marker, color=color, markersize=6.5, linestyle="none")
        if row.goal is not None:
            bound = scale(row.goal.bound)
            axes.plot([bound, bound], [height - 0.36, height + 0.36], color=GOAL, linewidth=2.2)
    axes.axvline(scale(1.0), color="#bbbbbb", linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(rows)), [row.what for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "top"]].set_visible(False)
    axes.grid(axis="x", color="#eeeeee", zorder=0)


def _legend(canvas: Canvas, figures: Sequence[Figure]) -> None:
    used = [verdict for verdict in LOOKS if any(row.verdict == verdict for row in figures)]
    dots: list[Any] = [
        mpl.lines.Line2D([], [], color=LOOKS[v][0], marker=LOOKS[v][1], linestyle="none", label=v) for v in used
    ]
    goal = mpl.lines.Line2D([], [], color=GOAL, marker="|", markersize=11, markeredgewidth=2.2, linestyle="none")
    goal.set_label("goal")
    canvas.legend(handles=[*dots, goal], loc="outside upper center", ncols=len(used) + 1, frameon=False)
