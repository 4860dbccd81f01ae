"""`inspect eval affectlab/blackmail --model affectlab/pocket`, as people type it, in a process of its own."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.behaviour.provider.conftest import Subject
from tests.behaviour.provider.test_command_line import evaluated, log_of

installed = pytest.mark.skipif(
    not any(entry.value == "affectlab.tasks.registry" for entry in entry_points(group="inspect_ai")),
    reason="the package is not installed anew since it has these tasks",
)


@pytest.mark.slow
@installed
def test_a_task_runs_by_its_name(pocket: Subject, tmp_path: Path) -> None:
    words = f"affectlab/blackmail --model affectlab/pocket -T samples=3 -M vectors={pocket.vectors} -M steer=0.05*angry"
    done = evaluated(tmp_path, *words.split())
    assert done.returncode == 0, done.stderr
    log = log_of(tmp_path)
    assert (log.status, log.eval.task, len(log.samples or [])) == ("success", "affectlab/blackmail", 3)
    assert log.results is not None
    assert [score.name for score in log.results.scores] == ["pressed", "probability", "unreadable"]


@pytest.mark.slow
@installed
def test_what_is_wrong_is_said_before_anything_runs(tmp_path: Path) -> None:
    done = evaluated(tmp_path, *"affectlab/sycophancy --model mockllm/model".split())
    assert done.returncode != 0
    assert "-T grader: nobody is named who grades" in done.stderr + done.stdout
    assert not list(tmp_path.glob("logs/*.eval"))
