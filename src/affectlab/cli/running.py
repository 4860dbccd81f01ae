"""What every command does around its own work: record it in the run log, warn, and print what came out."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from affectlab.cli.places import places_of
from affectlab.cli.texts import STANDARD_INPUT, abridged

if TYPE_CHECKING:
    from affectlab.runlog import Recorder


class Running:
    """A command that is going on. `note` adds to the run log; `finish` says what came out."""

    def __init__(self, recorder: Recorder) -> None:
        self.note = recorder.note
        self._recorder = recorder
        self.outcome: Mapping[str, Any] = {}
        self.shown: Any = None

    def finish(self, outcome: Mapping[str, Any], shown: Any, logged: Mapping[str, Any] | None = None) -> None:
        """`outcome` is what --json prints, `shown` what a person sees, `logged` what the log keeps instead."""
        self.outcome, self.shown = outcome, shown
        self._recorder.result(outcome if logged is None else logged)


@contextmanager
def running(command: str, arguments: Mapping[str, Any]) -> Iterator[Running]:
    """Record a command with its arguments, which are all that it was called with; print its outcome in the end."""
    from affectlab import runlog

    # The log belongs to what was run, so a reader who closes the pipe early changes nothing in it.
    with runlog.record(command, _kept(arguments)) as recorder, places_of(command, arguments):
        run = Running(recorder)
        yield run
    show(run.outcome, run.shown, json=arguments["json"])


def _kept(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the log keeps of arguments: of a text no more than tells which it was."""
    texts = {name: arguments[name] for name in ("text", "prompt") if isinstance(arguments.get(name), str)}
    return {**arguments, **{name: abridged(text) for name, text in texts.items() if text != STANDARD_INPUT}}


def show(outcome: Mapping[str, Any], shown: Any, *, json: bool) -> None:
    """Print one JSON object, or the same for a person."""
    if json:
        print(json_format.dumps(outcome, allow_nan=False), flush=True)
        return
    from affectlab.report.terminal import output

    output().print(shown)


def warn(text: str) -> None:
    """One line on standard error."""
    print(f"affectlab: warning: {text}", file=sys.stderr, flush=True)
