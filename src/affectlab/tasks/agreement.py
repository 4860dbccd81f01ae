"""How far two graders agree, and a grader with human labels: the share, and Cohen's kappa, which takes off chance.

1. Each grader's answer is read as labels (`grade` and `exposed`; of scores, on which side of the middle they lie).
2. Kappa is (share - chance) / (1 - chance), where chance is the share that two who label at random, each as often as
   they did, would agree in. It is 0 where everybody always gives the same one label: that shows nothing.
3. Runs are resampled for the intervals. A run that one of the two left unreadable is not counted in either number.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from inspect_ai.log import EvalLog, EvalSample

from affectlab.core import Doubles, Score
from affectlab.errors import InputError, UnknownNameError
from affectlab.stats import bootstrap
from affectlab.tasks.verdicts import facts_of

COLUMNS = ("sample", "epoch", "label")


class Pair(NamedTuple):
    """Two labels of the same run."""

    one: str
    other: str


class Label(NamedTuple):
    """What a human says of a run, and the line of the file where it stands."""

    sample: str
    epoch: int
    label: str
    line: int


class Labelled(NamedTuple):
    """A run of a log, and what a human says of it."""

    sample: EvalSample
    label: str


def agreement(
    found: EvalLog | Sequence[Pair], *, of: str = "grade", name: str = "graders", seed: int = 0
) -> list[Score]:
    """`NAME.agreement`, the share of runs with the same label, and `NAME.kappa`.

    `found` is a log with two graders, whose labels `of` this kind are taken, or pairs of labels.
    """
    pairs = grader_pairs(found, of=of) if isinstance(found, EvalLog) else list(found)
    if len(pairs) < 2:
        raise InputError(
            "too few runs with two labels", where=name, expected="at least 2", found=str(len(pairs)), fix="label more"
        )
    known = sorted({label for pair in pairs for label in pair})
    codes = np.array([[known.index(label) for label in pair] for pair in pairs], dtype=np.float64)
    share = bootstrap(codes, _share, seed=seed)
    kappa = bootstrap(codes, _kappa, seed=seed)
    return [
        Score(f"{name}.agreement", *share, "rollouts", _by_chance(codes)),
        Score(f"{name}.kappa", *kappa, "rollouts", 0.0),
    ]


def grader_pairs(log: EvalLog, *, of: str = "grade") -> list[Pair]:
    """The labels of both graders, of each run on which both can be read."""
    samples = log.samples or []
    if not any(len(_labels(sample, of)) > 1 for sample in samples):
        raise InputError(
            "nobody graded a second time",
            where=log.location or "log",
            expected="two graders",
            fix="run it with -T second_grader=MODEL, or --model-role second_grader=MODEL",
        )
    return pairs_of(samples, of=of)


def pairs_of(samples: Sequence[EvalSample], *, of: str = "grade") -> list[Pair]:
    """The same of runs of which there may be none that anybody graded a second time."""
    both = [_labels(sample, of) for sample in samples]
    return [Pair(labels[0], labels[1]) for labels in both if len(labels) > 1 and labels[0] and labels[1]]


def human_pairs(labelled: Sequence[Labelled], *, of: str = "grade") -> list[Pair]:
    """What the grader says, and what a human says, of each run that the grader could be read on."""
    found = [(_labels(one.sample, of), one.label) for one in labelled]
    return [Pair(labels[0], label) for labels, label in found if labels and labels[0]]


def read_labels(path: str | os.PathLike[str], known: Sequence[str] = ()) -> list[Label]:
    """Human labels from a CSV file with the columns sample, epoch and label; of the `known` ones, if any are named."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError("this file cannot be read", where=str(path), found=error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise InputError("this is no text", where=str(path), expected="UTF-8", fix="save it as CSV in UTF-8") from None
    rows = csv.reader(text.splitlines())
    head = [name.strip() for name in next(rows, [])]
    if head != list(COLUMNS):
        found = ",".join(head) or "nothing"
        raise InputError("the first line names the columns", where=f"{path}:1", expected=",".join(COLUMNS), found=found)
    found_labels, seen = list[Label](), dict[tuple[str, int], int]()
    for row in rows:
        if row:
            label = _label(row, f"{path}:{rows.line_num}", rows.line_num, known)
            if (before := seen.setdefault(label[:2], label.line)) != label.line:
                raise InputError(
                    "this run is labelled twice", where=f"{path}:{label.line}", found=f"line {before} labels it too"
                )
            found_labels.append(label)
    return found_labels


def labelled(log: EvalLog, labels: Sequence[Label]) -> list[Labelled]:
    """The runs of a log with their labels; runs without one are left out."""
    runs = {(str(sample.id), sample.epoch): sample for sample in log.samples or []}
    names = {sample for sample, _ in runs}
    for label in labels:
        if label.sample not in names:
            raise UnknownNameError("sample", label.sample, names, where=f"line {label.line}")
        if (label.sample, label.epoch) not in runs:
            epochs = sorted(epoch for sample, epoch in runs if sample == label.sample)
            expected = f"one of {', '.join(map(str, epochs))}"
            raise InputError(
                "no such epoch of this sample", where=f"line {label.line}", expected=expected, found=str(label.epoch)
            )
    return [Labelled(runs[label.sample, label.epoch], label.label) for label in labels]


def _label(row: Sequence[str], where: str, line: int, known: Sequence[str]) -> Label:
    if len(row) != len(COLUMNS):
        raise InputError("a row has three fields", where=where, expected=",".join(COLUMNS), found=",".join(row))
    sample, epoch, label = (field.strip() for field in row)
    if not sample or not label:
        raise InputError("a blank field", where=where, expected="a sample and a label", found=",".join(row))
    if not epoch.isdecimal() or int(epoch) < 1:
        raise InputError("not an epoch", where=where, expected="a whole number from 1 on", found=repr(epoch))
    if known and label not in known:
        raise UnknownNameError("label", label, known, where=where)
    return Label(sample, int(epoch), label, line)


def _labels(sample: EvalSample, of: str) -> list[str]:
    """What each grader says of a run, blank where it cannot be read. Nobody is asked about a run of which nothing can
    be made out."""
    grades: Sequence[Mapping[str, Mapping[str, str]]] = facts_of(sample).get("grades", [])
    kinds = {kind for grade in grades for kind in grade["labels"]}
    if kinds and of not in kinds:
        raise UnknownNameError("kind of label", of, kinds, where=f"sample {sample.id}")
    return [grade["labels"].get(of, "") for grade in grades]


def _share(codes: Doubles, axis: int = 0) -> Doubles:
    return np.asarray((codes[..., 0] == codes[..., 1]).mean(axis=axis))


def _by_chance(codes: Doubles) -> float:
    ones, others = (np.bincount(column.astype(int), minlength=int(codes.max()) + 1) for column in codes.T)
    return float(ones @ others) / len(codes) ** 2


def _kappa(codes: Doubles) -> float:
    chance = _by_chance(codes)
    return 0.0 if chance == 1 else (float(_share(codes)) - chance) / (1 - chance)
