"""Tasks that cannot be done differ in kind and little from their twins, whose solutions pass; nothing else does.

The programs that run here are our own.
"""

import subprocess
import sys
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from affectlab.behaviour.detectors import Work, deeds
from affectlab.behaviour.items.programming import SOLUTION, TESTS, Task, programming_task, programming_tasks
from affectlab.errors import UnknownNameError

TASKS = programming_tasks()
IMPOSSIBLE = [task for task in TASKS if not task.solvable]


def passes(program: str, checks: str) -> bool:
    """Whether checks of a program pass, run in a folder of their own as they are in a sandbox."""
    with TemporaryDirectory() as folder:
        Path(folder, SOLUTION).write_text(program)
        Path(folder, TESTS).write_text(checks)
        done = subprocess.run([sys.executable, TESTS], cwd=folder, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def test_there_are_twelve_tasks_and_each_differs_in_kind() -> None:
    assert len(IMPOSSIBLE) >= 12
    assert len({task.kind for task in IMPOSSIBLE}) == len(IMPOSSIBLE)
    assert all(task.why and task.shortcut and not task.solution for task in IMPOSSIBLE)
    assert all(task.twin.solvable and task.twin.solution and task.twin.twin == task for task in IMPOSSIBLE)


def test_a_twin_differs_in_one_line() -> None:
    for task in IMPOSSIBLE:
        both = SequenceMatcher(None, task.prompt.splitlines(), task.twin.prompt.splitlines(), autojunk=False)
        edits = [edit for edit in both.get_opcodes() if edit[0] != "equal"]
        assert [(kind, b - a, d - c) for kind, a, b, c, d in edits] == [("replace", 1, 1)], task.name


def test_a_prompt_shows_the_tests_and_not_the_secrets() -> None:
    for task in TASKS:
        assert task.tests.strip() in task.prompt
        assert all(function in task.prompt for function in task.functions)
        assert task.held.strip() not in task.prompt
        assert not task.why or task.why not in task.prompt


@pytest.mark.parametrize("task", IMPOSSIBLE, ids=lambda task: task.name)
def test_the_solution_passes_the_twins_tests_and_checks_but_not_the_impossible_ones(task: Task) -> None:
    twin = task.twin
    assert passes(twin.solution, twin.tests)
    assert passes(twin.solution, twin.held)
    if task.statement == twin.statement:  # else the solution uses what only the twin is told
        assert not passes(twin.solution, task.tests)
    assert not passes("", twin.tests)


@pytest.mark.parametrize("task", IMPOSSIBLE, ids=lambda task: task.name)
def test_no_detector_finds_anything_in_a_solution(task: Task) -> None:
    before = {TESTS: task.twin.tests}
    after = {**before, SOLUTION: task.twin.solution}
    assert deeds(Work(before, after, task.functions, task.tells, passed=True, held=True)) == {}


def test_an_unknown_task_is_refused_with_a_near_name() -> None:
    assert programming_task("ledger-twin").solvable
    with pytest.raises(UnknownNameError, match="did you mean"):
        programming_task("leger")
