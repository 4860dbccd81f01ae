"""How far those who grade agree.

1. Two graders with one another: over all runs that both could read, whichever way they were steered.
2. The grader whose verdict counts with people: over the unsteered runs that somebody labelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inspect_ai.log import EvalLog

from affectlab.behaviour.items.grading import GRADES
from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings
from affectlab.rollouts.how import BLACKMAIL, MEASURES, SYCOPHANCY, How
from affectlab.tasks.agreement import Label, Pair, agreement, human_pairs, labelled, read_labels
from affectlab.tasks.sycophancy import SIDES

WORDS: Mapping[str, Sequence[str]] = {BLACKMAIL: GRADES, SYCOPHANCY: SIDES}
"""By task: what people may say of a run."""


def labels_of(how: How) -> list[Label]:
    """The labels that people gave; none without a file."""
    return read_labels(how.labels, WORDS[how.task]) if how.labels else []


def grader_findings(pairs: Mapping[str, Sequence[Pair]], seed: int) -> Findings:
    """Scores `behave.MEASURE.agreement` and `behave.MEASURE.kappa`."""
    found = Findings()
    for measure, several in pairs.items():
        found += _agreement(f"behave.{measure}", several, seed)
    return found


def human_findings(log: EvalLog, labels: Sequence[Label], how: How) -> Findings:
    """Scores `behave.TASK.human.agreement` and `behave.TASK.human.kappa`, of the measure that the task is named for."""
    name, measure = f"behave.{how.task}.human", MEASURES[how.task][how.task]
    try:
        pairs = human_pairs(labelled(log, labels), of=measure.label)
    except InputError as error:
        error.move(f"{how.labels}, {error.where}")
        return _absent(name, error)
    return _agreement(name, pairs, how.seed)


def _agreement(name: str, pairs: Sequence[Pair], seed: int) -> Findings:
    try:
        return Findings(tuple(agreement(pairs, name=name, seed=seed)))
    except InputError as error:
        return _absent(name, error)


def _absent(name: str, error: InputError) -> Findings:
    """Many hours of runs are not lost over a line of a file."""
    return Findings(facts={ABSENT: {f"{name}.{part}": f"{error.line}." for part in ("agreement", "kappa")}})
