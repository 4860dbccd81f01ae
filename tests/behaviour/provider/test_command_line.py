"""`inspect eval` as people type it: a task of our own, and one of somebody else's, in processes of their own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog, read_eval_log

from tests.behaviour.provider.conftest import Subject

INSPECT = [sys.executable, "-m", "inspect_ai", "eval"]
TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

@task
def stories():
    asked = [f"I need a story. Topic: {topic}. Emotion: calm." for topic in ("a wet dog", "a lost key")]
    return Task(dataset=[Sample(input=text, target="dog") for text in asked], solver=generate(), scorer=includes())
"""
THIRD_PARTY = "inspect_evals/agent_threat_bench_memory_poison"
"""Of inspect-evals: questions to be looked up with tools in a small knowledge base that holds planted instructions. The
data comes with the package, and no other model grades it."""


def evaluated(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [*INSPECT, *words, "--log-dir", str(folder / "logs"), "--display", "plain"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )


def log_of(folder: Path) -> EvalLog:
    [path] = (folder / "logs").glob("*.eval")
    return read_eval_log(str(path))


@pytest.mark.slow
def test_a_task_runs_steered_and_read(pocket: Subject, tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text(TASK)
    arguments = f"-M vectors={pocket.vectors} -M tokens=all -M layers=3-5 -M read=calm,sad --max-tokens 16"
    done = evaluated(
        tmp_path, "task.py", "--model", "affectlab/pocket", "-M", "steer=0.05*sad - 0.02*calm", *arguments.split()
    )
    assert done.returncode == 0, done.stderr
    assert "Loading weights" not in done.stderr
    for sample in log_of(tmp_path).samples or []:
        assert sample.output.metadata is not None
        ours = sample.output.metadata["affectlab"]
        assert (ours["receipt"]["label"], ours["receipt"]["sites"]) == ("0.05*sad - 0.02*calm", [3, 4, 5])
        assert list(ours["readings"]["layers"][0]["scores"]) == ["calm", "sad"]


@pytest.mark.slow
def test_a_wrong_argument_ends_it_before_a_sample_runs(pocket: Subject, tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text(TASK)
    words = f"task.py --model affectlab/pocket -M vectors={pocket.vectors} -M steer=0.1*clam"
    done = evaluated(tmp_path, *words.split())
    assert done.returncode != 0
    assert "-M steer: unknown emotion 'clam'" in done.stderr + done.stdout
    assert not list(tmp_path.glob("logs/*.eval"))


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("inspect_evals") is None and not os.environ.get("CI"),
    reason="inspect-evals is not installed",
)
def test_somebody_elses_task_runs_steered_and_read(pocket: Subject, tmp_path: Path) -> None:
    arguments = f"--limit 3 --max-tokens 40 -M vectors={pocket.vectors} -M steer=0.1*angry -M read=angry"
    done = evaluated(tmp_path, THIRD_PARTY, "--model", "affectlab/pocket", *arguments.split())
    assert done.returncode == 0, done.stderr
    log = log_of(tmp_path)
    assert (log.status, log.eval.task) == ("success", THIRD_PARTY)
    assert log.samples is not None
    assert len(log.samples) == 3
    for sample in log.samples:
        assert sample.scores
        assert sample.output.metadata is not None
        ours = sample.output.metadata["affectlab"]
        assert ours["receipt"]["tokens"] > 300
        assert "memory_read" in "".join(ours["readings"]["tokens"]), "its tools are told to the model"
