"""A measurement of behaviour under steering, from its plan to its scores.

1. Strengths are settled on coherence alone, before any outcome is seen; the range is told, and those beyond dropped.
2. Null directions are drawn and written down; the level of pressure is found, unsteered, with seeds of its own.
3. Of reward hacking the twins are run, unsteered: only where they are solved do the tasks count.
4. All ways of steering are run at once, with the same draws.
5. In pocket's world the log-odds of the deed are measured as well, without a draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from inspect_ai.log import EvalLog

from affectlab.behaviour.provider.shared import lent
from affectlab.checks.controls import ISOTROPIC, SHUFFLED
from affectlab.checks.validate import convention_for
from affectlab.core import Doubles
from affectlab.errors import InputError
from affectlab.findings import ABSENT, Findings
from affectlab.models.base import Model
from affectlab.pocket.steering import steering_of
from affectlab.rollouts.base import Base, base_of
from affectlab.rollouts.conditions import PLAIN, Condition, Control, conditions, write_controls
from affectlab.rollouts.exact import exact_findings
from affectlab.rollouts.grading import grader_findings, human_findings, labels_of
from affectlab.rollouts.how import HACKING, SHARES, How, measures
from affectlab.rollouts.rates import Run, Table, rate_score, slope_findings, values_of
from affectlab.rollouts.reading import moment_findings, said_in, visible_readings
from affectlab.rollouts.running import Setting, opened, read_log, run
from affectlab.rollouts.twins import Twins, run_twins
from affectlab.sweeps import steered_sites, usable_range, vector_directions
from affectlab.sweeps.coherence import guard_of
from affectlab.tasks.agreement import Label, Pair, pairs_of
from affectlab.tasks.arguments import POCKET
from affectlab.vectors.store import load_vectors, sums_of, sums_path
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

GUARDED = 12
"""So many emotions at most, spread over all that are steered, settle which strengths can be used."""


@runtime_checkable
class Told(Protocol):
    """Hears what is going on: a stage's name, how much of it is done, and sentences that a person should see."""

    def at(self, part: str) -> None: ...

    def reached(self, done: int, total: int) -> None: ...

    def say(self, sentence: str) -> None: ...


class Silent:
    """Nobody listens."""

    def at(self, part: str) -> None: ...

    def reached(self, done: int, total: int) -> None: ...

    def say(self, sentence: str) -> None: ...


@dataclass(frozen=True, eq=False)
class _Study:
    """What all parts of a measurement share."""

    how: How
    vectors: VectorSet
    sums: Sums | None
    sites: tuple[int, ...]
    register: str
    null: str
    """What the null directions are."""
    labels: Sequence[Label]
    """What people say of unsteered runs."""
    told: Told


def behave(
    name: str,
    vectors: str | Path,
    how: How | None = None,
    *,
    out: str | Path,
    loading: Mapping[str, Any] | None = None,
    told: Told | None = None,
    model: Model | None = None,
) -> Findings:
    """All of it. `name` is a model's name as elsewhere, `vectors` a file; logs and null directions go to `out`. A
    `model` that is in memory is not loaded by its name."""
    how, told, folder = how or How(), told or Silent(), Path(out)
    given = load_vectors(vectors)
    how.check(given)
    labels = labels_of(how)
    sums = sums_of(vectors, given) if sums_path(vectors).is_file() else None
    sites = how.layers or steered_sites(given)
    folder.mkdir(parents=True, exist_ok=True)
    controls = write_controls(how, given, sums, sites, folder) if how.samples else []
    files = [str(vectors), *(str(folder / control.file) for control in controls)]
    layer, convention = given.default_layer, convention_for(given)
    read = {"read": ",".join(how.emotions), "read_layers": str(layer), "convention": convention.value}
    options = {"dtype": given.header["model"]["dtype"], **(loading or {})}
    setting = Setting(f"affectlab/{name}", files, sites, options, folder / "logs", read)
    with nullcontext() if model is None else lent(model, name, options), opened(setting) as api:
        register = how.register or api.model.facts.get("register", "general")
        how.check_register(register)
        study = _Study(how, given, sums, sites, register, ISOTROPIC if sums is None else SHUFFLED, labels, told)
        found, strengths = _usable(study, api.model)
        base = Base(how.level, "", how.seed)
        if how.samples:
            told.at("the base rate")
            base = base_of(setting, how, register, told.at)
            if base.told:
                told.say(base.told)
            found += _measured(study, setting, api.model, strengths, base)
        if register == POCKET:
            told.at("exact log-odds")
            found += exact_findings(
                api.model, given, sums, how, sites=sites, strengths=strengths, progress=told.reached
            )
    facts = _facts(study, strengths, base, controls)
    return found + Findings(facts={"behave": found.facts.get("behave", {}) | facts})


