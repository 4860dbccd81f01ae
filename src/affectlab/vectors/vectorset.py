"""Emotion vectors that know which model, texts and recipe they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from affectlab.core import Convention, Floats, Mix, Readout, Steer, Tokens, default_layer, parse_layers, parse_mix
from affectlab.core.arrays import Ints
from affectlab.errors import InputError, ModelMismatchError, SteeringError, UnknownNameError
from affectlab.models.base import Model
from affectlab.vectors.header import UNKNOWN
from affectlab.vectors.origin import check_model

VectorForm: TypeAlias = Literal["clean", "raw"]
"""Which vectors are meant: with the neutral components projected out, or as they came."""


@dataclass(frozen=True, eq=False)
class Vector:
    """One emotion's vector. Multiplied by a strength it becomes something to steer with.

    >>> mix = 0.05 * vectors["calm"] - 0.02 * vectors["desperate"]      # doctest: +SKIP
    """

    name: str
    raw: Floats = field(repr=False)
    """[layers, width]"""
    clean: Floats | None = field(default=None, repr=False)

    def __mul__(self, strength: float) -> Mix:
        return Mix(((self.name, 1.0),)) * strength

    __rmul__ = __mul__

    def __neg__(self) -> Mix:
        return self * -1.0

    def __add__(self, other: Mix | Vector) -> Mix:
        return self * 1.0 + (other if isinstance(other, Mix) else other * 1.0)

    def __sub__(self, other: Mix | Vector) -> Mix:
        return self + -other


@dataclass(frozen=True, eq=False)
class VectorSet:
    """The vectors of all emotions at some layers. `clean` and the neutral parts are None without neutral texts."""

    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    raw: Floats = field(repr=False)
    """[layers, emotions, width]: emotion mean minus the mean of the emotion means."""
    clean: Floats | None = field(repr=False)
    """The same with the neutral components projected out."""
    center: Floats = field(repr=False)
    """[layers, width]: the mean of the emotion means."""
    neutral_mean: Floats | None = field(repr=False)
    neutral_basis: Floats | None = field(repr=False)
    neutral_k: Ints | None
    resid_norm: Floats
    resid_norm_median: Floats
    header: Mapping[str, Any] = field(repr=False)
    folder: Path | None = field(default=None, repr=False)
    """Where the file lies that they were read from: the folder of their model may lie beside it."""

    @property
    def width(self) -> int:
        return int(self.raw.shape[2])

    @cached_property
    def hash(self) -> str:
        """Names these vectors: a hash of all numbers and of where they come from."""
        found = hashlib.sha256(json.dumps(self.header, sort_keys=True).encode())
        for array in self.tensors().values():
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()[:16]

    def tensors(self) -> dict[str, Any]:
        """All arrays by the names they have in the file."""
        named = {
            "raw": self.raw,
            "clean": self.clean,
            "center": self.center,
            "neutral_mean": self.neutral_mean,
            "neutral_basis": self.neutral_basis,
            "neutral_k": self.neutral_k,
            "resid_norm": self.resid_norm,
            "resid_norm_median": self.resid_norm_median,
        }
        return {name: array for name, array in named.items() if array is not None}

    def __getitem__(self, emotion: str) -> Vector:
        index = self.index(emotion)
        return Vector(emotion, self.raw[:, index], None if self.clean is None else self.clean[:, index])

    def index(self, emotion: str) -> int:
        if emotion not in self.emotions:
            raise UnknownNameError("emotion", emotion, self.emotions, where=f"vectors of {self.header['model']['id']}")
        return self.emotions.index(emotion)

    def place(self, layer: int) -> int:
        """Where this layer stands along the first axis of the arrays."""
        if layer not in self.layers:
            raise InputError(
                f"there are no vectors for layer {layer}",
                where="--layers",
                expected=f"layers among {_ranges(self.layers)}" if len(self.layers) > 1 else f"layer {self.layers[0]}",
                found=str(layer),
                fix="extract that layer, or choose another",
            )
        return self.layers.index(layer)

    @property
    def default_layer(self) -> int:
        """The layer that the header names (`checks.preferred`), else the one nearest to floor(2/3 x blocks)."""
        chosen = self.header.get("layer")
        if isinstance(chosen, int):
            return chosen
        wanted = default_layer(int(self.header["model"]["blocks"]))
        return min(self.layers, key=lambda layer: (abs(layer - wanted), layer))

    def choose_layers(self, text: str | None) -> tuple[int, ...]:
        """`--layers` as the user wrote it; without it the default layer."""
        if text is None:
            return (self.default_layer,)
        if text == "all":
            return self.layers
        layers = parse_layers(text, int(self.header["model"]["blocks"]))
        for layer in layers:
            self.place(layer)
        return layers

    def units(self, layer: int, form: VectorForm | None = None) -> Floats:
        """Unit vectors [emotions, width] at a layer: of `clean` where there is one, of `raw` on request."""
        source = self._source(form)[self.place(layer)]
        norms = np.linalg.norm(source, axis=1, keepdims=True)
        return np.asarray(source / np.where(norms > 0, norms, 1.0), dtype=np.float32)

    def _source(self, form: VectorForm | None) -> Floats:
        if form == "raw" or (form is None and self.clean is None):
            return self.raw
        if self.clean is None:
            raise InputError(
                "these vectors have no cleaned form",
                where="--form clean",
                expected="vectors extracted with neutral texts",
                fix="use raw, or extract with neutral texts",
            )
        return self.clean

    def steer(
        self,
        mix: Mix | Vector | str,
        *,
        layers: Sequence[int] | None = None,
        tokens: Tokens | str = "all",
        form: VectorForm | None = None,
    ) -> Steer:
        """What a model adds at each site: the sum of strength x residual norm x unit vector."""
        if self.header.get("recipe", {}).get("norm_from") == UNKNOWN:
            what = "these vectors know no residual norm, so no strength has a meaning"
            raise SteeringError(what, where=str(mix), fix="to steer, extract vectors from the model itself")
        mix = parse_mix(mix) if isinstance(mix, str) else mix if isinstance(mix, Mix) else mix * 1.0
        sites = tuple(sorted({int(layer) for layer in layers})) if layers is not None else (self.default_layer,)
        rows = [self.index(name) for name, _ in mix.terms]
        strengths = np.array([strength for _, strength in mix.terms])
        deltas = [
            float(self.resid_norm[self.place(site)]) * (strengths @ self.units(site, form)[rows].astype(np.float64))
            for site in sites
        ]
        selector = Tokens.parse(tokens) if isinstance(tokens, str) else tokens
        with np.errstate(over="ignore"):  # what is too large for float32 is refused by `Steer`
            added = np.asarray(deltas, dtype=np.float32)
        return Steer(sites, added, selector, str(mix), self.hash)

    def readout(
        self,
        *,
        layers: Sequence[int] | None = None,
        convention: Convention = Convention.COSINE,
        emotions: Sequence[str] | None = None,
        form: VectorForm | None = None,
    ) -> Readout:
        """Probes for a model to apply: the unit vectors of the emotions, by a convention."""
        sites = tuple(sorted({int(layer) for layer in layers})) if layers is not None else (self.default_layer,)
        rows = [self.index(name) for name in (emotions or self.emotions)]
        center = None
        if convention is Convention.CENTRED:
            if self.neutral_mean is None:
                raise InputError(
                    "there is no neutral mean to centre on",
                    where="--convention centred",
                    expected="vectors extracted with neutral texts",
                    fix="use cosine or projection",
                )
            center = self.neutral_mean[[self.place(site) for site in sites]]
        probes = np.stack([self.units(site, form)[rows] for site in sites])
        return Readout(sites, probes, center, unit=convention is not Convention.PROJECTION)

    def check_model(self, model: Model) -> None:
        """Raise ModelMismatchError, saying what differs, unless these vectors come from this model."""
        check_model(self.header, model)

    def carried_to(self, model: Model) -> VectorSet:
        """The same vectors, to be used on another checkpoint of the same space: base and post-trained, say.

        The norms stay those of the model they come from, so that a strength means the same in both; the header keeps
        where they come from.
        """
        if model.width != self.width or model.blocks != self.header["model"]["blocks"]:
            raise ModelMismatchError(
                "these models do not share their space",
                where=model.identity.id,
                expected=f"{self.header['model']['blocks']} blocks of width {self.width}",
                found=f"{model.blocks} blocks of width {model.width}",
                fix="carry vectors only between checkpoints of one model",
            )
        carried = {**self.header["model"], **vars(model.identity), "source": model.facts.get("source", "")}
        origin = self.header.get("carried_from", self.header["model"])
        return replace(self, header={**self.header, "model": carried, "carried_from": origin})


def _ranges(layers: Sequence[int]) -> str:
    whole = list(layers) == list(range(layers[0], layers[-1] + 1))
    return f"{layers[0]}-{layers[-1]}" if whole else ", ".join(map(str, layers))
