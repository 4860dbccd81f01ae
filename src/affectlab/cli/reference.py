"""The command reference, made from the commands themselves: `python -m affectlab.cli.reference docs/commands.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectlab.cli.app import command

_HEAD = """# Commands

Made by `python -m affectlab.cli.reference docs/commands.md`; do not edit. `affectlab COMMAND --help` says the same.

| exit code | meaning |
|---|---|
| 0 | all is well |
| 2 | something its user can mend: one line on standard error says what, where, expected, found, and what to do |
| 1 | the fault is ours; `--traceback` (in any place) or `AFFECTLAB_TRACEBACK=1` shows where in the code |
| 130 | interrupted |
| 141 | nobody reads the output any more |

With `--json` a command prints one JSON object on standard output and nothing else there; an error is then
`{"error": {"what", "where", "expected", "found", "fix"}}`. Progress and warnings go to standard error. Every run but
`log` itself is kept in the run log, which its user alone can read: `~/.local/state/affectlab/runs.sqlite`, or the file
that `AFFECTLAB_LOG` names; `AFFECTLAB_LOG=off` keeps nothing. Of texts, prompts and replies it keeps the first
characters, the length and a hash.

What `--json` prints, by command:

- `write`: `corpus, planned, accepted, given_up, share`, and `rejected` (`{reason: how many}`, counting every attempt)
- `extract`: `vectors, emotions, layers, layer` (the one they prefer)`, dim, texts, tokens, seconds, tokens_per_second`
- `read`: `tokens, layer, convention, scores` (`{emotion: [one per token]}`), and `receipt` if steered; with several
  layers also `layers`, a list of such objects, the first of which also stands outside
- `snippets`: `scores, model, texts, passages, tokens, left_out, emotions, layer, convention, quantile`, `files` (or
  `held_out`), `levels` (the reading above which a token is marked, by emotion) and `snippets`, for each emotion a list
  of `{score, where, label, cut, tokens, readings, marked}`, the highest first
- `steer`: `text, unsteered, receipt`; `receipt.tokens` is 0, and a warning says so, if the model ended its reply before
  a token could be steered
- `compare`: `scores`
- `doctor`: `model, facts, size, versions`, `bfloat16` unless the model is `fake`, `checks` with `--thorough`
- `log`: `runs`

Layers are named by `all`, `4`, `2-5` (inclusive), `0.66` (that fraction of the blocks, rounded down), or a list of
these with commas. Tokens are named by `all`, `prompt`, `reply` (generated ones), `turn` (the assistant's, with the
generation prompt) or `'from N'`.

An expression is a sum of strength * name, as in `0.05*calm - 0.02*desperate`. Every name needs a strength, and the sum
must add something. A name with other characters than letters, spaces and hyphens stands in quotes: `0.05*"9 to 5 joy"`,
as does a name with a comma in `--emotions`.
"""


def reference() -> str:
    """The whole page, as Markdown."""
    whole = command()
    sections = [_section(name, verb) for name, verb in whole.commands.items()]
    return "\n".join([_HEAD, *sections])


def parameters(verb: Any) -> Iterator[Any]:
    """The arguments and options of a command, without `--help`."""
    return (parameter for parameter in verb.params if parameter.name != "help")


def _section(name: str, verb: Any) -> str:
    arguments = [parameter for parameter in parameters(verb) if parameter.param_type_name == "argument"]
    options = [parameter for parameter in parameters(verb) if parameter.param_type_name == "option"]
    usage = " ".join(parameter.metavar if parameter.required else f"[{parameter.metavar}]" for parameter in arguments)
    lines = [
        f"## affectlab {name}",
        "",
        verb.help,
        "",
        "```",
        f"affectlab {name} {usage}".rstrip() + " [OPTIONS]",
        "```",
        "",
    ]
    if arguments:
        lines += ["| argument | meaning |", "|---|---|"]
        lines += [f"| `{_cell(parameter.metavar)}` | {_cell(parameter.help)} |" for parameter in arguments] + [""]
    lines += ["| option | meaning | default |", "|---|---|---|"]
    lines += [f"| {_names(option)} | {_cell(option.help)} | {_default(option)} |" for option in options]
    return "\n".join([*lines, ""])


def _names(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or '|'.join(option.type_descriptor.choices or ())}".rstrip()
    spelled = [*option.opts, *option.secondary_opts]
    return ", ".join(f"`{_cell(name + value)}`" for name in spelled)


def _default(option: Any) -> str:
    if option.required:
        return "required"
    return "" if option.is_flag or option.default is None else f"`{option.default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
    else:
        sys.stdout.write(reference())
