"""Proves that the guards of the sandbox hold on this machine, by trying each of them from inside.

1. What one process can try runs as one program: network, home, files, processes, environment, privileges (see probe).
2. What ends a program needs one each: time, output, memory of all processes together, disk.
3. That nothing outlives its call is looked at after every call, here and later.

A guard that does not hold is an error with its name, and no program of a model is run.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from affectlab.behaviour.sandbox import guards
from affectlab.behaviour.sandbox.bubblewrap import Sandbox, open_sandbox, run_program
from affectlab.behaviour.sandbox.errors import SandboxError
from affectlab.behaviour.sandbox.limits import MIB, Limits

SMALL = Limits(seconds=60, memory=128 * MIB, processes=8, output=MIB, file_size=MIB, disk=16 * MIB)

# Three processes that together hold more than SMALL allows, and each of them less.
MANY = """
import os, time
for _ in range(2):
    if os.fork() == 0: break
held = bytearray(b"x") * (64 * 2**20)
time.sleep(60)
"""
FLOOD = """
import time
for number in range(40):
    open(str(number), "wb").write(bytes(2**20 - 1))
time.sleep(60)
"""
# What ends a program, a program that it should end, and the limits to run it with.
ENDS: dict[str, tuple[list[str], Limits]] = {
    "time": (["sleep", "60"], replace(SMALL, seconds=0.3)),
    "output": (["yes"], SMALL),
    "memory": (["python3", "-c", MANY], SMALL),
    "disk": (["python3", "-c", FLOOD], SMALL),
}


@functools.cache
def prove() -> None:
    """Try every guard, once in the life of this process; a `SandboxError` names those that do not hold."""
    with open_sandbox(SMALL, {"probe.py": Path(__file__).with_name("probe.py").read_bytes()}) as sandbox:
        found = {**_found_inside(sandbox), **_found_endless(sandbox)}
    broken = {guard: what for guard, what in found.items() if what}
    if broken:
        raise SandboxError(
            f"the sandbox does not guard {', '.join(broken)}",
            where="bubblewrap",
            expected="every attempt refused or stopped",
            found="; ".join(f"{guard}: {what}" for guard, what in broken.items()),
            fix="use docker, or another machine",
        )


def _found_inside(sandbox: Sandbox) -> dict[str, str]:
    with _bait() as bait:
        given = {**asdict(SMALL), **bait, "environment": list(guards.clean_environment())}
        outcome = run_program(sandbox, ["python3", f"{guards.PROTECTED}/probe.py"], stdin=json.dumps(given).encode())
    if outcome.status != 0:
        raise SandboxError(
            "a plain program does not run in the sandbox",
            where="bubblewrap",
            expected="python3 to run",
            found=outcome.stderr.decode(errors="replace").strip()[-500:] or str(outcome.excess),
            fix="install python3 for all users (apt-get install python3), or use docker",
        )
    return dict(json.loads(outcome.stdout))


def _found_endless(sandbox: Sandbox) -> dict[str, str]:
    """For each program that must be stopped, what became of it where that is something else."""
    found = {}
    for excess, (command, limits) in ENDS.items():
        outcome = run_program(sandbox, command, limits=limits)
        ended = f"{outcome.excess or 'its own end'} after {outcome.seconds:.0f} s"
        found[f"{excess} of a call"] = "" if outcome.excess == excess else ended
    return found


@contextmanager
def _bait() -> Iterator[dict[str, Any]]:
    """Things of this machine that are there for the taking, were there no sandbox."""
    with (
        tempfile.NamedTemporaryFile("w", prefix="affectlab-bait-") as file,
        socket.create_server(("127.0.0.1", 0)) as port,
    ):
        file.write("a file of the machine")
        file.flush()
        os.chmod(file.name, 0o644)
        yield {"file": file.name, "port": port.getsockname()[1], "home": str(Path.home())}
