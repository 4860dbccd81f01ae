"""`python -m benchmarks [names] [--quick]`: measure, print, and after a full run write the page."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

import torch

from benchmarks import extraction, generation, geometry, memory, planning, preferences, report, startup, subject
from benchmarks.figures import Figure


def groups(quick: bool) -> dict[str, Callable[[], list[Figure]]]:
    """What can be measured, by name. A quick look has too few pairs for an interval."""
    return {
        "startup": lambda: startup.measure(3 if quick else 10),
        "memory": lambda: memory.measure(2 if quick else 7, quick=quick),
        "generation": lambda: generation.measure(2 if quick else 11),
        "extraction": lambda: extraction.measure(2 if quick else 7, 40 if quick else TEXTS),
        "geometry": lambda: geometry.measure(1 if quick else 7, quick=quick),
        "preferences": lambda: preferences.measure(1 if quick else 7, quick=quick),
    }


TEXTS = 48
SETTINGS = {
    "texts": TEXTS,
    "site": subject.SITE,
    "rows": generation.ROWS,
    "prompt": generation.PROMPT,
    "new": generation.NEW_TOKENS,
    "strength": generation.STRENGTH,
    "pairs": "7 (generation: 11)",
    "threads": torch.get_num_threads(),
}


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if any figure is void."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=report.__doc__)
    parser.add_argument("names", nargs="*", help="which groups to run: " + ", ".join([*groups(True), "planning"]))
    parser.add_argument("--quick", action="store_true", help="few runs of little; prints, and writes no page")
    asked = parser.parse_args(arguments)
    known = groups(asked.quick)
    if unknown := set(asked.names) - {*known, "planning"}:
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    if "planning" in asked.names:
        for line in planning.lines(1 if asked.quick else 3, TEXTS):
            print(line, flush=True)
    described = report.machine()
    figures: list[Figure] = []
    for name, measure in known.items():
        if name in asked.names or not asked.names:
            found = measure()
            print(report.table(found), flush=True)
            figures += found
    if not asked.names and not asked.quick:
        _write(figures, described)
    void = [row.what for row in figures if row.verdict == "void"]
    for what in void:
        print(f"void, because the outputs do not agree: {what}", file=sys.stderr)
    return 1 if void else 0


def _write(figures: Sequence[Figure], described: dict[str, str]) -> None:
    from benchmarks import plot  # noqa: PLC0415

    ordered = sorted(figures, key=lambda row: ("extraction" not in row.what, "peak" not in row.what))
    report.JSON.parent.mkdir(exist_ok=True)
    rows = [row.as_dict() for row in ordered]
    report.JSON.write_text(json.dumps({"machine": described, "settings": SETTINGS, "figures": rows}, indent=1))
    report.PAGE.write_text(report.page(ordered, described, SETTINGS))
    plot.draw(ordered, report.PLOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
