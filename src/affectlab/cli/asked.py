"""What options ask for, in the terms of the library: emotions, tokens, steering. Errors name the option."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from affectlab.cli.places import places
from affectlab.cli.running import warn
from affectlab.errors import ExpressionError, InputError, UnknownNameError

if TYPE_CHECKING:
    from affectlab.core import Receipt, Steer, Tokens
    from affectlab.vectors.vectorset import VectorForm, VectorSet


def asked_emotions(vectors: VectorSet, text: str, where: str = "--emotions") -> tuple[str, ...]:
    """The emotions of a comma list, each once. A name that holds a comma stands in quotes."""
    from affectlab.core.steering import QUOTED, unquoted

    parts = [found[1] for found in re.finditer(rf"\s*({QUOTED}(?=\s*(?:,|\Z))|[^,]*)\s*(?:,|\Z)", text)]
    # At the end of the text the pattern matches once more, with nothing.
    listed = parts[:-1] if len(parts) > 1 and not text.rstrip().endswith(",") else parts
    return _known(vectors, [unquoted(part) for part in listed], where)


def _known(vectors: VectorSet, names: list[str], where: str) -> tuple[str, ...]:
    for name in names:
        if name not in vectors.emotions:
            raise UnknownNameError("emotion", name, vectors.emotions, where=where)
    return tuple(dict.fromkeys(names))


def asked_tokens(text: str) -> Tokens:
    """A selector. `spans` is none here: a command line has no way to name the spans."""
    from affectlab.core import Tokens

    try:
        tokens = Tokens.parse(text)
    except InputError:
        tokens = None
    if tokens is None or tokens.kind == "spans":
        expected = "all, prompt, reply, turn, or 'from N'"
        fix = "spans can be steered from Python" if tokens else ""
        raise InputError(
            f"{text!r} names no tokens", where="--tokens", expected=expected, found=repr(text), fix=fix
        ) from None
    return tokens


def asked_steering(
    vectors: VectorSet,
    expression: str,
    layers: str | None,
    tokens: str,
    form: VectorForm | None,
    *,
    where: str,
    layers_option: str = "--layers",
) -> Steer:
    """What `expression`, given at `where`, adds. Here every term needs a strength, and the whole must add something."""
    from affectlab.core import parse_mix

    mix = parse_mix(expression, where=where, bare=False)
    _known(vectors, [name for name, _ in mix.terms], where)
    with places({"layers": layers_option, "--layers": layers_option, str(mix): where}):
        steer = vectors.steer(mix, layers=vectors.choose_layers(layers), tokens=asked_tokens(tokens), form=form)
    if not steer.deltas.any():
        raise ExpressionError(
            "this adds nothing",
            where=where,
            expected="something to add",
            found=repr(expression),
            fix="steer with more, or with another emotion",
        )
    return steer


def warn_of_steering(receipt: Receipt | None) -> None:
    """Say plainly that nothing was steered, where it came to that."""
    if receipt is not None and receipt.empty:
        warn("nothing was steered: the model ended its reply before there was a token to steer")
    if receipt is not None and receipt.lost:
        warn("nothing was moved: what was added is so small that it is lost in rounding; steer with more")
