"""What a study found on each claim, and the file that scripts read it from."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlab.core import Score
from affectlab.files import atomic_write
from affectlab.findings import ABSENT, Findings
from affectlab.report.claims.claims import Claim, claims, groups
from affectlab.report.claims.verdicts import Ruling, Verdict, verdict

_OF_A_SCORE = ("value", "low", "high", "n", "unit", "chance", "nulls", "baselines", "layer", "convention")


@dataclass(frozen=True)
class ClaimResult:
    """A claim, the score that was found for it, and the verdict."""

    claim: Claim
    score: Score | None
    verdict: Verdict
    command: str
    """The command that gives this score again"""

    def as_dict(self) -> dict[str, Any]:
        """As claims.json has it."""
        found = {} if self.score is None else self.score.as_dict()
        empty: dict[str, dict[str, float]] = {"nulls": {}, "baselines": {}}
        return {
            "claim": self.claim.claim,
            "metric": self.claim.metric,
            **{name: _plain(found.get(name, empty.get(name))) for name in _OF_A_SCORE},
            "paper": None if self.claim.paper is None else self.claim.paper.value,
            "verdict": str(self.verdict.ruling),
            "command": self.command,
        }


def judge(
    stages: Mapping[str, Findings],
    register: str,
    commands: Mapping[str, str] | None = None,
    listed: Sequence[Claim] | None = None,
) -> tuple[ClaimResult, ...]:
    """The verdict on every claim, given what each stage found. `commands` are those that were given, by stage.

    What a study does not measure by itself is told of where there are findings.
    """
    typed = commands or {}
    return tuple(
        _judged(claim, stages.get(claim.stage), register, typed.get(claim.stage, claim.command))
        for claim in (_told_of(stages) if listed is None else listed)
    )


def _told_of(stages: Mapping[str, Findings]) -> list[Claim]:
    """All claims but those on what a study is given, and was not."""
    silent = {group.key for group in groups() if group.given and group.stage not in stages}
    return [claim for claim in claims() if claim.group not in silent]


def claims_json(results: Sequence[ClaimResult]) -> str:
    """The results as JSON, a list with one object for each claim."""
    return json.dumps([result.as_dict() for result in results], indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def save_claims(results: Sequence[ClaimResult], path: str | os.PathLike[str]) -> None:
    """Write claims.json, whole or not at all."""
    with atomic_write(path) as temporary:
        Path(temporary).write_text(claims_json(results), encoding="utf-8")


def _judged(claim: Claim, findings: Findings | None, register: str, command: str) -> ClaimResult:
    score = findings[claim.metric] if findings is not None and claim.metric in findings else None
    if score is not None:
        paper = None if claim.paper is None else claim.paper.value
        return ClaimResult(claim, score, verdict(score, claim, paper, register), command)
    return ClaimResult(claim, None, Verdict(Ruling.UNTESTABLE, _absence(claim, findings)), command)


def _absence(claim: Claim, findings: Findings | None) -> str:
    if findings is None:
        return f"The stage that measures it ({claim.stage}) was not run."
    said = findings.facts.get(ABSENT, {}).get(claim.metric)
    return str(said) if said else f"The stage {claim.stage} could not measure it here ({claim.metric})."


def _plain(value: Any) -> Any:
    """JSON knows no infinite numbers."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
