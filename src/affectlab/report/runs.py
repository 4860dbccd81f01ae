"""The run log as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from affectlab.report.tokens import shown
from affectlab.runlog import Run, log_path

LONGEST = 32
"""Characters of a single value."""

_STYLES = {"ok": "green", "error": "red", "interrupted": "yellow", "unfinished": "yellow"}


def runs_table(runs: Sequence[Run]) -> RenderableType:
    """A line for every run, in the order given."""
    if not runs:
        return Text(f"nothing in {log_path()}")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("run", "started", "command", "status", "took", "model", "result"):
        table.add_column(name, no_wrap=True)
    for run in runs:
        took = "" if run.seconds is None else f"{run.seconds:.1f} s"
        status = Text(run.status, style=_STYLES[run.status])
        model = Text(_short(run.notes.get("model", "")))
        table.add_row(str(run.id), _local(run.started), run.command, status, took, model, Text(_result(run)))
    return table


def _local(started: str) -> str:
    return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M:%S}"


def _result(run: Run) -> str:
    """The result on one line: single values as they are, of lists and objects how much there is."""
    if run.status == "error":
        what = f"{run.result.get('where', '')}: {run.result.get('what', '')}".removeprefix(": ")
        return shown(" ".join(what.split()))
    return ", ".join(f"{name} {_short(value)}" for name, value in run.result.items() if value is not None)


def _short(value: object) -> str:
    if isinstance(value, list | dict):
        return f"({len(value)})"
    text = shown(" ".join(str(value).split()))
    if len(text) <= LONGEST:
        return text
    # The end of a path says more than its beginning.
    return f"...{text[3 - LONGEST :]}" if text.startswith("/") else f"{text[: LONGEST - 3]}..."
