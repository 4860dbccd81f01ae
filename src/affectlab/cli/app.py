"""All verbs, in the order of the path from texts to steering."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from affectlab._version import __version__
from affectlab.cli.behave import behave
from affectlab.cli.compare import compare
from affectlab.cli.doctor import doctor
from affectlab.cli.extract import extract
from affectlab.cli.import_ import import_
from affectlab.cli.log import log
from affectlab.cli.map import map
from affectlab.cli.prefer import prefer
from affectlab.cli.read import read
from affectlab.cli.snippets import snippets
from affectlab.cli.steer import SteerCommand, steer
from affectlab.cli.study import study
from affectlab.cli.validate import validate
from affectlab.cli.write import write

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def _say_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"affectlab {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def affectlab(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version this is.")
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="After an error, show where in the code it arose; in any place.")
    ] = False,
) -> None:
    """Find the emotion concepts inside a language model, and turn them up and down.

    Every command exits with 0 when all is well, with 2 and one line when something can be mended by its user, and with
    1 when the fault is ours. With --json it prints one JSON object, and nothing else, on standard output.
    """
    # Both options have done their work: the one above, the other in `entry`, which sees errors from before this call.


app.command()(study)
app.command()(write)
app.command()(extract)
app.command()(validate)
app.command()(map)
app.command()(read)
app.command()(snippets)
app.command(cls=SteerCommand)(steer)
app.command()(prefer)
app.command()(behave)
app.command()(compare)
app.command("import")(import_)
app.command()(doctor)
app.command()(log)


def command() -> Any:
    """The whole command line as one click command."""
    return typer.main.get_command(app)
