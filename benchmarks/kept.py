"""Results of earlier runs, each with the machine that gave it: groups are measured again one at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from affectlab.stats import Interval
from benchmarks.figures import Agreement, Figure, Goal

KEPT = Path(__file__).parent.parent / "docs" / "benchmarks.json"
LOAD = "load average at the start"


class Result(NamedTuple):
    """The figures of one group, and what they were measured on."""

    machine: Mapping[str, str]
    figures: Sequence[Figure]


def read(path: Path = KEPT) -> dict[str, Result]:
    """What is kept, by group."""
    if not path.is_file():
        return {}
    groups = json.loads(path.read_text())
    return {name: Result(one["machine"], [_figure(row) for row in one["figures"]]) for name, one in groups.items()}


def write(results: Mapping[str, Result], path: Path = KEPT) -> None:
    """Groups in a fixed order, so that a change shows as one."""
    groups = {
        name: {"machine": dict(one.machine), "figures": [figure.as_dict() for figure in one.figures]}
        for name, one in sorted(results.items())
    }
    path.write_text(json.dumps(groups, indent=1, ensure_ascii=False) + "\n")


def by_machine(results: Mapping[str, Result]) -> list[Result]:
    """The same with the figures of a machine together. How busy a machine was is not what it is: the busiest counts."""
    together: dict[tuple[tuple[str, str], ...], tuple[float, list[Figure]]] = {}
    for _, one in sorted(results.items()):
        machine = dict(one.machine)
        load = float(machine.pop(LOAD))
        busiest, figures = together.get(tuple(machine.items()), (0.0, []))
        together[tuple(machine.items())] = max(busiest, load), [*figures, *one.figures]
    return [Result({**dict(items), LOAD: f"{load:.1f}"}, rows) for items, (load, rows) in together.items()]


def _figure(row: dict[str, Any]) -> Figure:
    """A figure as `Figure.as_dict` wrote it; its verdict is judged again."""
    fields = {name: row[name] for name in ("what", "theirs", "ours", "unit")}
    return Figure(
        **fields,
        figure=Interval(**row["figure"]),
        cpu=Interval(**row["cpu"]) if row["cpu"] else None,
        goal=Goal(**row["goal"]) if row["goal"] else None,
        agreement=Agreement(**row["agreement"]),
    )
