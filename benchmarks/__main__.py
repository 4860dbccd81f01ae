"""`python -m benchmarks [names] [--quick]`: measure, print, and unless it was a quick look make the page anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from benchmarks import (
    extraction,
    generation,
    geometry,
    kept,
    memory,
    planning,
    preferences,
    report,
    startup,
    subject,
    whole,
)
from benchmarks.figures import Figure
from benchmarks.kept import Result


def groups(quick: bool) -> dict[str, Callable[[], list[Figure]]]:
    """What can be measured, by name. A quick look has too few pairs for an interval."""
    return {
        "startup": lambda: startup.measure(3 if quick else 10),
        "memory": lambda: memory.measure(2 if quick else 7, quick=quick),
        "generation": lambda: generation.measure(2 if quick else 11),
        "extraction": lambda: extraction.measure(2 if quick else 7, 40 if quick else TEXTS),
        "geometry": lambda: geometry.measure(1 if quick else 7, quick=quick),
        "preferences": lambda: preferences.measure(1 if quick else 7, quick=quick),
        "demo": whole.measure_demo,
        "whole": lambda: whole.measure(quick=quick),
    }


TEXTS = 48
SETTINGS = {
    "texts": TEXTS,
    "site": subject.SITE,
    "rows": generation.ROWS,
    "prompt": generation.PROMPT,
    "new": generation.NEW_TOKENS,
    "strength": generation.STRENGTH,
    "pairs": "7 (generation: 11; demo and whole: 1)",
    "groups": ", ".join(groups(quick=True)),
}


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if any figure is void."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=report.__doc__)
    parser.add_argument("names", nargs="*", help="which groups to run: " + ", ".join([*groups(True), "planning"]))
    parser.add_argument("--quick", action="store_true", help="few runs of little; prints, and keeps nothing")
    asked = parser.parse_args(arguments)
    known = groups(asked.quick)
    if unknown := set(asked.names) - {*known, "planning"}:
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    if "planning" in asked.names:
        for line in planning.lines(1 if asked.quick else 3, TEXTS):
            print(line, flush=True)
    described = report.machine()
    found: dict[str, Result] = {}
    for name, measure in known.items():
        if name in asked.names or not asked.names:
            found[name] = Result(described, measure())
            print(report.table(found[name].figures), flush=True)
            if not asked.quick:
                _keep(found)
    void = [row.what for one in found.values() for row in one.figures if row.verdict == "void"]
    for what in void:
        print(f"void, because the outputs do not agree: {what}", file=sys.stderr)
    return 1 if void else 0


def _keep(found: dict[str, Result]) -> None:
    """With what other groups gave earlier, on whatever machine."""
    from benchmarks import plot  # noqa: PLC0415

    results = kept.read() | found
    kept.write(results)
    machines = kept.by_machine(results)
    report.PAGE.write_text(report.page(machines, SETTINGS), encoding="utf-8")
    plot.draw(report.ordered([row for one in machines for row in one.figures]), report.PLOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
