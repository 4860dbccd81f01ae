"""A diverging scale for terminals: blue below zero, red above, and nothing near zero.

Nobody can ask a terminal whether it is dark or light, so the scale never gets bright or dark: it goes from grey to a
full hue of the same lightness, and white letters can be read on all of it. Weak readings colour the letters alone.
"""

from __future__ import annotations

from typing import NamedTuple

GREY = (104, 104, 104)
BELOW, ABOVE = (24, 96, 196), (196, 26, 44)
FAINT_BELOW, FAINT_ABOVE = (66, 138, 222), (222, 84, 84)
"""Hues that can be read as letters on black and on white."""

NOTHING, LETTERS = 0.08, 0.3
"""|shade| below the first gets no colour; below the second, coloured letters."""

Rgb = tuple[int, int, int]


class Paint(NamedTuple):
    """Letters and what is behind them, as #rrggbb; a background of None is the terminal's own."""

    letters: str
    background: str | None = None

    @property
    def style(self) -> str:
        """As rich writes it."""
        return self.letters if self.background is None else f"{self.letters} on {self.background}"


def paint(shade: float) -> Paint | None:
    """The colours of a shade between -1 and 1; None where it is too near to zero.

    >>> paint(0.0), paint(0.2), paint(1.0)
    (None, Paint(letters='#de5454', background=None), Paint(letters='#ffffff', background='#c41a2c'))
    """
    strength = min(abs(shade), 1.0)
    if strength < NOTHING:
        return None
    if strength < LETTERS:
        return Paint(_hex(FAINT_BELOW if shade < 0 else FAINT_ABOVE))
    hue = BELOW if shade < 0 else ABOVE
    red, green, blue = (round(a + (b - a) * strength) for a, b in zip(GREY, hue, strict=True))
    return Paint("#ffffff", _hex((red, green, blue)))


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
