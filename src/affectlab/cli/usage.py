"""A command line that cannot be understood, as an error of ours: where, what, and the nearest that exists."""

from __future__ import annotations

import re
from typing import Any

import typer

from affectlab.errors import InputError, UnknownNameError, UserError


def as_input_error(error: typer.TyperException) -> UserError:
    """What typer says about a command line, in our words."""
    context: Any = getattr(error, "ctx", None)
    where = context.command_path.replace(" ", " ", 1) if context is not None else "affectlab"
    message = " ".join(error.format_message().split())
    if hasattr(error, "possibilities"):
        return _unknown_option(str(getattr(error, "option_name", "")), context, where)
    if unknown := re.match(r"No such command '(.*?)'\.", message):
        return UnknownNameError("command", unknown[1], context.command.commands, where=where)
    if extra := re.search(r"unexpected extra arguments?\(?s?\)? \((.*)\)", message):
        fix = "put a text of several words in quotes"
        return InputError("more arguments than it takes", where=where, found=extra[1], fix=fix)
    parameter = getattr(error, "param", None)
    if parameter is not None:
        return _bad_value(error, parameter, where)
    return InputError(_as_clause(message), where=where, fix=f"see {where} --help")


def _unknown_option(name: str, context: Any, where: str) -> UserError:
    if not name.startswith("--"):
        fix = "put -- in front of a text that begins with a minus"
        return InputError(f"unknown option {name!r}", where=where, fix=fix)
    known = [option for parameter in context.command.params for option in parameter.opts if option.startswith("--")]
    return UnknownNameError("option", name, [*known, "--help"], where=where)


def _bad_value(error: typer.TyperException, parameter: Any, where: str) -> UserError:
    option = parameter.param_type_name == "option"
    name = parameter.opts[-1] if option else parameter.metavar or parameter.name.upper()
    if not error.message:
        return InputError(
            f"missing {'option' if option else 'argument'} {name}", where=where, fix=f"see {where} --help"
        )
    if choice := re.search(r"'(.*)' is not one of (.*?)\.?$", error.message):
        known = re.findall(r"'([^']*)'", choice[2])
        return UnknownNameError("value", choice[1], known, where=f"{where} {name}")
    expected = re.sub(r"^Input should be |, unable to parse.*$", "", error.message)
    what, here = "this value cannot be used", f"{where} {name}"
    return InputError(what, where=here, expected=_as_clause(expected), found=_given(error), fix=f"see {where} --help")


def _given(error: typer.TyperException) -> str:
    """The value that was refused, which pydantic knows and typer does not pass on."""
    details: Any = getattr(error.__cause__ or error.__context__, "errors", list)()
    return repr(details[0]["input"])[:60] if details else ""


def _as_clause(message: str) -> str:
    return (message[:1].lower() + message[1:]).rstrip(".")
