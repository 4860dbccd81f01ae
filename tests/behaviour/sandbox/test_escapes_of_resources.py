"""Attempts on resources: fork bomb, memory bomb, endless output, no end. Each is contained, and only by its guard."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

from affectlab.behaviour.sandbox import guards, system_calls
from affectlab.behaviour.sandbox.bubblewrap import Outcome, Sandbox, open_sandbox, run_program
from affectlab.behaviour.sandbox.limits import MIB
from tests.behaviour.sandbox.conftest import SMALL, Attempt, Drop

FORK = """
children = 0
try:
    while children < 60:
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
        children += 1
finally:
    print(children, flush=True)
"""


def test_a_fork_bomb_is_contained(attempt: Attempt, drop: Drop) -> None:
    drop.memory_watch()
    counted, error = attempt(FORK).split()
    # Bubblewrap and the program itself are two.
    assert int(counted) == SMALL.processes - 2
    assert error == "BlockingIOError"

    drop.resource("nproc")
    assert attempt(FORK) == "60"


@pytest.mark.skipif(guards.plain_user() is None, reason="only root is exempt from the limit")
def test_the_limit_on_processes_needs_a_user_other_than_root(
    bubblewrap: None, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.memory_watch()
    command = ["python3", "-c", f"import os, time\n{FORK}"]
    with open_sandbox(SMALL) as sandbox:
        assert run_program(sandbox, command).stdout == b"%d\n" % (SMALL.processes - 2)
    monkeypatch.setattr(guards, "plain_user", lambda: None)
    with open_sandbox(SMALL) as sandbox:
        assert run_program(sandbox, command).stdout == b"60\n"


ALLOCATE = "held = b'x' * (300 * 2**20); print(len(held) // 2**20)"


def test_a_memory_bomb_is_contained(attempt: Attempt, drop: Drop) -> None:
    drop.memory_watch()
    assert attempt(ALLOCATE) == "MemoryError"

    drop.resource("as")
    assert attempt(ALLOCATE) == "300"


SHARE_OUT = """
children = [os.fork()]
children += [os.fork()] if children[0] else []
held = b"x" * (150 * 2**20)
time.sleep(float(sys.argv[1]))
if all(children): print("held")
"""


def test_a_memory_bomb_of_several_processes_is_contained(attempt_outcome: Callable[..., Outcome], drop: Drop) -> None:
    outcome = attempt_outcome(SHARE_OUT, 20)
    assert (outcome.status, outcome.excess) == (None, "memory")
    assert outcome.seconds < 10

    drop.memory_watch()
    assert attempt_outcome(SHARE_OUT, 0.5).stdout == b"held\n"


# Memory that a process fills and lets go of: it stays, and no limit on processes knows of it.
LEAVE_BEHIND = """
library = ctypes.CDLL(None, use_errno=True)
key = library.shmget(0, 2**20, 0o1600)
if key < 0: raise OSError(ctypes.get_errno(), "shmget")
os.close(os.memfd_create("memory"))
print("left behind")
"""


def test_memory_that_belongs_to_no_process_cannot_be_had(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    assert attempt(LEAVE_BEHIND) == "OSError"
    monkeypatch.setattr(system_calls, "REFUSED", {"none": (2**20, 2**20)})
    assert attempt(LEAVE_BEHIND) == "left behind"


@pytest.mark.parametrize("place", ["/new", "/dev/new"])
def test_there_is_no_other_place_for_files(attempt: Attempt, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    touch = "Path(sys.argv[1]).touch(); print('made')"
    assert attempt(touch, place) == "OSError"
    monkeypatch.setattr(guards, "CLOSED", ())
    assert attempt(touch, place) == "made"


def test_nobody_becomes_root_of_a_namespace_inside(sandbox: Sandbox, drop: Drop) -> None:
    become = ["unshare", "--user", "--map-root-user", "id", "-u"]
    assert run_program(sandbox, become).status != 0
    drop.flag("nested users")
    assert run_program(sandbox, become).stdout == b"0\n"


def test_endless_output_is_stopped_and_memory_here_stays_bounded(sandbox: Sandbox) -> None:
    tracemalloc.start()
    try:
        outcome = run_program(sandbox, ["yes"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcome.excess == "output"
    assert len(outcome.stdout) == SMALL.output
    assert peak < 8 * SMALL.output


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_without_its_limit_output_grows(attempt_outcome: Callable[..., Outcome], stream: str) -> None:
    code = f"sys.{stream}.write('x' * (8 * 2**20))"
    contained = attempt_outcome(code)
    assert contained.excess == "output"
    assert len(getattr(contained, stream)) == SMALL.output
    outcome = attempt_outcome(code, limits=replace(SMALL, output=100 * MIB))
    assert outcome.excess is None
    assert len(getattr(outcome, stream)) == 8 * MIB


def test_a_program_without_end_is_stopped(sandbox: Sandbox) -> None:
    outcome = run_program(sandbox, ["sleep", "60"], limits=replace(SMALL, seconds=0.3))
    assert (outcome.status, outcome.excess) == (None, "time")
    assert 0.3 <= outcome.seconds < 10
    assert run_program(sandbox, ["sleep", "0.5"]).status == 0


def test_a_program_that_closes_its_output_is_stopped_all_the_same(sandbox: Sandbox) -> None:
    command = ["sh", "-c", "exec >&- 2>&-; sleep 60"]
    assert run_program(sandbox, command, limits=replace(SMALL, seconds=0.3)).excess == "time"


def test_the_kernel_knows_all_limits(attempt: Attempt) -> None:
    names = ("NPROC", "AS", "CPU", "FSIZE", "NOFILE", "CORE")
    code = f"import resource; print([resource.getrlimit(getattr(resource, 'RLIMIT_' + name)) for name in {names}])"
    limits = (SMALL.processes, SMALL.memory, SMALL.cpu_seconds, SMALL.file_size, 256, 1)
    assert attempt(code) == str([(limit, limit) for limit in limits])


def test_variables_of_a_command_take_effect_after_its_limits(sandbox: Sandbox) -> None:
    command = run_program(sandbox, ["true"], environment={"LD_DEBUG": "files"})
    assert b"prlimit" not in command.stderr
    assert b"true" in command.stderr


def test_processor_time_has_a_limit_of_its_own(sandbox: Sandbox) -> None:
    outcome = run_program(sandbox, ["sh", "-c", "while :; do :; done"], limits=replace(SMALL, cpu_seconds=1))
    assert (outcome.status, outcome.excess) == (137, None)
