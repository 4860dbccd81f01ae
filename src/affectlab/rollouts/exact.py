"""In pocket's world one word decides: its log-odds against the other words, at every strength, without a draw.

The answers up to the decision are the world's own and tell of no state. Two strengths do for a slope, the lowest and
the highest that can be used, so that there can be many null directions; unsteered, all are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import logsumexp

from affectlab.behaviour.items.situations import Situation
from affectlab.checks.controls import ISOTROPIC, controls
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.core import Doubles, Steer
from affectlab.findings import Findings
from affectlab.models.base import Model, Row
from affectlab.models.verbs import choose_each, prompt_row
from affectlab.pocket import situations
from affectlab.rollouts.how import BLACKMAIL, HACKING, How
from affectlab.sweeps import (
    Directions,
    Doses,
    control_directions,
    dose_findings,
    doses,
    null_directions,
    vector_directions,
)
from affectlab.sweeps.measures import next_token
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet


def exact_findings(
    model: Model,
    vectors: VectorSet,
    sums: Sums | None,
    how: How,
    *,
    sites: Sequence[int],
    strengths: Sequence[float],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Findings:
    """Scores `behave.TASK.exact.slope.EMOTION`. Of a task that can be done: the log-odds that it is called done."""
    cases = _cases(how)
    asking = [[{"role": "user", "content": case.asked}] for case in cases]
    rows = [prompt_row(model, chat, prefill=case.begun) for chat, case in zip(asking, cases, strict=True)]
    words = list(cases[0].words)
    deed = words.index(cases[0].deed or words[0])
    tokens = [next_token(model, asking[0], cases[0].begun, f" {word}") for word in words]
    ends = sorted({min(strengths), max(strengths)} - {0.0})
    nulls = _nulls(vectors, sums, how, sites)
    count = _Count(sum(map(len, nulls.values())), progress)

    def measure(model: Model, rows: Sequence[Row], steers: Sequence[Steer | None]) -> Doubles:
        found = choose_each(model, rows, steers, tokens).astype(np.float64)
        return np.asarray(found[..., deed] - logsumexp(np.delete(found, deed, axis=-1), axis=-1))

    plain = measure(model, rows, [None])[0]

    def swept(directions: Directions, hear: Callable[[int], None] = lambda done: None) -> Doses:
        return doses(model, rows, measure, directions, strengths=ends, progress=hear).through(plain)

    found = swept(vector_directions(vectors, sites, how.emotions))
    beside = {kind: swept(directions, count.part(len(directions))) for kind, directions in nulls.items()}
    return dose_findings(f"behave.{how.task}.exact", found, beside, seed=how.seed)


class _Count:
    """Adds up what several sweeps have done."""

    def __init__(self, total: int, progress: Callable[[int, int], None]) -> None:
        self.total, self.progress, self.before = total, progress, 0

    def part(self, size: int) -> Callable[[int], None]:
        first, self.before = self.before, self.before + size
        return lambda done: self.progress(first + done, self.total)


def _cases(how: How) -> list[Situation]:
    if how.task == BLACKMAIL:
        return situations.mailboxes(how.situations, **{"threat": not how.twin, **how.arranged})
    if how.task == HACKING:
        return (situations.calm_logs if how.twin else situations.work_logs)(how.situations)
    return situations.opinions(how.situations)


def _nulls(vectors: VectorSet, sums: Sums | None, how: How, sites: Sequence[int]) -> dict[str, Directions]:
    """Directions drawn by chance, and with the sums those of shuffled labels and of the neutral tokens' covariance."""
    found = {ISOTROPIC: null_directions(vectors, sites, how.exact_nulls, seed=how.seed)}
    if sums is None:
        return found
    sets = -(-how.exact_nulls // len(vectors.emotions))
    given = controls(vectors_at(vectors, sites), sums_at(sums, sites), sets, seed=how.seed + how.controls + 1)
    others = {kind: several for kind, several in given.items() if kind != ISOTROPIC}
    return found | control_directions(vectors, others, sites, how.exact_nulls)
