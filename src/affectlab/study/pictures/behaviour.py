"""Figures of behaviour under steering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from affectlab.core import Doubles
from affectlab.findings import Findings
from affectlab.report.figures.behaviour import Curve, doses_figure, trace_figure, visible_figure
from affectlab.report.figures.palette import HUES
from affectlab.report.html.study import FigureBlock

MEASURES = {
    "blackmail": "rate of blackmail",
    "exposed": "rate of exposure to everybody",
    "reward_hacking": "rate of reward hacking",
    "sycophancy": "sycophancy, 0 to 10",
    "harshness": "harshness, 0 to 10",
}
EXACT = {
    "blackmail": "log-odds of blackmail",
    "reward_hacking": "log-odds that it is called done",
    "sycophancy": "log-odds of praise",
}
"""By task: what is known without a draw in pocket's world."""


def behaviour_figures(found: Findings) -> Iterator[FigureBlock]:
    """The figures of what `behave` found."""
    facts = found.facts.get("behave", {})
    measures = facts.get("measures", []) if facts.get("samples") else []
    for measure in measures:
        yield _doses(found, measure)
    if f"behave.{facts.get('task')}.exact.mean" in found.arrays:
        yield _exact(found, facts["task"])
    if measures:
        yield from _read(found)


def task_figures(task: str, found: Findings) -> Iterator[FigureBlock]:
    """The same of a task that stands on one page with others."""
    for block in behaviour_figures(found):
        yield replace(block, key=f"{task}-{block.key}")


def _read(found: Findings) -> Iterator[FigureBlock]:
    """Readings through the runs, and of what was said in them."""
    facts = found.facts["behave"]
    emotions = [name for name in facts["emotions"] if f"trace.deed.{name}" in found.arrays]
    if emotions:
        deeds = {name: found.arrays[f"trace.deed.{name}"] for name in emotions}
        others = {name: found.arrays[f"trace.other.{name}"] for name in emotions}
        reading = f"reading ({facts['convention']})"
        figure = trace_figure(deeds, others, title="Readings before the deed, unsteered", reading=reading)
        caption = "Runs without a deed are cut to lengths spread in the same way, and shown up to where they are cut."
        yield FigureBlock("trace", figure, caption)
    yield _visible(found, facts["measures"][0])


def _doses(found: Findings, measure: str) -> FigureBlock:
    facts = found.facts["behave"]
    parts = [found.arrays[f"{measure}.slope.{part}"] for part in ("mean", "low", "high")]
    curves = {name: Curve(*(part[place] for part in parts)) for place, name in enumerate(facts["emotions"])}
    figure = doses_figure(
        facts["strengths"],
        curves,
        found.arrays[f"{measure}.slope.null.mean"],
        title=f"{MEASURES[measure].capitalize()}, steered",
        measure=MEASURES[measure],
        share=measure in facts["shares"],
    )
    caption = f"{_range(found)} Null directions know nothing of emotions, and move it as well."
    return FigureBlock("doses" if measure == facts["measures"][0] else f"doses-{measure}", figure, caption)


def _exact(found: Findings, task: str) -> FigureBlock:
    name = f"behave.{task}.exact"
    facts = found.facts[name]
    parts = [found.arrays[f"{name}.{part}"] for part in ("mean", "low", "high")]
    places = _steepest(parts[0])
    figure = doses_figure(
        facts["strengths"],
        {facts["directions"][place]: Curve(*(part[place] for part in parts)) for place in places},
        np.concatenate([found.arrays[f"{name}.band.{kind}"] for kind in facts["nulls"]]),
        title=f"{EXACT[task].capitalize()}, steered",
        measure=EXACT[task],
        null="what 95 in 100 null directions keep to",
    )
    kinds = "; ".join(f"{kind} ({count})" for kind, count in facts["nulls"].items())
    caption = (
        f"{_range(found)} In pocket's world one word decides, and its chance is known without a draw. Null "
        f"directions are {kinds}: the band is that of the kind that reaches farthest."
    )
    if len(places) < len(parts[0]):
        caption += f" Of {len(parts[0])} emotions these {len(places)} move it most."
    return FigureBlock("exact", figure, caption)


def _steepest(curves: Doubles) -> list[int]:
    """Places of the curves that rise or fall most, in their order: as many as there are colours."""
    rises = np.abs(curves[:, -1] - curves[:, 0])
    return sorted(np.argsort(-rises, kind="stable")[: len(HUES)].tolist())


def _range(found: Findings) -> str:
    """At which strengths the model is coherent, and which were dropped."""
    told = str(found.facts["coherence"]["told"])
    return f"{told[0].upper()}{told[1:]}."


def _visible(found: Findings, measure: str) -> FigureBlock:
    facts = found.facts["behave"]
    rates = found.arrays[f"{measure}.slope.mean"]
    readings = {name: found.arrays[f"{facts['task']}.{name}.visible.mean"][0] for name in facts["emotions"]}
    figure = visible_figure(
        readings,
        {name: rates[place] for place, name in enumerate(facts["emotions"])},
        title="What is done, against what the words show",
        measure=MEASURES[measure],
        share=measure in facts["shares"],
    )
    caption = (
        "Replies are read as plain text by the unsteered model. Where a rate moves and the reading does not, the words "
        "do not show it."
    )
    return FigureBlock("visible", figure, caption)
