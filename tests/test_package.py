"""Importing affectlab is quick and loads nothing heavy; the version is written in one place."""

import json
import subprocess
import sys
from importlib.metadata import version

import affectlab._version

MEASURE = """
import json, sys, time
began = time.perf_counter()
import affectlab
seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "heavy": sorted({"torch", "transformers"} & set(sys.modules))}))
"""


def import_in_a_new_process() -> tuple[float, list[str]]:
    done = subprocess.run([sys.executable, "-c", MEASURE], check=True, capture_output=True, text=True)
    measured = json.loads(done.stdout)
    return measured["seconds"], measured["heavy"]


def test_importing_affectlab_loads_no_torch_and_takes_under_0_3_seconds() -> None:
    runs = [import_in_a_new_process() for _ in range(3)]
    assert all(heavy == [] for _, heavy in runs)
    assert min(seconds for seconds, _ in runs) < 0.3


def test_the_version_is_written_in_one_place() -> None:
    assert version("affectlab") == affectlab._version.__version__
