"""Turning emotions up and down: what was asked (`Mix`), what a model is given (`Steer`), what was done (`Receipt`)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np

from affectlab.core.arrays import Floats
from affectlab.core.places import Tokens
from affectlab.errors import ExpressionError


@dataclass(frozen=True)
class Mix:
    """A sum of strength x emotion. Strengths are fractions of the mean residual norm; nothing is renormalised.

    >>> print(parse_mix("0.05*calm - 0.02*desperate"))
    0.05*calm - 0.02*desperate
    """

    terms: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        for name, strength in self.terms:
            if not math.isfinite(strength):
                raise ExpressionError(
                    "a strength must be finite",
                    where=f"strength of {name!r}",
                    expected="a number such as 0.05",
                    found=str(strength),
                )

    def __add__(self, other: Mix) -> Mix:
        total = dict(self.terms)
        for name, strength in other.terms:
            total[name] = total.get(name, 0.0) + strength
        return Mix(tuple(total.items()))

    def __mul__(self, factor: float) -> Mix:
        return Mix(tuple((name, strength * float(factor)) for name, strength in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> Mix:
        return self * -1.0

    def __sub__(self, other: Mix) -> Mix:
        return self + -other

    def __str__(self) -> str:
        text = ""
        for name, strength in self.terms:
            sign = ("-" if strength < 0 else "") if not text else (" - " if strength < 0 else " + ")
            text += f"{sign}{_shortest(abs(strength))}*{quoted(name)}"
        return text


def _shortest(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(number).removesuffix(".0")


_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan"
_NAME = r"[^\W\d_][\w'-]*(?: [^\W\d_][\w'-]*)*"
QUOTED = r"""(?:"(?:[^"]|"")+"|'(?:[^']|'')+')"""
"""A name in quotes, which may hold anything; the quote itself is doubled."""
_TERM = re.compile(
    rf"\s*(?P<sign>[+-])?\s*(?:(?P<strength>(?:{_NUMBER}))\s*\*\s*)?(?P<name>{QUOTED}|{_NAME})\s*(?=[+-]|\Z)",
    re.IGNORECASE,
)


def parse_mix(text: str, *, where: str = "steering expression", bare: bool = True) -> Mix:
    """Read an expression such as `0.05*calm - 0.02*at ease`: strength * name, joined by + and -.

    Names may hold spaces and hyphens, and anything at all in quotes: `0.05*"9 to 5 joy"`; a minus between two terms
    needs a space before it. A name alone has strength 1 unless `bare` is false. What adds nothing is refused: whoever
    writes it down means something else, and a sweep that needs strength 0 makes a `Mix`.

    >>> parse_mix("0.05*calm - 0.02*'at ease'").terms
    (('calm', 0.05), ('at ease', -0.02))
    """
    mix, written, at = Mix(()), 0.0, 0
    while at < len(text) or not mix.terms:
        found = _TERM.match(text, at)
        if found is None or (mix.terms and not found["sign"]):
            raise ExpressionError(
                f"cannot read {text!r} from character {at + 1}",
                where=where,
                expected="strength * name, joined by + or -, such as '0.05*calm - 0.02*desperate'",
                found=repr(text[at:].strip() or "nothing"),
                fix="put a name in quotes if it holds more than letters, spaces and hyphens",
            )
        if not (bare or found["strength"]):
            raise _strength_missing(found["name"], where)
        strength = float(found["strength"] or 1.0) * (-1.0 if found["sign"] == "-" else 1.0)
        mix, at = mix + Mix(((unquoted(found["name"]), 1.0),)) * strength, found.end()
        written += abs(strength)
    # Terms that cancel leave the rounding of their sum.
    if all(abs(strength) <= 1e-12 * written for _, strength in mix.terms):
        fix = "give a strength that is not 0, or do not steer"
        raise ExpressionError("this adds nothing", where=where, expected="something to add", found=repr(text), fix=fix)
    return mix


def _strength_missing(name: str, where: str) -> ExpressionError:
    return ExpressionError(
        "a strength is missing",
        where=where,
        expected="strength * name, such as 0.05*calm",
        found=repr(name),
        fix=f"write 0.05*{name}; 1*{name} would add as much as the whole stream",
    )


def unquoted(name: str) -> str:
    """A name without its quotes, if it has any.

    >>> unquoted('"love/hate, mixed"'), unquoted("at ease ")
    ('love/hate, mixed', 'at ease')
    """
    name = name.strip()
    return name[1:-1].replace(name[0] * 2, name[0]) if re.fullmatch(QUOTED, name) else name


def quoted(name: str) -> str:
    """A name as `parse_mix` reads it back."""
    if re.fullmatch(_NAME, name):
        return name
    quote = "'" if '"' in name and "'" not in name else '"'
    return quote + name.replace(quote, quote * 2) + quote


@dataclass(frozen=True, eq=False)
class Steer:
    """What a model is given: at each site, one vector to add to the residual stream of the tokens selected.

    `deltas[i]` belongs to `sites[i]`. Two of these with the same deltas share one row of a backend's table.
    """

    sites: tuple[int, ...]
    deltas: Floats = field(repr=False)
    tokens: Tokens = Tokens("all")
    label: str = ""
    vectors: str = ""

    def __post_init__(self) -> None:
        if self.deltas.shape[:1] != (len(self.sites),) or self.deltas.ndim != 2:
            raise ExpressionError(
                "one vector per site", expected=f"{len(self.sites)} rows", found=str(self.deltas.shape)
            )
        if not np.isfinite(self.deltas).all():
            raise ExpressionError("what would be added is not finite", where=self.label, fix="check the strengths")
        if not self.sites or self.sites[0] < 0 or list(self.sites) != sorted(set(self.sites)):
            raise ExpressionError("sites must be layers, ascending and distinct", found=str(self.sites))


@dataclass(frozen=True)
class Receipt:
    """Proof of steering: what was added, where, to how many tokens, and what it did to the norm of the stream.

    One number per site each: `added_norm`, ||delta||, is what was asked for, in float32; with h' the stream after the
    edit, `moved_norm` is what was done, the mean over touched tokens of ||h' - h||, and `norm_change` that of
    ||h'|| - ||h||. In bfloat16 the stream moves by a little more or less than was asked, or not at all.
    """

    label: str
    vectors: str
    sites: tuple[int, ...]
    tokens: int
    added_norm: tuple[float, ...]
    norm_change: tuple[float, ...]
    moved_norm: tuple[float, ...]

    @property
    def empty(self) -> bool:
        """Whether no token was touched: the model ended the text before it came to one that was meant."""
        return self.tokens == 0

    @property
    def lost(self) -> bool:
        """Whether something was added that rounding swallowed, so that the stream stayed where it was."""
        return self.tokens > 0 and any(self.added_norm) and not any(self.moved_norm)
