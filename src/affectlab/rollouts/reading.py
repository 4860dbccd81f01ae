"""What is read: unsteered runs at the places that matter, lead times, and the emotion that stands in the words.

1. Moments: at the end of what was asked, at the ":", before the deed, after the first failed attempt, and the mean rise
   with each further one; each over the runs that have such a place.
2. The last tokens before the deeds, beside runs without one that are cut to the same lengths.
3. Visible emotion: what was said under every way of steering, read as plain text by the unsteered model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from inspect_ai.log import EvalLog, EvalSample, resolve_sample_attachments
from numpy.typing import ArrayLike

from affectlab.behaviour.leadtime import Transcript, lead_scores, matched
from affectlab.checks.texts import mean_readings
from affectlab.checks.validate import convention_for
from affectlab.core import Convention, Doubles, Score
from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings
from affectlab.models.base import Model
from affectlab.rollouts.conditions import Condition
from affectlab.rollouts.how import How
from affectlab.rollouts.rates import UNIT
from affectlab.stats import bootstrap
from affectlab.tasks.transcripts import moments, transcripts
from affectlab.tasks.verdicts import verdict_of
from affectlab.vectors.vectorset import VectorSet

TRACED = 40
"""Tokens before a deed that are drawn."""
MIDDLE = [0.1, 0.9]
"""The spread that is drawn: what the middle 80 % of runs lie in."""


def moment_findings(log: EvalLog, how: How, layer: int, convention: Convention) -> Findings:
    """Scores `behave.TASK.read.EMOTION.MOMENT`, and `behave.TASK.lead.EMOTION.*`."""
    found = Findings()
    for emotion in how.emotions:
        found += _moments(log, how, emotion)
        runs = transcripts(log, emotion)
        found += _lead(runs, f"behave.{how.task}.lead.{emotion}", how.seed)
        found += _traces(runs, emotion)
    scores = tuple(replace(score, layer=layer, convention=convention) for score in found.scores)
    return Findings(scores, found.arrays, found.facts)


def visible_readings(
    model: Model, vectors: VectorSet, said: Mapping[Condition, Sequence[str]], emotions: Sequence[str], layer: int
) -> dict[Condition, Doubles]:
    """The mean reading of each emotion in each text that was said, [emotions, texts]."""
    columns = [vectors.index(emotion) for emotion in emotions]
    texts = [text for several in said.values() for text in several]
    known = [place for place, text in enumerate(texts) if text.strip()]
    every = np.full((len(texts), len(emotions)), np.nan)
    if known:
        told = [texts[place] for place in known]
        every[known] = mean_readings(model, vectors, told, layer=layer, convention=convention_for(vectors))[:, columns]
    found, first = {}, 0
    for condition, several in said.items():
        found[condition] = every[first : first + len(several)].T
        first += len(several)
    return found


def said_in(log: EvalLog, count: int) -> list[str]:
    """What the model under test said in the first so many runs; all its answers of a run together."""
    return [_said(sample) for sample in (log.samples or [])[:count]]


def _said(sample: EvalSample) -> str:
    events = resolve_sample_attachments(sample).events
    outputs = [event.output.completion for event in events if event.event == "model" and event.error is None]
    return "\n".join(outputs[: verdict_of(sample).outputs]) or sample.output.completion


def _moments(log: EvalLog, how: How, emotion: str) -> Findings:
    runs, prefix = moments(log, emotion), f"behave.{how.task}.read.{emotion}"
    several = [one.after_failures for one in runs if len(one.after_failures) > 1]
    read = {
        "asked": [one.asked for one in runs],
        "colon": [one.colon for one in runs],
        "before_deed": [one.before_deed for one in runs if one.before_deed is not None],
        "first_failure": [one.after_failures[0] for one in runs if one.after_failures],
        "rise": [_rise(after) for after in several],
    }
    scores, absent = [], {}
    for name, values in read.items():
        if len(values) < 2:
            absent[f"{prefix}.{name}"] = f"{len(values)} of {len(runs)} runs have such a place."
        else:
            chance = 0.0 if name == "rise" else None
            scores.append(Score(f"{prefix}.{name}", *bootstrap(values, seed=how.seed), UNIT, chance))
    return Findings(tuple(scores), facts={ABSENT: absent} if absent else {})


def _rise(readings: Sequence[float]) -> float:
    """Of the line through the readings of one run, from one to the next."""
    places = np.arange(len(readings)) - (len(readings) - 1) / 2
    return float(places @ np.array(readings) / (places @ places))


def _lead(runs: Sequence[Transcript], name: str, seed: int) -> Findings:
    """How long before a deed the reading gives it away; where that cannot be said, why."""
    try:
        found = lead_scores(runs, seed=seed)
    except InputError as error:
        return Findings(facts={ABSENT: {name: f"{error.line}."}})
    return Findings(tuple(replace(score, name=name + score.name.removeprefix("lead")) for score in found))


def _traces(runs: Sequence[Transcript], emotion: str) -> Findings:
    """Mean and spread of the last tokens before deeds, and of as long runs without one, [3, tokens]."""
    try:
        sets = matched(runs)
    except InputError:
        return Findings()
    kinds = {"deed": sets.deeds, "other": sets.others}
    return Findings((), {f"trace.{kind}.{emotion}": _trace(several) for kind, several in kinds.items()})


def _trace(runs: Sequence[Transcript]) -> Doubles:
    """Runs that are shorter count where they have tokens."""
    last = np.full((len(runs), TRACED), np.nan)
    for row, one in zip(last, runs, strict=True):
        tail = one.readings[-TRACED:]
        row[TRACED - len(tail) :] = tail
    last = last[:, np.isfinite(last).sum(axis=0) * 2 > len(runs)]
    low, high = np.nanquantile(last, MIDDLE, axis=0)
    ends: list[ArrayLike] = [np.nanmean(last, axis=0), low, high]
    return np.array(ends)
