"""Colours that every kind of eye tells apart, each with its counterpart for a dark page.

A figure is built from these constants alone, so that a page can recolour it by replacing one string by another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

INK, SOFT, LINE, GREY = "#1d1f23", "#5d626b", "#dedcd6", "#c9c6bf"
"""Letters, letters of less weight, thin lines, and marks of which nothing is known."""
HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#777777")
"""Okabe and Ito's colours, for lines and bars."""
LETTERS = ("#00659E", "#A84300", "#00694D", "#98406F", "#7D5600", "#226C99", "#626262")
"""The same hues for names: dark enough to be read."""
BELOW, ABOVE, STRONG = "#1f64a8", "#b01a2c", "#ffffff"
"""Letters and marks of what lies below and above zero, and letters on strong colours."""
SIGNED = tuple(
    (place / 10, colour)
    for place, colour in enumerate(
        "#053061 #2166ac #4393c3 #92c5de #d1e5f0 #f7f7f7 #fddbc7 #f4a582 #d6604d #b2182b #67001f".split()
    )
)
"""The scale of signed values, RdBu: blue below zero, red above."""
SIGNED_DARK = "#6db1ff #4a90e2 #3a73b8 #2f5688 #2a3b55 #23272d #4d2f33 #7d3a3e #b3474b #e25d5f #ff8a85".split()
TURN = 0.66
"""|shade| above which letters on the scale of signed values turn from ink to `STRONG`."""
VEIL_BELOW, VEIL_ABOVE = "rgba(33,102,172,{})", "rgba(190,30,46,{})"
"""Hues that a page shines through, light or dark; to be filled with how much they cover, 0 to 1."""
ON_VEIL = "#fafafa"
"""Letters where a veil covers all, on every page."""

DARK = {
    INK: "#e8e6e1",
    SOFT: "#a3a9b2",
    LINE: "#3a3f46",
    GREY: "#565c65",
    BELOW: "#77b4f5",
    ABOVE: "#ff8f8a",
    STRONG: "#0e1013",
    **dict(zip(HUES, "#4AA8E8 #F08A3C #2FC296 #E29DC5 #EDB13A #8FCDF3 #A6A6A6".split(), strict=True)),
    **dict(zip(LETTERS, "#63B5EC #F29A57 #45CCA3 #E7ABCD #EFBA50 #98D1F4 #AEAEAE".split(), strict=True)),
    **{light: dark for (_, light), dark in zip(SIGNED, SIGNED_DARK, strict=True)},
}
"""For each colour of a figure, the one that takes its place on a dark page."""


def letters_on(shades: Any) -> list[str]:
    """Colours of letters that can be read on cells of the given shades, -1 to 1; nan is an empty cell."""
    return [STRONG if abs(shade) > TURN else INK for shade in np.asarray(shades, dtype=np.float64).ravel()]
