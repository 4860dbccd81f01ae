"""`affectlab log`: what was run, on what, with what result."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from affectlab.cli.options import JsonOption
from affectlab.cli.running import show
from affectlab.errors import InputError

LimitOption = Annotated[int, typer.Option(metavar="N", help="How many runs, the latest first.")]
CommandOption = Annotated[str | None, typer.Option(metavar="NAME", help="Runs of this command alone.")]


def log(limit: LimitOption = 20, command: CommandOption = None, json: JsonOption = False) -> None:
    """Show what was run, on what, with what result.

    Looking at the log is not logged.
    """
    from affectlab import runlog
    from affectlab.report.runs import runs_table

    if limit < 1:
        raise InputError("no runs to show", where="--limit", expected="1 or more", found=str(limit))
    runs = runlog.runs(limit, command)
    show({"runs": [asdict(run) for run in runs]}, runs_table(runs), json=json)
