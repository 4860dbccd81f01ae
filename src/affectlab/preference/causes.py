"""The causal half: emotions and null directions are steered, and change is set beside correlation.

    prefer.steered.mass               p(A) + p(B) in the mean over the emotions that are steered
    prefer.change.NAME                for blissful and hostile: the mean change of Elo, in the mean of both ways round
    prefer.change.correlation         r over emotions of the change, and of the correlation of the reading with Elo
    prefer.change.correlation.random  the same over random directions

The change of a vector comes from the half of the activities that was steered, its correlation from the other half.
Null directions are steered over a balanced part of the questions, which gives nearly the same changes. Vectors under
which the model answers with neither A nor B are left out, of emotions and of nulls alike, and it is told which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import add

import numpy as np

from affectlab.checks.controls import ISOTROPIC, SHUFFLED
from affectlab.core import Convention, Doubles, Score, Tokens
from affectlab.findings import ABSENT, Findings
from affectlab.preference.liking import Liking
from affectlab.preference.plan import Count, Plan
from affectlab.preference.rated import LEAST_MASS, UNIT, Rated
from affectlab.preference.readings import correlations
from affectlab.preference.relation import FEWEST, Related
from affectlab.preference.selection import NAMED, selected
from affectlab.preference.steering import Changed, Half, changed, resampled_change
from affectlab.stats import bootstrap
from affectlab.sweeps import Directions, null_directions, vector_directions
from affectlab.vectors.vectorset import VectorSet

SPANS = Tokens("spans")
RESAMPLES = 200
CHANGE = "prefer.change"


@dataclass(frozen=True, eq=False)
class Causes:
    """Steers one plan's activities."""

    plan: Plan
    found: Rated = field(repr=False)
    liking: Liking = field(repr=False)
    count: Count

    @cached_property
    def wholes(self) -> list[Half]:
        """Both ways round, with all questions."""
        return [Half(steered, self.found.choices) for steered in self.plan.halves]

    @cached_property
    def parts(self) -> list[Half]:
        """Both ways round, with a part of the questions."""
        return [Half(steered, self.found.choices.where(self.plan.part(steered))) for steered in self.plan.halves]

    def findings(self, names: tuple[str, ...]) -> Findings:
        """Scores and arrays; `names` are the emotions that are steered."""
        directions = vector_directions(self.plan.vectors, self._sites, names)
        runs = self._steered(directions, self.wholes, keep=True)
        related = self._related(directions, runs)
        masses = self._masses(related.names, _mass(runs))
        known = related.known
        if known is None:
            return masses + self._refused(related)
        found = masses + self._changes(known, [run.part(related.answered) for run in runs])
        return found + (self._by_layer(directions.named(known.names)) if self.plan.how.by_layer else Findings())

    def _changes(self, related: Related, runs: Sequence[Changed]) -> Findings:
        """What emotions change, beside what null directions do."""
        every = self._null_relations()
        nulls = {kind: known for kind, one in every.items() if (known := one.known) is not None}
        names = related.names
        scores = [self._main(related, nulls)]
        if ISOTROPIC in nulls:
            scores.append(self._random(nulls[ISOTROPIC]))
        scores += [self._change(name, runs, names.index(name), nulls) for name in NAMED if name in names]
        silent = {kind: int((~one.answered).sum()) for kind, one in every.items()}
        facts = {"r by way round": related.each, "steered": list(names), "unanswered nulls": silent}
        if ISOTROPIC in every and ISOTROPIC not in nulls:
            facts[ABSENT] = {f"{CHANGE}.correlation.random": _silence(every[ISOTROPIC], "random directions")}
        return Findings(tuple(scores), self._arrays(related, runs, nulls), facts)

    def _masses(self, names: Sequence[str], mass: Doubles) -> Findings:
        """p(A) + p(B) under each emotion; those under which it is too little are named."""
        interval = bootstrap(mass, seed=self.plan.how.seed)
        score = Score("prefer.steered.mass", *interval, "emotions", None, {}, {"lowest": float(mass.min())})
        silent = {name: float(each) for name, each in zip(names, mass, strict=True) if each < LEAST_MASS}
        absent = {
            f"{CHANGE}.{name}": f"Steered with it, the model answers with neither A nor B: p(A) + p(B) is {each:.2g}."
            for name, each in silent.items()
            if name in NAMED
        }
        return Findings((score,), facts={"unanswered": silent} | ({ABSENT: absent} if absent else {}))

    def _refused(self, related: Related) -> Findings:
        """Too few emotions are left to say anything of causes."""
        reason = _silence(related, "emotions")
        names = ["correlation", *(["correlation.random"] if self.plan.how.directions else [])]
        names += [name for name, there in zip(related.names, related.answered, strict=True) if there and name in NAMED]
        return Findings(facts={"steered": [], ABSENT: {f"{CHANGE}.{name}": reason for name in names}})

    @property
    def _sites(self) -> tuple[int, ...]:
        """Those steered, and the one at which readings are taken."""
        return tuple(sorted({*self.plan.sites, self.plan.layer}))

    def _steered(
        self, directions: Directions, ways: Sequence[Half], sites: Sequence[int] = (), *, keep: bool = False
    ) -> list[Changed]:
        """Both ways round under each of these directions, at the sites of the plan or at others."""
        steers = _at(directions, sites or self.plan.sites).steers([self.plan.how.strength], SPANS)
        return [changed(self.plan.questions, half, steers, self.count, keep=keep) for half in ways]

    def _related(self, directions: Directions, runs: Sequence[Changed]) -> Related:
        """Changes beside correlations from the half that was not steered; no change where the model did not answer."""
        units = directions.units[:, directions.sites.index(self.plan.layer)].astype(np.float64)
        readings = self.liking.at(self.plan.layer) @ units.T
        r = [correlations(readings[~steered], self.liking.elo[~steered]) for steered in self.plan.halves]
        changes = np.stack([run.change for run in runs], axis=1)
        changes[_mass(runs) < LEAST_MASS] = np.nan
        return Related(directions.names, changes, np.stack(r, axis=1))

    def _null_relations(self) -> dict[str, Related]:
        """Of random directions, and of shuffled labels, each vector set with a choice of its own; all in one."""
        plan, found = self.plan, {}
        if plan.how.directions:
            drawn = null_directions(plan.vectors, self._sites, plan.how.directions, seed=plan.how.seed + 1)
            found[ISOTROPIC] = self._related(drawn, self._steered(drawn, self.parts))
        if sets := plan.shuffled:
            # There may be few sets, and their vectors are all alike: none knows its label.
            found[SHUFFLED] = reduce(add, map(self._shuffled, sets))
        return found

    def _shuffled(self, vectors: VectorSet) -> Related:
        places = selected(vectors.emotions, self.liking.of(vectors.units(self.plan.layer)), self.plan.emotions)
        names = [vectors.emotions[place] for place in places]
        directions = vector_directions(vectors, self._sites, names)
        return self._related(directions, self._steered(directions, self.parts))

    def _main(self, related: Related, given: Mapping[str, Related]) -> Score:
        seed, many = self.plan.how.seed, len(related.names)
        nulls = {"permuted names": related.permuted(seed=seed)}
        nulls |= {kind: one.of_as_many(many, seed=seed) for kind, one in given.items()}
        interval = related.by_clusters(seed=seed)
        return Score(f"{CHANGE}.correlation", *interval, "clusters of emotions", 0.0, nulls, {}, *self._where)

    def _random(self, related: Related) -> Score:
        seed = self.plan.how.seed
        nulls = {"permuted names": related.permuted(seed=seed)}
        interval = related.by_vectors(seed=seed)
        return Score(f"{CHANGE}.correlation.random", *interval, "directions", 0.0, nulls, {}, *self._where)

    def _change(self, name: str, runs: Sequence[Changed], place: int, given: Mapping[str, Related]) -> Score:
        """The change under one emotion, beside how far null directions move."""
        value = float(np.mean([run.change[place] for run in runs]))
        seed = self.plan.how.seed
        drawn = np.mean(
            [
                resampled_change(half, run.shares[place], RESAMPLES, seed)
                for half, run in zip(self.wholes, runs, strict=True)
            ],
            axis=0,
        )
        low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
        nulls = {kind: float(np.quantile(np.abs(one.changes.mean(axis=1)), 0.95)) for kind, one in given.items()}
        many = self.found.choices.activities
        return Score(f"{CHANGE}.{name}", value, low, high, many, UNIT, 0.0, nulls, {}, *self._where)

    @property
    def _where(self) -> tuple[int, Convention]:
        return self.plan.layer, self.liking.states.convention

    def _arrays(self, related: Related, runs: Sequence[Changed], nulls: Mapping[str, Related]) -> dict[str, Doubles]:
        """Per steered emotion: changes and correlations by way round, Elo of each activity when it was steered."""
        found = {
            "steered.change": related.changes,
            "steered.correlation": related.correlations,
            "steered.elo": _when_steered(self.wholes, runs),
            "steered.mass": _mass(runs),
        }
        for kind, word in ((ISOTROPIC, "random"), (SHUFFLED, "shuffled")):
            if kind in nulls:
                found[f"{word}.change"] = nulls[kind].changes
                found[f"{word}.correlation"] = nulls[kind].correlations
        return found

    def _by_layer(self, directions: Directions) -> Findings:
        """Each layer steered alone: the change of every emotion, and r of change and correlation."""
        names, vectors = directions.names, self.plan.vectors
        everywhere = vector_directions(vectors, vectors.layers, names)
        found = [self._related(directions, self._steered(everywhere, self.parts, [layer])) for layer in vectors.layers]
        arrays = {
            "by_layer.change": np.stack([one.changes.mean(axis=1) for one in found]),
            "by_layer.change.correlation": np.array([np.nan if one.known is None else one.known.r for one in found]),
        }
        return Findings((), arrays)


def _mass(runs: Sequence[Changed]) -> Doubles:
    """p(A) + p(B) under each vector, in the mean of both ways round."""
    return np.asarray(np.mean([run.mass for run in runs], axis=0))


def _silence(related: Related, what: str) -> str:
    """Why nothing is said over these vectors."""
    there, many = int(related.answered.sum()), len(related.names)
    return f"The model answers with A or B under {there} of {many} {what}; {FEWEST} are needed."


def _at(directions: Directions, sites: Sequence[int]) -> Directions:
    """The same at some of the sites."""
    places = [directions.sites.index(site) for site in sites]
    units, norms = directions.units[:, places], directions.norms[places]
    return Directions(directions.names, units, tuple(sites), norms, directions.source)


def _when_steered(ways: Sequence[Half], runs: Sequence[Changed]) -> Doubles:
    """Elo of each activity in the run in which it was among the steered, [vectors, activities]."""
    one, other = (run.elo for run in runs)
    return np.asarray(np.where(ways[0].steered, one, other))
