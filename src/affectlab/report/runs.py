"""The run log as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from affectlab.report.tokens import shown
from affectlab.runlog import Run, is_off, log_path

LONGEST, SHORTEST = 32, 16
"""Characters of a single value in a result; of a model's name on a narrow screen, where it gets a fifth of the line."""

_STYLES = {"ok": "green", "error": "red", "interrupted": "yellow", "unfinished": "yellow"}


def runs_table(runs: Sequence[Run]) -> RenderableType:
    """A line for every run, in the order given."""
    if not runs:
        return Text("the run log is off (AFFECTLAB_LOG)" if is_off() else f"nothing in {log_path()}")
    return Lines(runs)


class Lines:
    """Runs as a table that fits its screen: what came out is cut where the line ends, and nothing else is."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=True)
        for name in ("run", "started", "command", "status", "took", "model"):
            table.add_column(name, no_wrap=True)
        table.add_column("result", no_wrap=True, overflow="ellipsis", ratio=1)
        for run in self.runs:
            took = "" if run.seconds is None else f"{run.seconds:.1f} s"
            status = Text(run.status, style=_STYLES[run.status])
            model = Text(_short(run.notes.get("model", ""), max(SHORTEST, options.max_width // 5)))
            table.add_row(str(run.id), _local(run.started), run.command, status, took, model, Text(_result(run)))
        yield table


def _local(started: str) -> str:
    return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"


def _result(run: Run) -> str:
    """The result on one line: single values as they are, of lists and objects how much there is."""
    if run.status == "error":
        what = f"{run.result.get('where', '')}: {run.result.get('what', '')}".removeprefix(": ")
        return shown(" ".join(what.split()))
    return ", ".join(f"{name} {_short(value)}" for name, value in run.result.items() if value is not None)


def _short(value: object, longest: int = LONGEST) -> str:
    if isinstance(value, list | dict):
        return f"({len(value)})"
    text = shown(" ".join(str(value).split()))
    if len(text) <= longest:
        return text
    # The end of a path says more than its beginning.
    return f"...{text[3 - longest :]}" if text.startswith("/") else f"{text[: longest - 3]}..."
