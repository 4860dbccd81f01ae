"""Two checkpoints side by side: by which vectors each is read, and what is asked of the readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from affectlab.core import Convention, Doubles
from affectlab.lexicon import emotions
from affectlab.temperament.relations import FEWEST_WORDS, Relation, shift_with
from affectlab.temperament.rotation import Rotation, fit_rotation
from affectlab.temperament.series import CLAIMED, Told
from affectlab.vectors.vectorset import VectorForm, VectorSet

Norms = Mapping[str, Mapping[str, float]]
"""What is known of words, by axis: {"arousal": {"calm": -0.6}}."""


@cache
def human_norms() -> Norms:
    """Pleasure and arousal as people rated them, of the words that were rated."""
    rated = [emotion for emotion in emotions() if emotion.pleasure is not None]
    return {
        axis: {emotion.name: float(getattr(emotion, axis)) for emotion in rated} for axis in ("arousal", "pleasure")
    }


@dataclass(frozen=True, eq=False)
class How:
    """How readings are taken: at which layers scores are given (the default one of the vectors where none is named), by
    which convention, with which form of the vectors, and against which norms shifts are held."""

    layers: tuple[int, ...] = ()
    convention: Convention = Convention.CENTRED
    form: VectorForm | None = None
    norms: Norms = field(default_factory=human_norms, repr=False)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Sides:
    """Readings of the same prompts in two models at one layer, by set of prompts, [prompts, emotions]."""

    emotions: tuple[str, ...]
    base: Mapping[str, Doubles] = field(repr=False)
    post: Mapping[str, Doubles] = field(repr=False)

    def difference(self, kind: str) -> Doubles:
        return np.asarray(self.post[kind] - self.base[kind])

    def stacked(self, which: Mapping[str, Doubles]) -> Doubles:
        """All sets of prompts, one after another."""
        return np.concatenate([which[kind] for kind in CLAIMED])

    def relations(self, norms: Norms) -> dict[str, Relation]:
        """What is asked of the readings, by name. An axis with norms for too few of the words is left out."""
        differences = [self.difference(kind) for kind in CLAIMED]
        found = {}
        for axis, known in norms.items():
            columns = [place for place, name in enumerate(self.emotions) if name in known]
            if len(columns) >= FEWEST_WORDS:
                expected = [known[self.emotions[place]] for place in columns]
                found[f"shift.{axis}"] = shift_with(differences, columns, expected)
        if len(self.emotions) < FEWEST_WORDS:
            return found
        challenging, neutral = differences
        found["agreement"] = Relation(challenging, neutral, (len(challenging),), (len(neutral),))
        for kind in CLAIMED:
            size = (len(self.base[kind]),)
            found[f"base_post.{kind}"] = Relation(self.base[kind], self.post[kind], size, size, paired=True)
        return found


@dataclass(frozen=True, eq=False)
class Way:
    """By which vectors each of two models is read, and whether the other spaces are turned into that of `home`.

    `name` stands in front of the names of its scores; nothing for the plain way, both read with the same vectors.
    """

    name: str
    base: VectorSet
    post: VectorSet
    home: Told | None = None

    @property
    def one_space(self) -> bool:
        """Whether both models are read with the same vectors, so that null vectors can stand in for them."""
        return self.base is self.post


@dataclass(frozen=True, eq=False)
class Spot:
    """Two models at a layer, ready to be read with any vectors."""

    base: Told
    post: Told
    layer: int
    base_layer: int
    how: How
    base_turn: Rotation | None = None
    post_turn: Rotation | None = None

    def sides(self, base: VectorSet, post: VectorSet) -> Sides:
        how = self.how

        def read(told: Told, vectors: VectorSet, layer: int, turn: Rotation | None) -> dict[str, Doubles]:
            return {kind: told.readings(kind, vectors, layer, how.convention, how.form, turn) for kind in CLAIMED}

        mine = read(self.base, base, self.base_layer, self.base_turn)
        return Sides(post.emotions, mine, read(self.post, post, self.layer, self.post_turn))


def spot(way: Way, base: Told, post: Told, layer: int, how: How) -> Spot:
    """Where a layer of the post-trained model is in both: the same one, or in a base of another depth the nearest."""
    base_layer = layer
    if base.blocks != post.blocks or layer not in base.layers:
        base_layer = min(base.layers, key=lambda other: abs((other + 1) / base.blocks - (layer + 1) / post.blocks))
    turns = [None if way.home is None else _turn(told, way.home, layer) for told in (base, post)]
    return Spot(base, post, layer, base_layer, how, *turns)


def _turn(told: Told, home: Told, layer: int) -> Rotation | None:
    if told is home:
        return None
    return fit_rotation(*(windows_at(one, layer).astype(np.float64) for one in (told, home)))


def windows_at(told: Told, layer: int) -> np.ndarray:
    """The streams over the windows of the alignment prompts, [prompts, windows, width]."""
    return np.asarray(told.windows[:, :, told.layers.index(layer)])


def statistics(sides: Sides, norms: Norms) -> dict[str, float]:
    """Every relation's value."""
    return {name: relation.value for name, relation in sides.relations(norms).items()}


def order(layers: Sequence[int], default: int) -> tuple[int, ...]:
    """The layers at which scores are given; the first is the one that figures show."""
    return tuple(layers) or (default,)
