"""How long a map of a large model's vectors takes, and how much memory: 171 words, 60 layers, width 4,096.

Run as a module it is a process of its own: `python -m benchmarks.geometry LAYERS RESAMPLES` prints seconds, bytes, and
how near a few resamples through inner products come to the same resamples of the vectors themselves.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np

from affectlab import lexicon
from affectlab.core import Doubles, Floats, Ints
from affectlab.geometry import lexicon_norms, principal_axes
from affectlab.geometry.axes import FIRST, resampled_axes
from affectlab.geometry.grams import fixed, grams, word_draws
from affectlab.geometry.human import measured
from affectlab.geometry.mapping import Given, angles_of_words, layers_of_words
from affectlab.stats import median_interval
from affectlab.vectors.header import UNKNOWN
from affectlab.vectors.vectorset import VectorSet
from benchmarks.figures import Agreement, Figure, Goal
from benchmarks.memory import peak_bytes

WIDTH, LAYERS, RESAMPLES = 4096, 60, 1000
SECONDS, BYTES = 90.0, 6 * 2**30
NEAR_ENOUGH = 1e-6


class Mapped(NamedTuple):
    """Seconds by the clock and of the processor, peak bytes, and the largest difference from the direct way."""

    seconds: float
    cpu: float
    peak: int
    difference: float


def made(layers: int) -> VectorSet:
    """Vectors of 171 words that share some of their axes between layers."""
    words, generator = lexicon.names(), np.random.default_rng(0)
    shared = generator.standard_normal((len(words), WIDTH), dtype=np.float32) * (np.arange(WIDTH) < 40)
    raw = np.stack([shared + generator.standard_normal(shared.shape, dtype=np.float32) for _ in range(layers)])
    ones = np.ones(layers, dtype=np.float32)
    model = {"id": "made", "blocks": layers, "width": WIDTH, "source": UNKNOWN}
    header = {"model": model, "emotions": list(words), "layers": list(range(layers))}
    center = np.zeros((layers, WIDTH), dtype=np.float32)
    return VectorSet(words, tuple(range(layers)), raw, None, center, None, None, None, ones, ones, header)


def mapped(layers: int, resamples: int) -> Mapped:
    """Cosines, lengths, axes beside ratings and layers beside layers, with intervals."""
    vectors = made(layers)
    began, cpu = time.perf_counter(), time.process_time()
    given = Given(vectors, vectors.default_layer, lexicon_norms(), {}, None, None, 0)
    found = angles_of_words(given) + layers_of_words(given, resamples)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert found.arrays["rsa"].shape == (layers, layers)
    return Mapped(seconds, cpu, peak_bytes(), _difference(vectors, given.ratings))


def _difference(vectors: VectorSet, ratings: Doubles) -> float:
    """Shares of variance in three resamples at two layers, through inner products and directly."""
    products = grams(vectors)[[0, -1]]
    axes, _ = measured(products, ratings)
    draws = word_draws(len(vectors.emotions), 3, np.random.default_rng(1))
    found = resampled_axes(fixed(products), draws, ratings, axes.places).shares
    direct = [[_shares(layer, times) for layer in vectors.raw[[0, -1]]] for times in draws]
    return float(np.abs(found - np.array(direct)).max())


def _shares(layer: Floats, times: Ints) -> Doubles:
    return principal_axes(np.repeat(layer, times, axis=0)).shares[:FIRST]


def measure(runs: int, *, quick: bool = False) -> list[Figure]:
    """Seconds and memory of a map, each in a new process."""
    layers, resamples = (6, 100) if quick else (LAYERS, RESAMPLES)
    found = [_in_a_new_process(layers, resamples) for _ in range(runs)]
    difference = max(one.difference for one in found)
    agreement = Agreement(f"shares of variance {difference:.1e}", difference < NEAR_ENOUGH)
    what = f"map of 171 words, {layers} layers of width {WIDTH:,}, {resamples:,} bootstraps"
    seconds = median_interval([one.seconds for one in found])
    peak = median_interval([one.peak / 2**30 for one in found])
    cpu = f"CPU {np.median([one.cpu for one in found]):.0f} s"
    return [
        Figure(f"{what}: time", "", cpu, seconds, None, Goal(SECONDS, at_least=False), agreement, "s"),
        Figure(f"{what}: peak memory", "", "", peak, None, Goal(BYTES / 2**30, at_least=False), agreement, "GiB"),
    ]


def _in_a_new_process(layers: int, resamples: int) -> Mapped:
    command = [sys.executable, "-m", "benchmarks.geometry", str(layers), str(resamples)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Mapped(*json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(mapped(*(int(word) for word in sys.argv[1:]))))
