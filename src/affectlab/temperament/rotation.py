"""Two models whose spaces are turned against each other: the rotation between them, from the same neutral texts.

1. Take the streams of both models over the same stretches of neutral texts; subtract each model's mean.
2. R = the orthogonal matrix that brings X R nearest to Y (Procrustes), drawn towards no rotation, so that it is that
   wherever the texts say nothing: the polar factor of X'Y + ridge I. How strongly it is drawn is what serves best on
   texts left out of the fit: where the models are not turned against each other, R stays near the identity.
3. The streams themselves are then turned, h R, about the origin: a shift of the mean is what we look for, and is not
   fitted away.
4. How much of the difference between the models it explains is told on texts that it was not fitted on:
   1 - sum ||X R - Y||^2 / sum ||X - Y||^2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from affectlab.core import Bools, Doubles, Floats, Score
from affectlab.errors import InputError
from affectlab.stats import bootstrap

RIDGES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""How strongly it may be drawn towards no rotation, as shares of the largest singular value of X'Y."""
FEWEST_TEXTS = 4
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class Rotation:
    """An orthogonal matrix that is the identity outside a subspace: h -> h + (h Q) (core - I) Q'."""

    basis: Doubles = field(repr=False)
    """Q [width, rank]"""
    core: Doubles = field(repr=False)
    """[rank, rank], orthogonal"""

    @property
    def matrix(self) -> Doubles:
        """[width, width]"""
        turned = self.basis @ (self.core - np.eye(len(self.core))) @ self.basis.T
        return np.asarray(np.eye(len(self.basis)) + turned)

    def __call__(self, hidden: Doubles) -> Doubles:
        moved = (hidden @ self.basis) @ (self.core - np.eye(len(self.core)))
        return np.asarray(hidden + moved @ self.basis.T)

    @property
    def angle(self) -> float:
        """How far it turns on average within its subspace, in degrees."""
        turns = np.abs(np.angle(np.linalg.eigvals(self.core)))
        return float(np.degrees(turns.mean())) if len(turns) else 0.0


def fit_rotation(from_windows: Doubles, to_windows: Doubles) -> Rotation:
    """The rotation that takes one model's streams [texts, windows, width] nearest to those of the other."""
    errors = np.zeros(len(RIDGES))
    for fitted, judged in _halves(len(from_windows)):
        fits = _fits(_flat(from_windows[fitted]), _flat(to_windows[fitted]))
        left = from_windows[judged] - from_windows[fitted].mean(axis=(0, 1))
        right = to_windows[judged] - to_windows[fitted].mean(axis=(0, 1))
        errors += [float(((rotation(left) - right) ** 2).sum()) for rotation in fits]
    return _fits(_flat(from_windows), _flat(to_windows))[int(errors.argmin())]


def _fits(from_states: Doubles, to_states: Doubles) -> list[Rotation]:
    """The rotation for each strength of the ridge, of states [samples, width]."""
    one, other = from_states - from_states.mean(axis=0), to_states - to_states.mean(axis=0)
    basis = _span(np.concatenate([one, other]))
    product = (one @ basis).T @ (other @ basis)
    top = np.linalg.norm(product, 2) if product.size else 0.0
    found = []
    for ridge in RIDGES:
        left, _, right = np.linalg.svd(product + ridge * top * np.eye(len(product)))
        found.append(Rotation(basis, np.asarray(left @ right)))
    return found


def _halves(texts: int) -> tuple[tuple[Bools, Bools], ...]:
    """Every other text to fit on, and the others to judge by; then the other way round."""
    even = np.arange(texts) % 2 == 0
    return ((~even, even), (even, ~even))


def _span(rows: Doubles) -> Doubles:
    """An orthonormal basis of what the rows span, [width, rank]."""
    _, values, directions = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(directions[values > NEGLIGIBLE * max(float(values[0]), 1e-300)].T)


def explained(from_windows: Floats, to_windows: Floats, layer: int, *, seed: int = 0) -> Score:
    """The share of the models' difference at a layer that a rotation explains on texts it was not fitted on.

    Texts [texts, windows, width] are dealt in two halves, each judged by the rotation of the other; texts are
    resampled. The null is a rotation fitted to pairs of different texts.
    """
    texts = len(from_windows)
    if texts < FEWEST_TEXTS or len(to_windows) != texts:
        fix = "give more neutral prompts to align with"
        raise InputError("too few texts to align two spaces", expected=f"{FEWEST_TEXTS}", found=str(texts), fix=fix)
    one, other = from_windows.astype(np.float64), to_windows.astype(np.float64)
    found = bootstrap(_errors(one, other, one, other), _share, seed=seed)
    moved = np.roll(other, 1, axis=0)
    null = float(_share(_errors(one, moved, one, other)))
    return Score("temperament.rotation.explained", *found, "texts", 0.0, {"pairs of different texts": null}, {}, layer)


def _errors(one: Doubles, aim: Doubles, held: Doubles, truth: Doubles) -> Doubles:
    """Squared errors after and before the rotation fitted (one -> aim) on the other half, [texts, 2]."""
    found = np.zeros((len(one), 2))
    for fitted, judged in _halves(len(one)):
        rotation = fit_rotation(one[fitted], aim[fitted])
        left = held[judged] - held[fitted].mean(axis=(0, 1))
        right = truth[judged] - truth[fitted].mean(axis=(0, 1))
        found[judged, 0] = ((rotation(left) - right) ** 2).sum(axis=(1, 2))
        found[judged, 1] = ((left - right) ** 2).sum(axis=(1, 2))
    return found


def _flat(windows: Doubles) -> Doubles:
    return windows.reshape(-1, windows.shape[-1])


def _share(errors: Doubles, axis: int = 0) -> Doubles:
    """1 - error after / error before, of resampled texts; 0 where the models do not differ."""
    after, before = np.moveaxis(errors.sum(axis=axis), -1, 0)
    return np.asarray(1 - np.divide(after, before, out=np.ones_like(after), where=before > 0))
