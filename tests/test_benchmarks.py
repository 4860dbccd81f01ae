"""Figures of benchmarks are kept with the machine that gave them, and the page of docs is made of them alone."""

from __future__ import annotations

from pathlib import Path

from affectlab.stats import Interval
from benchmarks import kept, report
from benchmarks.__main__ import SETTINGS, groups
from benchmarks.figures import Agreement, Figure, Goal
from benchmarks.kept import LOAD, Result

FAST = Figure(
    "a thing", "2 s", "1 s", Interval(2, 1.9, 2.1, 7), None, Goal(1.5, at_least=True), Agreement("same", True)
)
VOID = Figure("another", "", "", Interval(2, 1, 3, 7), Interval(2, 1, 3, 7), None, Agreement("other", False), "s")
HERE, THERE = {"processor": "one", LOAD: "0.1"}, {"processor": "other", LOAD: "0.2"}


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    results = {"first": Result(HERE, [FAST]), "second": Result(THERE, [VOID])}
    kept.write(results, tmp_path / "kept.json")
    assert kept.read(tmp_path / "kept.json") == results
    assert [row.verdict for one in results.values() for row in one.figures] == ["met", "void"]


def test_figures_of_one_machine_stand_together() -> None:
    results = {"a": Result(HERE, [FAST]), "b": Result(THERE, [VOID]), "c": Result({**HERE, LOAD: "0.3"}, [VOID])}
    assert kept.by_machine(results) == [Result({**HERE, LOAD: "0.3"}, [FAST, VOID]), Result(THERE, [VOID])]


def test_the_page_is_made_of_what_is_kept_and_no_figure_is_void() -> None:
    results = kept.read()
    assert set(results) == set(groups(quick=True))
    assert "void" not in {row.verdict for one in results.values() for row in one.figures}
    assert report.PAGE.read_text(encoding="utf-8") == report.page(kept.by_machine(results), SETTINGS)
