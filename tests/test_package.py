"""Importing affectlab is quick and loads nothing heavy; in tests, what its signatures say is checked."""

import json
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
from jaxtyping import TypeCheckError

import affectlab._version
from affectlab.core import Mix, Steer, parse_layers

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


def test_signatures_are_checked_in_tests() -> None:
    with pytest.raises(TypeCheckError):
        parse_layers(3, 12)  # type: ignore[arg-type]
    with pytest.raises(TypeCheckError):
        Steer((0,), np.zeros((1, 4)))  # type: ignore[arg-type]
    assert Mix((("calm", 0.5),)) * 2 == Mix((("calm", 1.0),))
