"""Findings that a study is given, and does not measure: what `affectlab behave` kept of other tasks than its own, or of
replies in plain English, which somebody has to grade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from affectlab.errors import InputError
from affectlab.findings import Findings, load_findings
from affectlab.vectors.vectorset import VectorSet

OWN = {"blackmail": "behave"}
"""The task that a study measures in pocket's world, and its stage: what is given stands in its place. Other tasks are
stages by their own names."""


class Given(NamedTuple):
    """What a file of findings holds."""

    path: Path
    stage: str
    findings: Findings


def read_given(files: Sequence[str | Path]) -> dict[str, Given]:
    """By stage. They are read before anything is run, so that what is wrong with them is said at once."""
    found: dict[str, Given] = {}
    for one in map(_read, files):
        if one.stage in found:
            task, fix = one.findings.facts["behave"]["task"], "give one of them"
            raise InputError("two files of the same task", where=str(one.path), found=task, fix=fix)
        found[one.stage] = one
    return found


def checked(given: Sequence[Given], vectors: VectorSet) -> Iterator[tuple[str, Findings]]:
    """Stages and what was found in them, with these vectors and no others."""
    for one in given:
        hashed = one.findings.facts["behave"]["vectors"]
        if hashed != vectors.hash:
            fix = "run affectlab behave on the vectors of this study, and give what it keeps"
            what = "this was measured with other vectors"
            raise InputError(what, where=str(one.path), expected=f"vectors {vectors.hash}", found=hashed, fix=fix)
        yield one.stage, one.findings


def _read(file: str | Path) -> Given:
    path = Path(file)
    findings = load_findings(path)
    facts = findings.facts.get("behave", {})
    if "task" not in facts:
        expected, found = "a file that affectlab behave -o wrote", ", ".join(sorted(findings.facts)) or "no facts"
        raise InputError("these are no findings of behaviour", where=str(path), expected=expected, found=found)
    if facts["arm"] != "task":
        what, fix = "a report tells of the task itself", "run affectlab behave without --twin and --arm"
        raise InputError(what, where=str(path), expected="no other arm", found=facts["arm"], fix=fix)
    return Given(path, OWN.get(facts["task"], facts["task"]), findings)
