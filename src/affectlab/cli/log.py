"""`affectlab log`: what was run, on what, with what result."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from affectlab.cli.options import JsonOption
from affectlab.cli.running import show
from affectlab.errors import InputError, UnknownNameError

MOST = 1_000_000
"""Runs that can be shown at once."""

LimitOption = Annotated[int, typer.Option(metavar="N", help="How many runs, the latest first.")]
CommandOption = Annotated[str | None, typer.Option(metavar="NAME", help="Runs of this command alone.")]


def log(limit: LimitOption = 20, command: CommandOption = None, json: JsonOption = False) -> None:
    """Show what was run, on what, with what result.

    Looking at the log is not logged.
    """
    from affectlab import runlog
    from affectlab.report.runs import runs_table

    if not 1 <= limit <= MOST:
        what = "no runs to show" if limit < 1 else "more runs than can be shown"
        raise InputError(what, where="--limit", expected=f"1 to {MOST}", found=str(limit))
    runs = runlog.runs(limit, command)
    if command is not None and not runs:
        _check_command(command)
    show({"runs": [asdict(run) for run in runs]}, runs_table(runs), json=json)


def _check_command(name: str) -> None:
    """A command that does not exist has no runs, which is another thing than one that was not run yet."""
    from affectlab.cli.app import command

    known = set(command().commands) - {"log"}
    if name not in known:
        raise UnknownNameError("command", name, known, where="--command")
