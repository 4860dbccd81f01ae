"""Minimal pairs: two things a human says that differ in one word or number, read at every layer and token.

1. Both are read token by token at all layers: maps that show where, and from which layer on, they part.
2. At the ":" before the answer each probe should read higher or lower in the second, as the pair says. The score of a
   theme (degree, number, negation, who is meant) is the share of (pair, probe) where it does: 0.5 by chance.
   `pairs.<theme>.change` is the mean change of reading in the expected direction, since any direction may go right.
3. A theme is resolved from the layer on from which its share stays above that of permuted probe names up to the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from affectlab.checks.colon import at_colon
from affectlab.checks.controls import Controls
from affectlab.checks.nulls import nulls_of_each
from affectlab.core import Bools, Convention, Doubles, Ints, Score
from affectlab.findings import Findings
from affectlab.lexicon.items import Pair
from affectlab.models.base import Model
from affectlab.stats import bootstrap
from affectlab.vectors.pooled import pooled
from affectlab.vectors.read import read
from affectlab.vectors.vectorset import VectorForm, VectorSet

PERMUTATIONS = 400


@dataclass(frozen=True, eq=False)
class Theme:
    """The pairs of one theme, and for each of their probes a line: which pair, which emotion, which way it goes."""

    name: str
    pairs: tuple[Pair, ...]
    rows: Ints
    """Where these pairs stand among all."""
    lines: Ints
    columns: Ints
    signs: Ints

    def change(self, moved: Doubles, columns: Ints | None = None) -> Doubles:
        """How far probes go where they should, [..., lines], by how much readings move [..., all pairs, emotions]."""
        mine = moved[..., self.rows[self.lines], self.columns if columns is None else columns]
        return np.asarray(mine * self.signs)


def read_pairs(
    model: Model,
    vectors: VectorSet,
    pairs: Sequence[Pair],
    given: Controls,
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    form: VectorForm | None = None,
    seed: int = 0,
) -> Findings:
    """For each theme how often the reading at the ":" moves as it should, and the maps of every pair.

    Pairs are resampled. One null gives the probes the names of other emotions; the others read vectors that know no
    labels. A pair whose probes have no vector is left out, and a theme with a single pair has maps and no score.
    """
    usable = [pair for pair in pairs if pair.higher and set(pair.higher) <= set(vectors.emotions)]
    if not usable:
        return Findings(facts={"pairs": {}})
    rows = [at_colon(model, text) for pair in usable for text in (pair.one, pair.other)]
    states = pooled(model, vectors, rows, convention=convention)
    themes = [_theme(name, usable, vectors) for name in sorted({pair.theme for pair in usable})]

    def moved(one: VectorSet, at: int = layer) -> Doubles:
        readings = states.readings(one, at, form=form).astype(np.float64)
        return np.asarray(readings[1::2] - readings[::2])

    def statistics(one: VectorSet) -> dict[str, float]:
        changes = {theme.name: theme.change(moved(one)) for theme in themes}
        shares = {name: float((change > 0).mean()) for name, change in changes.items()}
        return {**shares, **{f"{name}.change": float(change.mean()) for name, change in changes.items()}}

    nulls = nulls_of_each(statistics, given)
    every = np.stack([moved(vectors, each) for each in vectors.layers])
    found = _maps(model, vectors, usable, convention, form)
    for theme in themes:
        found += _findings(theme, every, vectors.layers, layer, nulls, seed)
    scores = tuple(replace(score, convention=convention) for score in found.scores)
    return Findings(scores, found.arrays, {"pairs": found.facts})


def _theme(name: str, pairs: Sequence[Pair], vectors: VectorSet) -> Theme:
    rows = [place for place, pair in enumerate(pairs) if pair.theme == name]
    mine = tuple(pairs[row] for row in rows)
    lines = [(number, vectors.index(probe), sign) for number, p in enumerate(mine) for probe, sign in p.higher.items()]
    numbers, columns, signs = np.array(lines, dtype=np.int64).T
    return Theme(name, mine, np.array(rows, dtype=np.int64), numbers, columns, signs)


def _findings(
    theme: Theme, moved: Doubles, layers: Sequence[int], layer: int, nulls: Mapping[str, Mapping[str, float]], seed: int
) -> Findings:
    """The scores of a theme, its share at every layer with that of permuted names, and where each pair is resolved."""
    change, by_chance = theme.change(moved), _by_other_names(theme, moved, seed)
    share, chance, at = (change > 0).mean(axis=1), by_chance["right"], layers.index(layer)
    scores = []
    if len(theme.pairs) > 1:
        right, amount = (_by_pair(theme, values) for values in (change[at] > 0, change[at]))
        name, further = f"pairs.{theme.name}", f"pairs.{theme.name}.change"
        null = {"permuted names": float(chance[at]), **nulls.get(theme.name, {})}
        beside = {"permuted names": float(by_chance["change"][at]), **nulls.get(f"{theme.name}.change", {})}
        scores = [
            Score(name, *bootstrap(right, _share, seed=seed), "pairs", 0.5, null, {}, layer),
            Score(further, *bootstrap(amount, _share, seed=seed), "pairs", 0.0, beside, {}, layer),
        ]
    facts = {"from_layer": from_layer(share > chance, layers), "pairs": _resolved(theme, change > 0, layers)}
    return Findings(tuple(scores), {f"pairs.{theme.name}.by_layer": np.stack([share, chance])}, {theme.name: facts})


def _by_pair(theme: Theme, values: Doubles | Bools) -> Doubles:
    """[pairs, 2]: the sum of one value for each probe, and how many probes there are."""
    found = np.zeros((len(theme.pairs), 2))
    np.add.at(found[:, 0], theme.lines, values.astype(np.float64))
    np.add.at(found[:, 1], theme.lines, 1.0)
    return found


def _resolved(theme: Theme, right: Bools, layers: Sequence[int]) -> dict[str, dict[str, int | None]]:
    """For each pair and probe the layer from which on it goes right."""
    found: dict[str, dict[str, int | None]] = {}
    line = 0
    for pair in theme.pairs:
        for probe in pair.higher:
            found.setdefault(pair.name, {})[probe] = from_layer(right[:, line], layers)
            line += 1
    return found


def from_layer(right: Bools, layers: Sequence[int]) -> int | None:
    """The first layer from which on it is right up to the last one; None where it is wrong at the last.

    >>> from_layer(np.array([True, False, True, True]), (0, 1, 2, 3))
    2
    """
    wrong = np.flatnonzero(~right)
    first = int(wrong[-1]) + 1 if len(wrong) else 0
    return layers[first] if first < len(layers) else None


def _by_other_names(theme: Theme, moved: Doubles, seed: int) -> dict[str, Doubles]:
    """The 95th percentiles, [layers], of the share and of the change when probes get the names of other emotions."""
    generator = np.random.default_rng(seed)
    names = [generator.permutation(moved.shape[-1])[theme.columns] for _ in range(PERMUTATIONS)]
    changes = [theme.change(moved, columns) for columns in names]
    every = {"right": [(change > 0).mean(axis=1) for change in changes], "change": [c.mean(axis=1) for c in changes]}
    return {name: np.asarray(np.quantile(np.array(values), 0.95, axis=0)) for name, values in every.items()}


def _share(counts: Doubles, axis: int = 0) -> Doubles:
    """Sums over counts [pairs, 2], both added up over pairs."""
    total = counts.sum(axis=axis)
    return np.asarray(total[..., 0] / total[..., 1])


def _maps(
    model: Model, vectors: VectorSet, pairs: Sequence[Pair], convention: Convention, form: VectorForm | None
) -> Findings:
    """Readings of both members of each pair, [probes, layers, tokens], with their tokens."""
    names = [name for name in vectors.emotions if any(name in pair.higher for pair in pairs)]
    chats = [[{"role": "user", "content": text}] for pair in pairs for text in (pair.one, pair.other)]
    found = read(model, vectors, chats, layers=vectors.layers, convention=convention, emotions=names, form=form)
    arrays, maps = {}, {}
    for place, pair in enumerate(pairs):
        key = f"{pair.theme}.{pair.name}"
        facts: dict[str, object] = {"one": pair.one, "other": pair.other, "higher": dict(pair.higher)}
        for member, readings in (("one", found[2 * place]), ("other", found[2 * place + 1])):
            arrays[f"pairs.{key}.{member}"] = np.array([[r[probe] for r in readings] for probe in pair.higher])
            facts[f"tokens_{member}"] = list(readings[0].tokens)
        maps[key] = facts
    return Findings(arrays=arrays, facts={"maps": maps, "layers": list(vectors.layers)})