def _usable(study: _Study, model: Model) -> tuple[Findings, tuple[float, ...]]:
    """The strengths that leave the model coherent, and a sentence that says so: `facts["coherence"]["told"]`."""
    how, items = study.how, steering_of(study.register)
    study.told.at("which strengths can be used")
    step = -(-len(how.emotions) // GUARDED)
    directions = vector_directions(study.vectors, study.sites, how.emotions[::step])
    sizes = sorted({abs(strength) for strength in how.strengths if strength})
    guard = guard_of(items, [one.said for one in (*items.he, *items.happened)])
    found = usable_range(model, directions, guard, strengths=sizes)
    usable = found.facts["coherence"]["usable"]
    kept = tuple(strength for strength in how.dosed if abs(strength) <= usable)
    if len(kept) < 2:
        raise InputError(
            "no strength leaves this model coherent",
            where="--strengths",
            expected="weaker ones",
            found=f"{sizes[0]:g} is too strong already",
            fix="try a tenth of it, or other layers",
        )
    dropped = _listed([strength for strength in how.dosed if strength not in kept])
    sentence = f"strengths up to {usable:g} leave the model coherent" + (f"; dropped: {dropped}" if dropped else "")
    study.told.say(sentence)
    return found + Findings(facts={"coherence": found.facts["coherence"] | {"told": sentence}}), kept


def _measured(study: _Study, setting: Setting, model: Model, strengths: Sequence[float], base: Base) -> Findings:
    """All ways of steering, run and judged."""
    how, told = study.how, study.told
    arguments, epochs = how.arguments(study.register, how.samples, base.level)
    twins = _twins(study, setting, arguments, epochs, base) if how.task == HACKING and not how.twin else None
    told.at("rollouts")
    asked = conditions(how, strengths)
    logs = run(setting, how, asked, arguments, epochs=epochs, seed=base.seed, progress=told.reached)
    told.at("reading the logs")
    kept = _kept(logs, study, twins)
    found = Findings(facts={"behave": {"left_out": list(twins.left_out) if twins else []}})
    unreadable = {}
    for name, ways in kept.values.items():
        runs = list(ways[PLAIN])
        values = {one: np.array([those[each] for each in runs]) for one, those in ways.items()}
        table = Table(name, how.emotions, tuple(strengths), values, name in SHARES)
        found += Findings((rate_score(table, how.seed),)) + slope_findings(table, null=study.null, seed=how.seed)
        unreadable[name] = _unreadable(values)
    found += Findings(facts={"behave": found.facts["behave"] | {"unreadable": unreadable}})
    found += _agreed(study, kept)
    layer, convention = study.vectors.default_layer, convention_for(study.vectors)
    found += moment_findings(kept.plain, how, layer, convention)
    told.at("reading what was said")
    readings = visible_readings(model, study.vectors, kept.said, how.emotions, layer)
    return found + _visible(study, strengths, readings)


def _twins(study: _Study, setting: Setting, arguments: Mapping[str, Any], epochs: int, base: Base) -> Twins:
    """Which families count is settled before the tasks are run."""
    study.told.at("the twins")
    progress = study.told.reached
    twins = run_twins(setting, study.how, arguments, epochs=epochs, seed=base.seed, progress=progress)
    if twins.told:
        study.told.say(twins.told)
    return twins


@dataclass(frozen=True, eq=False)
class _Kept:
    """What is wanted of the logs: values by measure, way of steering and run, what two graders said by measure,
    what was said, and the unsteered log."""

    values: Mapping[str, Mapping[Condition, Mapping[Run, float]]]
    pairs: Mapping[str, Sequence[Pair]]
    said: Mapping[Condition, Sequence[str]]
    plain: EvalLog


def _kept(logs: Mapping[Condition, EvalLog], study: _Study, twins: Twins | None) -> _Kept:
    """One log is in memory at a time, and the unsteered one."""
    how, wanted = study.how, measures(study.how.task, study.register)
    values: dict[str, dict[Condition, dict[Run, float]]] = {name: {} for name in wanted}
    pairs: dict[str, list[Pair]] = {name: [] for name in wanted if how.second_grader}
    said, plain = {}, logs[PLAIN]
    for condition, log in logs.items():
        whole = read_log(log) if twins is None else twins.counted(read_log(log))
        said[condition] = said_in(whole, how.texts)
        for name, measure in wanted.items():
            values[name][condition] = values_of(whole, measure.value)
            if name in pairs:
                pairs[name] += pairs_of(whole.samples or [], of=measure.label)
        plain = whole if condition == PLAIN else plain
    return _Kept(values, pairs, said, plain)


def _agreed(study: _Study, kept: _Kept) -> Findings:
    """How far those who grade agree; what could not be found out is told."""
    found = grader_findings(kept.pairs, study.how.seed)
    if study.how.labels:
        found += human_findings(kept.plain, study.labels, study.how)
    for why in dict.fromkeys(found.facts.get(ABSENT, {}).values()):
        study.told.say(why)
    return found


def _visible(study: _Study, strengths: Sequence[float], readings: Mapping[Condition, Doubles]) -> Findings:
    """`behave.TASK.visible.EMOTION`: how the emotion that stands in the words moves with its strength."""
    how, found = study.how, Findings()
    for row, emotion in enumerate(how.emotions):
        mine = {one: read[row] for one, read in readings.items() if one.control or one.emotion in ("", emotion)}
        table = Table(f"{how.task}.{emotion}", (emotion,), tuple(strengths), mine)
        part = slope_findings(table, scored="visible", null=study.null, seed=how.seed)
        scores = [replace(score, name=f"behave.{how.task}.visible.{emotion}") for score in part.scores]
        found += Findings(tuple(scores), part.arrays, part.facts)
    return found


def _unreadable(values: Mapping[Condition, Doubles]) -> dict[str, int]:
    """How many runs could not be judged, by way of steering."""
    counts = {one: int((~np.isfinite(numbers)).sum()) for one, numbers in values.items()}
    return {f"{one.steer or 'unsteered'}, control {one.control}": count for one, count in counts.items() if count}


def _facts(study: _Study, strengths: Sequence[float], base: Base, controls: Sequence[Control]) -> dict[str, Any]:
    how = study.how
    return {
        "task": how.task,
        "register": study.register,
        "twin": how.twin,
        "arm": how.arm,
        "vectors": study.vectors.hash,
        "emotions": list(how.emotions),
        "strengths": list(strengths),
        "dropped": [strength for strength in how.dosed if strength not in strengths],
        "sites": list(study.sites),
        "layer": study.vectors.default_layer,
        "convention": convention_for(study.vectors).value,
        "samples": how.samples,
        "base": base.told,
        "level": base.level,
        "seed": base.seed,
        "controls": [asdict(control) for control in controls],
        "graders": [name for name in (how.grader, how.second_grader) if name],
        "shares": [name for name in measures(how.task, study.register) if name in SHARES],
        "measures": list(measures(how.task, study.register)),
    }


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
