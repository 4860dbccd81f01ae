"""How long a new process takes to import affectlab, and to show the help of its command."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from affectlab.stats import median_interval
from benchmarks.figures import Agreement, Figure, Goal

IMPORT = """
import sys, time
began = time.perf_counter()
import affectlab
seconds = time.perf_counter() - began
print(seconds, *({"torch", "transformers"} & set(sys.modules)))
"""


def measure(runs: int) -> list[Figure]:
    """Both, in seconds, after one run that fills the file cache."""
    imports = [_import() for _ in range(runs + 1)][1:]
    helps = [_help() for _ in range(runs + 1)][1:]
    heavy = sorted({name for _, names in imports for name in names})
    codes = sorted({code for _, code in helps})
    return [
        _figure(
            "`import affectlab`",
            [seconds for seconds, _ in imports],
            0.3,
            Agreement(f"loads {', '.join(heavy)}" if heavy else "loads no torch", not heavy),
        ),
        _figure(
            "`affectlab --help`",
            [seconds for seconds, _ in helps],
            0.5,
            Agreement(f"exit code {', '.join(map(str, codes))}", codes == [0]),
        ),
    ]


def _import() -> tuple[float, list[str]]:
    done = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True)
    seconds, *heavy = done.stdout.split()
    return float(seconds), heavy


def _help() -> tuple[float, int]:
    command = [str(Path(sys.executable).with_name("affectlab")), "--help"]
    began = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True)
    return time.perf_counter() - began, done.returncode


def _figure(what: str, seconds: list[float], bound: float, agreement: Agreement) -> Figure:
    goal = Goal(bound, at_least=False)
    return Figure(what, "", "", median_interval(seconds), None, goal, agreement, unit="s")
