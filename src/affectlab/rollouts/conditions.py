"""The ways of steering that are compared, named before anything is run.

A null direction is of a vector set that knows nothing of the labels, steered by the name of an emotion: of shuffled
labels where the sums lie beside the vectors, else drawn by chance.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from affectlab.checks.controls import ISOTROPIC, SHUFFLED, random_vectors, shuffled_vectors
from affectlab.checks.layers import sums_at, vectors_at
from affectlab.core.steering import quoted
from affectlab.files import atomic_write
from affectlab.rollouts.how import How
from affectlab.vectors.store import save_vectors
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet


class Condition(NamedTuple):
    """One way of steering. Control 0 is the vectors themselves, the others are null directions."""

    emotion: str = ""
    strength: float = 0.0
    control: int = 0

    @property
    def steer(self) -> str:
        """As the provider wants it; blank where nothing is added."""
        return f"{self.strength:g}*{quoted(self.emotion)}" if self.strength else ""


PLAIN = Condition()


@dataclass(frozen=True)
class Control:
    """A vector set that knows nothing, and its file."""

    file: str
    kind: str
    seed: int


def conditions(how: How, strengths: Sequence[float]) -> list[Condition]:
    """All ways of steering; the unsteered one stands once for all. A null direction knows no emotion, so it is steered
    once for all of them, by the name of the first."""
    steered = [(emotion, 0) for emotion in how.emotions]
    steered += [(how.emotions[0], control) for control in range(1, how.controls + 1)]
    return [
        PLAIN,
        *(Condition(name, strength, control) for name, control in steered for strength in strengths if strength),
    ]


def write_controls(
    how: How, vectors: VectorSet, sums: Sums | None, sites: Sequence[int], folder: Path
) -> list[Control]:
    """Draw the null directions, keep each in a file, and list them in `plan.json`, before anything is run."""
    at, given = vectors_at(vectors, sites), None if sums is None else sums_at(sums, sites)
    found = []
    for number in range(1, how.controls + 1):
        seed = how.seed + number
        drawn = _random(at, seed) if given is None else _shuffled(given, seed)
        file = f"control-{number}.safetensors"
        save_vectors(drawn, folder / file)
        found.append(Control(file, ISOTROPIC if given is None else SHUFFLED, seed))
    plan: dict[str, Any] = {"how": asdict(how), "vectors": vectors.hash, "sites": list(sites)}
    plan["controls"] = [asdict(control) for control in found]
    with atomic_write(folder / "plan.json") as temporary:
        temporary.write_text(json.dumps(plan, indent=1), encoding="utf-8")
    return found


def _random(vectors: VectorSet, seed: int) -> VectorSet:
    """Drawn by chance, and the same at every layer: an emotion's vector hardly turns from one to the next."""
    drawn = random_vectors(vectors, "isotropic", seed)
    same = np.repeat(drawn.raw[:1], len(drawn.layers), axis=0)
    return replace(drawn, raw=same, clean=None if drawn.clean is None else same)


def _shuffled(sums: Sums, seed: int) -> VectorSet:
    return shuffled_vectors(sums, float(sums.header["recipe"]["share"]), seed)
