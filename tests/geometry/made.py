"""Vector sets with a planted map: pleasure the widest axis, arousal the second, ten clusters, at every layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from affectlab import lexicon
from affectlab.core import Floats
from affectlab.geometry import Norms
from affectlab.vectors.vectorset import VectorSet

WORDS = lexicon.names()[::2]
LAYERS, WIDTH, BLOCKS = (1, 2, 4), 40, 6


def planted_norms(seed: int = 1) -> Norms:
    """Pleasure and arousal of every word, by chance."""
    drawn = np.random.default_rng(seed).uniform(-1, 1, (2, len(WORDS)))
    pleasure, arousal = (dict(zip(WORDS, column.tolist(), strict=True)) for column in drawn)
    return Norms(pleasure, arousal, {}, "planted")


def planted_vectors(noise: float = 0.1, seed: int = 2) -> Floats:
    """Vectors [words, width], rotated by chance: the axes, a direction for each cluster, and noise."""
    generator, norms = np.random.default_rng(seed), planted_norms()
    kinds = sorted({emotion.cluster for emotion in lexicon.emotions()})
    cluster = {emotion.name: kinds.index(emotion.cluster) for emotion in lexicon.emotions()}
    points = noise * generator.standard_normal((len(WORDS), WIDTH))
    points[:, 0] += 3 * norms.table(WORDS)[0]
    points[:, 1] += 2 * norms.table(WORDS)[1]
    points[np.arange(len(WORDS)), [2 + cluster[word] for word in WORDS]] += 1.2
    rotation = np.linalg.qr(generator.standard_normal((WIDTH, WIDTH)))[0]
    return ((points - points.mean(axis=0)) @ rotation).astype(np.float32)


def vector_set(raw: Any, clean: Any = None, words: tuple[str, ...] = WORDS) -> VectorSet:
    """Arrays [layers, words, width] as vectors of a model of six blocks."""
    layers, _, width = raw.shape
    ones = np.ones(layers, dtype=np.float32)
    hashes = dict.fromkeys(("config", "weights", "tokenizer", "template"), "h")
    model = {"id": "made", "revision": "", **hashes, "blocks": BLOCKS, "width": width, "dtype": "float32"}
    header = {"format": 1, "emotions": list(words), "layers": list(LAYERS[:layers]), "model": model}
    return VectorSet(
        emotions=words,
        layers=LAYERS[:layers],
        raw=raw,
        clean=clean,
        center=np.zeros((layers, width), dtype=np.float32),
        neutral_mean=None,
        neutral_basis=None,
        neutral_k=None,
        resid_norm=ones,
        resid_norm_median=ones,
        header={**header, "corpus": {"hash": "h"}, "recipe": {}, "code": {}},
    )


def drawn(*shape: int, seed: int = 3) -> Floats:
    """Normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
