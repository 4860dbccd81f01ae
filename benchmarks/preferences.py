"""How long it takes to ask which of two under many vectors, beside a forward pass for every pair and vector.

On pocket, whose questions have 35 to 55 tokens, 45 in the mean. Ours runs what questions have in common once, the
blocks below the first steered site once for all vectors, and pairs without a steered activity not again. A part of the
study is measured: fewer vectors than its 35, so that less is gained by sharing than in the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from affectlab import Model, Steer, Tokens, load
from affectlab.core import Bools, Doubles, middle_layers
from affectlab.models.verbs import choose
from affectlab.pocket.activities import pocket_preferences
from affectlab.preference.questions import Questions, design, halves, listed
from affectlab.preference.steering import ask
from benchmarks.figures import Agreement, Figure, compared
from benchmarks.timing import interleaved

VECTORS = 11
FIRST = (0, 1)
"""Activities named first, one of each half: each meets all others."""
ADDED = 200.0
"""Norm of what is added, about half of pocket's stream there."""
BOUND, NEAR_ENOUGH = 2.0, 1e-4


def steerings(model: Model) -> list[Steer]:
    """Random directions at the middle layers."""
    sites = tuple(middle_layers(model.blocks))
    drawn = np.random.default_rng(0).standard_normal((VECTORS, 1, model.width))
    units = np.repeat(drawn / np.linalg.norm(drawn, axis=-1, keepdims=True), len(sites), axis=1)
    return [Steer(sites, (ADDED * unit).astype(np.float32), Tokens("spans")) for unit in units]


def ours(questions: Questions, asked: Bools, steered: Bools, steers: Sequence[Steer]) -> Doubles:
    """Shares [unsteered and vectors, wordings, first, second]."""
    plain = ask(questions, asked).shares
    again = asked & (steered[:, None] | steered)
    told = ask(questions, again, steers, steered).shares
    return np.concatenate([plain, np.where(again, told, plain)])


def theirs(questions: Questions, asked: Bools, steered: Bools, steers: Sequence[Steer]) -> Doubles:
    """The same, a forward pass for each."""
    every = listed(asked)
    rows = questions.rows(every, steered)
    found = np.full((1 + len(steers), *asked.shape), np.nan)
    for place, steer in enumerate((None, *steers)):
        told = choose(
            questions.model,
            [replace(row, steer=steer if row.spans else None) for row in rows],
            questions.boundary.options,
        )
        found[(place, *np.array(every).T)] = 1 / (1 + np.exp(told[:, 1].astype(np.float64) - told[:, 0]))
    return found


def measure(pairs: int, *, quick: bool = False) -> list[Figure]:
    """Both ways in turn, their shares compared after every round."""
    model, items = load("pocket"), pocket_preferences()
    questions = Questions(model, items)
    steered = halves([activity.kind for activity in items.activities])[0]
    asked = design(len(steered), len(items.questions), every=False)
    asked[:, [place for place in range(len(steered)) if place not in (FIRST[:1] if quick else FIRST)]] = False
    steers = steerings(model)
    given = (questions, asked, steered, steers)
    kept: dict[str, Doubles] = {}
    furthest = [0.0]

    def check(name: str, shares: Doubles) -> None:
        kept[name] = shares
        if len(kept) > 1:
            furthest[0] = max(furthest[0], float(np.nanmax(np.abs(kept["theirs"] - kept["ours"]))))

    times = interleaved({"theirs": partial(theirs, *given), "ours": partial(ours, *given)}, pairs, check)
    moved = float(np.nanstd(kept["ours"][1:] - kept["ours"][:1]))
    agreement = Agreement(
        f"shares within {furthest[0]:.0e}, moved by {moved:.0e}", furthest[0] < min(NEAR_ENOUGH, moved)
    )
    what = f"preferences on pocket: {int(asked.sum())} pairs under {VECTORS} vectors and none"
    return [compared(what, times["theirs"], times["ours"], BOUND, agreement, at_least=True)]
