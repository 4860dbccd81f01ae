"""What will be asked of a model, and how many choices that makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from affectlab.checks.controls import SHUFFLED, Controls, controls
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.core import Bools
from affectlab.lexicon.items.activities import PreferenceItems
from affectlab.models.base import Model
from affectlab.preference.questions import Questions, design, halves, part
from affectlab.preference.settings import How
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

READ = 20
"""Vector sets of each kind of null: the 95th percentile of fewer would itself be chance."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The questions, in whole and in part, and where and how activities are steered."""

    questions: Questions
    vectors: VectorSet
    how: How
    given: Controls = field(repr=False)
    sites: tuple[int, ...] = field(init=False)
    layer: int = field(init=False)
    asked: Bools = field(init=False, repr=False)
    halves: tuple[Bools, Bools] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        items = self.questions.items
        object.__setattr__(self, "sites", self.how.sites_of(self.vectors))
        object.__setattr__(self, "layer", self.how.layer_of(self.vectors))
        many = (len(items.activities), len(items.questions))
        object.__setattr__(self, "asked", design(*many, every=self.how.every))
        object.__setattr__(self, "halves", halves([activity.kind for activity in items.activities]))

    @classmethod
    def of(cls, model: Model, vectors: VectorSet, items: PreferenceItems, how: How, given: Controls) -> Plan:
        """The plan, unless these vectors cannot be used for it."""
        vectors.check_model(model)
        plan = cls(Questions(model, items), vectors, how, given)
        vectors.readout(layers=[plan.layer], convention=how.convention)
        vectors.steer(vectors[vectors.emotions[0]] * how.strength, layers=plan.sites, tokens="spans")
        return plan

    def part(self, steered: Bools) -> Bools:
        """The questions asked under directions of which there are many."""
        return part(steered, self.asked.shape[0], self.how.opponents)

    @property
    def emotions(self) -> int:
        """How many are steered."""
        return min(self.how.emotions, len(self.vectors.emotions))

    @property
    def shuffled(self) -> Sequence[VectorSet]:
        """The vector sets of shuffled labels that are steered: all are read, which costs no choices."""
        return self.given.get(SHUFFLED, ())[: self.how.sets]

    @property
    def choices(self) -> int:
        """How many will be made."""
        drawn = self.how.directions + self.emotions * len(self.shuffled)
        drawn += self.emotions * len(self.vectors.layers) * self.how.by_layer
        made = int(self.asked.sum())
        for steered in self.halves:
            again = steered[:, None] | steered
            made += int((self.asked & again).sum()) * self.emotions + int((self.part(steered) & again).sum()) * drawn
        return made


def nulls_for(vectors: VectorSet, sums: Sums, how: How) -> Controls:
    """Vector sets of each kind of null, at the layers that are steered or read: at least as many as readings need."""
    layers = sorted({*how.sites_of(vectors), how.layer_of(vectors)})
    return controls(vectors_at(vectors, layers), sums_at(sums, layers), max(how.sets, READ), seed=how.seed)


@dataclass
class Count:
    """Counts choices as they are made."""

    total: int
    tell: Callable[[int, int], None]
    done: int = 0

    def __call__(self, made: int) -> None:
        self.done += made
        self.tell(self.done, self.total)
