"""The list of claims, in claims.toml, and the paper's numbers, in paper.csv."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from affectlab.errors import OurError


@dataclass(frozen=True)
class Paper:
    """A published number on the scale of our score, and where it stands."""

    value: float
    source: str


@dataclass(frozen=True)
class Claim:
    """One sentence that a score speaks for or against.

    `labels`: the score depends on which emotion a story was written for. `direction`: the score should lie above (+1)
    or below (-1) chance. `planted` says how the matter was put into pocket, and is empty where it was not.
    """

    key: str
    group: str
    name: str
    claim: str
    metric: str
    measure: str
    """What the number is, in a word or two: AUC, r, share"""
    meaning: str
    stage: str
    command: str
    labels: bool
    direction: Literal[1, -1]
    paper: Paper | None = None
    planted: str = ""
    figure: str = ""
    """The key of the figure that shows it"""
    also: tuple[str, ...] = ()
    """Patterns for the names of further scores of the same matter, such as ladders one by one"""
    ends: tuple[float, float] | None = None
    """The least and the most that the score can be"""


@dataclass(frozen=True)
class Group:
    """Claims that belong together, under a question."""

    key: str
    title: str
    lead: str
    stage: str
    given: bool = False
    """A study does not measure it, and tells of it where it was given such findings"""


@cache
def claims() -> tuple[Claim, ...]:
    """All claims, in the order in which a report tells them."""
    return tuple(_claim(table) for table in _tables()["claim"])


@cache
def groups() -> tuple[Group, ...]:
    """The groups of claims, in their order."""
    return tuple(Group(**table) for table in _tables()["group"])


@cache
def paper_numbers() -> dict[tuple[str, str], tuple[float, str]]:
    """The paper's numbers by (claim, metric): value, and where in the paper it stands."""
    text = files(__package__).joinpath("paper.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["claim"], row["metric"]): (float(row["value"]), row["source"]) for row in rows}


def _claim(table: dict[str, Any]) -> Claim:
    ends = table.pop("ends", None)
    return Claim(
        **{key: value for key, value in table.items() if key not in ("paper", "also")},
        paper=_paper(table["paper"]) if "paper" in table else None,
        also=tuple(table.get("also", ())),
        ends=None if ends is None else (float(ends[0]), float(ends[1])),
    )


def _paper(given: dict[str, Any]) -> Paper:
    """A row of paper.csv, `less` another row, times `scale`; or a value with its source."""
    if "value" in given:
        return Paper(float(given["value"]), given["source"])
    value, source = _row(given["claim"], given["metric"])
    named = f"{given['claim']}: {given['metric']} ({source})"
    if "less" in given:
        value -= _row(given["claim"], given["less"])[0]
        named = f"{given['claim']}: {given['metric']}, less {given['less']} ({source})"
    return Paper(round(value * given.get("scale", 1.0), 6), named)


def _row(claim: str, metric: str) -> tuple[float, str]:
    found = paper_numbers().get((claim, metric))
    if found is None:
        raise OurError(
            "claims.toml names a number that paper.csv lacks", where="claims.toml", found=f"{claim}, {metric}"
        )
    return found


def _tables() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("claims.toml").read_text(encoding="utf-8"))
