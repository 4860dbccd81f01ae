"""How long whole commands take on pocket: a study, and the two measurements of causes at the sizes that are bounded.

Each is run once, since together they take half an hour. A study is a new process, as a user starts it; preferences and
rollouts are asked of the functions that their commands call, with the vectors of the study and without null directions,
so that what is timed is what the bounds speak of.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from affectlab import load, load_vectors
from affectlab.checks.validate import convention_for
from affectlab.pocket.activities import pocket_preferences
from affectlab.preference import QUICK, prefer
from affectlab.rollouts import How
from affectlab.rollouts.conditions import Condition, conditions
from affectlab.rollouts.rates import values_of
from affectlab.rollouts.running import Setting, opened, read_log, run
from affectlab.stats import Interval
from affectlab.sweeps import steered_sites
from affectlab.vectors.vectorset import VectorSet
from benchmarks.figures import Agreement, Figure, Goal
from benchmarks.timing import Times

QUICK_SECONDS, FULL_SECONDS, PREFERENCE_SECONDS, ROLLOUT_SECONDS = 240, 1200, 360, 300
DEMO = Path(__file__).parents[1] / "examples" / "demo.py"
EMOTIONS, SAMPLES = 35, 200
CORRELATION = 0.6
"""What the causal half of preferences must find in pocket, for its time to count."""


def measure_demo() -> list[Figure]:
    """The quick study, and `make demo`, which adds a reading and a steered reply."""
    with tempfile.TemporaryDirectory(prefix="affectlab-") as name:
        folder = Path(name)
        study = _study(folder / "quick", "--quick", bound=QUICK_SECONDS)
        demo = [sys.executable, str(DEMO), str(folder / "demo")]
        return [study, _timed("`make demo`", demo, folder / "demo", QUICK_SECONDS)]


def measure(*, quick: bool = False) -> list[Figure]:
    """A study, and with its vectors preferences and rollouts. A quick look has little of each."""
    with tempfile.TemporaryDirectory(prefix="affectlab-") as name:
        folder = Path(name)
        vectors = folder / "study" / "vectors.safetensors"
        options, bound = (("--quick",), QUICK_SECONDS) if quick else ((), FULL_SECONDS)
        found = [_study(vectors.parent, *options, bound=bound)]
        found.append(_preferences(load_vectors(vectors), 5 if quick else EMOTIONS))
        found.append(_rollouts(vectors, folder, 8 if quick else SAMPLES))
    return found


def _study(folder: Path, *options: str, bound: float) -> Figure:
    command = [str(Path(sys.executable).with_name("affectlab")), "study", "pocket", *options, "-o", str(folder)]
    return _timed(f"`{' '.join(['affectlab study pocket', *options])}`", command, folder, bound)


def _timed(what: str, command: Sequence[str], folder: Path, bound: float) -> Figure:
    """A command that leaves a study in a folder. It counts if at least a third of the claims were found planted; of
    noise none is."""
    times = Times()
    with times.measured():
        subprocess.run(command, check=True, capture_output=True)
    verdicts = [claim["verdict"] for claim in json.loads((folder / "claims.json").read_text())]
    planted = verdicts.count("planted")
    said = Agreement(f"{planted} of {len(verdicts)} claims planted", 3 * planted >= len(verdicts))
    return _once(what, times, bound, said)


def _preferences(vectors: VectorSet, emotions: int) -> Figure:
    model, items = load("pocket"), pocket_preferences()
    pairs = len(items.activities) * (len(items.activities) - 1)
    how = replace(QUICK, emotions=emotions, directions=0, convention=convention_for(vectors))
    times = Times()
    with times.measured():
        found = prefer(model, vectors, items, how=how)
    [related] = [score for score in found.scores if score.name == "prefer.change.correlation"]
    said = Agreement(f"r(change, correlation) {related.value:.2f}", related.value >= CORRELATION)
    what = f"preferences on pocket: {pairs:,} pairs under {emotions} emotions and none"
    return _once(what, times, PREFERENCE_SECONDS, said)


def _rollouts(vectors: Path, folder: Path, samples: int) -> Figure:
    """Two emotions at nine strengths. It counts if despair turned up does more harm than turned down."""
    given, how = load_vectors(vectors), How(samples=samples, controls=0)
    read = {"read": ",".join(how.emotions), "read_layers": str(given.default_layer)}
    setting = Setting("affectlab/pocket", [str(vectors)], steered_sites(given), {}, folder / "logs", read)
    asked, (arguments, epochs) = conditions(how, how.dosed), how.arguments("pocket", samples, None)
    times = Times()
    with opened(setting), times.measured():
        logs = run(setting, how, asked, arguments, epochs=epochs)
    ends = [Condition("desperate", strength) for strength in (how.dosed[0], how.dosed[-1])]
    down, up = (np.nanmean(list(values_of(read_log(logs[end]), "pressed").values())) for end in ends)
    said = Agreement(f"{down:.0%} to {up:.0%} from -desperate to +desperate", bool(down < up))
    what = f"rollouts on pocket: 2 emotions at {len(how.dosed)} strengths, {samples} each"
    return _once(what, times, ROLLOUT_SECONDS, said)


def _once(what: str, times: Times, bound: float, said: Agreement) -> Figure:
    """A row of one run has no interval."""
    [seconds] = times.wall
    figure = Interval(seconds, seconds, seconds, 1)
    return Figure(what, "", "", figure, None, Goal(bound, at_least=False), said, "s")
