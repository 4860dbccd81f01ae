"""Peak memory of an extraction from 1,000 and from 10,000 texts, each in a process of its own.

Run as a module it is that process: `python -m benchmarks.memory TEXTS VECTORS` prints what it needed, in bytes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from affectlab import extract, from_network, read_corpus
from affectlab.core import Doubles
from affectlab.stats import median_interval
from affectlab.testing.tiny import tiny_network
from benchmarks import others, subject
from benchmarks.figures import Agreement, Figure, Goal

FEW, MANY = 1_000, 10_000
WORDS = 258
"""The vocabulary of the tiny model; its words and spaces take five bytes a token, about what English takes."""
NEAR_ENOUGH = 0.99999


class Memory(NamedTuple):
    """Peak resident bytes of a process: when the model was loaded, and in all."""

    loaded: int
    peak: int


def peak_bytes() -> int:
    """The most memory this process ever held. Linux counts what stood there before exec into ru_maxrss, so not that."""
    status = Path("/proc/self/status")
    if status.is_file():
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(found.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def extracted(corpus: str, vectors: str) -> Memory:
    """Extract at every site of a tiny model, and tell what it took."""
    model = from_network(tiny_network("llama"), subject.tokenizer(WORDS))
    loaded = peak_bytes()
    found = extract(model, read_corpus([corpus]))
    peak = peak_bytes()
    np.save(vectors, found.vectors.raw)
    return Memory(loaded, peak)


def measure(pairs: int, *, quick: bool = False) -> list[Figure]:
    """How much more ten times as many texts take."""
    counts = (FEW // 10, MANY // 10) if quick else (FEW, MANY)
    found: dict[int, list[Memory]] = {count: [] for count in counts}
    nearest = 1.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in counts:
            subject.write_jsonl(subject.texts(count, WORDS), folder / f"{count}.jsonl")
        for turn in range(pairs):
            for count in counts:
                found[count].append(_in_a_new_process(folder / f"{count}.jsonl", folder / f"{count}.npy"))
                if turn == 0:
                    nearest = min(nearest, others.nearness(np.load(folder / f"{count}.npy"), _reference(count)))
    few, many = (found[count] for count in counts)
    growth = median_interval([b.peak / a.peak for a, b in zip(few, many, strict=True)])
    agreement = Agreement(f"cosine ours {nearest:.7f}", nearest > NEAR_ENOUGH)
    what = f"peak memory, {counts[1]:,} texts over {counts[0]:,}, tiny model"
    return [Figure(what, _shown(few), _shown(many), growth, None, Goal(1.05, at_least=False), agreement)]


def _in_a_new_process(corpus: Path, vectors: Path) -> Memory:
    command = [sys.executable, "-m", "benchmarks.memory", str(corpus), str(vectors)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Memory(*json.loads(done.stdout))


def _reference(count: int) -> Doubles:
    return others.reference(tiny_network("llama"), subject.tokenizer(WORDS), subject.texts(count, WORDS))


def _shown(runs: list[Memory]) -> str:
    peak, loaded = (np.median([getattr(run, name) for run in runs]) / 2**20 for name in ("peak", "loaded"))
    return f"{peak:.0f} MiB ({loaded:.0f} once loaded)"


if __name__ == "__main__":
    print(json.dumps(extracted(*sys.argv[1:])))
