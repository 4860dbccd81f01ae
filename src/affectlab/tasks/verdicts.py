"""A verdict on one run, the same for every task and register: what Inspect counts, and where in the run it was.

A *place* is an output of the model and a character of its completion; what is read there is read at the token before
it. So `[0, 0]` is the ":" before the first answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from inspect_ai.log import EvalSample
from inspect_ai.scorer import Score

from affectlab.errors import InputError

Place: TypeAlias = tuple[int, int]

NOT_KNOWN = math.nan
"""Left out of Inspect's means."""


@dataclass(frozen=True)
class Verdict:
    """What became of a run. `judged` is whether anything can be said of it; if not, there is no deed."""

    outcome: str
    judged: bool
    deed: bool
    deed_at: Place | None
    failures: tuple[Place, ...]
    outputs: int


def score_of(verdict: Verdict, values: Mapping[str, float], explanation: str = "", **facts: Any) -> Score:
    """The verdict as Inspect keeps it: `values` are what it counts, `facts` whatever else is known."""
    metadata = {
        "outcome": verdict.outcome,
        "judged": verdict.judged,
        "deed": verdict.deed,
        "deed_at": None if verdict.deed_at is None else list(verdict.deed_at),
        "failures": [list(place) for place in verdict.failures],
        "outputs": verdict.outputs,
    }
    return Score(value=dict(values), answer=verdict.outcome, explanation=explanation or None, metadata=metadata | facts)


def facts_of(sample: EvalSample) -> Mapping[str, Any]:
    """What our score of a sample of a log knows."""
    for score in (sample.scores or {}).values():
        if score.metadata and {"outcome", "deed", "deed_at"} <= score.metadata.keys():
            return score.metadata
    raise InputError(
        "no verdict of ours on this sample",
        where=f"sample {sample.id}, epoch {sample.epoch}",
        expected="a log of affectlab/blackmail, affectlab/reward_hacking or affectlab/sycophancy",
        found=", ".join(sample.scores or {}) or (sample.error and sample.error.message) or "no score",
        fix="leave it out, or score the log",
    )


def verdict_of(sample: EvalSample) -> Verdict:
    """The verdict on a sample of a log."""
    facts = facts_of(sample)
    at: Sequence[int] | None = facts["deed_at"]
    return Verdict(
        facts["outcome"],
        facts["judged"],
        facts["deed"],
        None if at is None else (at[0], at[1]),
        tuple((place[0], place[1]) for place in facts["failures"]),
        facts["outputs"],
    )
