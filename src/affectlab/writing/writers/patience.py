"""How long to wait before a request is sent again.

1. The pause doubles with every attempt, up to a minute.
2. Between half of it and all of it is waited, so that requests that failed together do not come back together. Which
   part is drawn from the request's seed and the attempt: the same run waits the same.
3. What the server asked for with Retry-After comes before that, up to two minutes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

LONGEST_PAUSE, LONGEST_ASKED = 60.0, 120.0


def pause(first: float, attempt: int, *, seed: int, after: float = 0.0) -> float:
    """Seconds to wait after an attempt, counted from 0, that failed."""
    grown = min(first * 2.0**attempt, LONGEST_PAUSE)
    return min(after, LONGEST_ASKED) + grown * (0.5 + Random(f"{seed} {attempt}").random() / 2)


def asked_for(header: str | None, now: datetime | None = None) -> float:
    """Seconds that Retry-After asks for, which it says as a number or as a date; 0 where it says neither.

    >>> asked_for("2")
    2.0
    """
    header = (header or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", header, re.ASCII):
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return 0.0
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
