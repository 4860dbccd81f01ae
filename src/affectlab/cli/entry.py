"""One command line from its words to its exit code.

0 all is well; 2 the user can mend it; 1 the fault is ours; 130 interrupted; 141 nobody reads the output any more. Every
error is one line on standard error and, where `--json` was asked for, one object on standard output.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from collections.abc import Sequence

import typer

from affectlab.cli.usage import as_input_error
from affectlab.errors import AffectlabError, OurError, UserError

INTERRUPTED, CLOSED_PIPE = 130, 141


def main() -> None:
    """The `affectlab` command."""
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run one command line, such as `["log", "--json"]`, and return its exit code."""
    options, rest = _split(words)
    wants_json, wants_traceback = "--json" in options, "--traceback" in options
    wants_traceback |= os.environ.get("AFFECTLAB_TRACEBACK", "0") not in ("", "0")
    try:
        with warnings.catch_warnings():
            if not wants_traceback:
                warnings.simplefilter("ignore")  # they speak to programmers; ours are printed by `running.warn`
            _invoke([word for word in options if word != "--traceback"] + rest)
        sys.stdout.flush()
        return 0
    except typer.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        _leave_output()
        return CLOSED_PIPE
    except (KeyboardInterrupt, typer.Abort):
        _say("affectlab: interrupted")
        return INTERRUPTED
    except Exception as error:
        if wants_traceback:
            traceback.print_exc()
        return _report(_named(error), wants_json)


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words before the first `--`, which may be options, and the others, which are not."""
    cut = list(words).index("--") if "--" in words else len(words)
    return list(words[:cut]), list(words[cut:])


def _invoke(words: list[str]) -> None:
    from affectlab.cli.app import command

    # What a stream cannot show becomes a question mark and not a crash.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    whole = command()
    words = words or ["--help"]
    with whole.make_context("affectlab", words) as context:
        whole.invoke(context)


def _named(error: Exception) -> AffectlabError:
    """The error as one of ours, whatever it was."""
    match error:
        case AffectlabError():
            return error
        case typer.TyperException():
            return as_input_error(error)
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return OurError(
        "something went wrong inside affectlab",
        found=f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__,
        fix="this is our fault, not yours: please report it, with what --traceback shows",
    )


def _report(error: AffectlabError, wants_json: bool) -> int:
    _say(f"affectlab: error: {error.line}")
    if wants_json:
        try:
            print(json.dumps({"error": error.fields}), flush=True)
        except BrokenPipeError:
            _leave_output()
    return 2 if isinstance(error, UserError) else 1


def _say(line: str) -> None:
    """One line on standard error. A name from a file may hold anything, also what moves a terminal's cursor."""
    print("".join(letter if letter.isprintable() else "\ufffd" for letter in line), file=sys.stderr)


def _leave_output() -> None:
    """Python flushes standard output once more when it ends; let it go nowhere."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # a stream without a descriptor, as in tests
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, open until the end
