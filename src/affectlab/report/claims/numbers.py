"""Numbers as a reader wants them: as many digits as say something, and a real minus sign."""

from __future__ import annotations

import math

from affectlab.core import Score

NOTHING = "–"


def shown(value: float | None, decimals: int | None = None) -> str:
    """A number in a few digits, or in so many decimals.

    >>> shown(0.93456), shown(-0.0123), shown(0.99876), shown(12345.6), shown(None)
    ('0.93', '−0.012', '0.999', '12,346', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if decimals is None and 0 < size < 0.0005:
        text = f"{size:.1e}"
    else:
        text = f"{size:,.{_decimals(size) if decimals is None else decimals}f}"
    return f"−{text}" if value < 0 and text.strip("0.") else text


def _decimals(size: float) -> int:
    if size >= 100:
        return 0
    if size >= 10:
        return 1
    if size == 0:
        return 0
    return 3 if size < 0.1 or 0.995 <= size < 1 else 2


def interval(score: Score) -> str:
    """The interval of a score, in brackets, in as many decimals as its value.

    >>> interval(Score("a", 0.3, 0.0999, 0.5, 9, "words"))
    '[0.10, 0.50]'
    """
    size = abs(score.value) if score.value else abs(score.high)
    decimals = None if 0 < size < 0.0005 else _decimals(size)
    return f"[{shown(score.low, decimals)}, {shown(score.high, decimals)}]"


def margin(score: Score, other: float) -> str:
    """How far a score's value lies from another number, with its sign.

    >>> margin(Score("a", 0.9, 0.8, 1.0, 9, "words"), 0.5)
    '+0.40'
    """
    difference = score.value - other
    return shown(difference) if difference < 0 else f"+{shown(difference)}"
