"""A sandbox for real, attempts to get out of it, and a way to take one of its guards away."""

import os
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from affectlab.behaviour.sandbox import guards
from affectlab.behaviour.sandbox.bubblewrap import Outcome, Sandbox, open_sandbox, run_program
from affectlab.behaviour.sandbox.limits import MIB, Limits
from affectlab.behaviour.sandbox.proof import prove

# An attempt says how it went: with what it printed, or the name of the error that it met.
ATTEMPT = """
import ctypes, os, signal, socket, sys, time
from pathlib import Path
try:
{code}
except (OSError, MemoryError) as error:
    print(type(error).__name__)
"""
SMALL = Limits(seconds=20, memory=256 * MIB, processes=20, output=MIB, file_size=MIB, disk=32 * MIB)

Attempt = Callable[..., str]


@pytest.fixture(scope="session")
def bubblewrap() -> None:
    """Skip where bubblewrap is not installed; in CI, where it should be, fail."""
    if shutil.which("bwrap") is None:
        if os.environ.get("CI"):
            pytest.fail("bubblewrap is not installed (apt-get install bubblewrap)")
        pytest.skip("bubblewrap is not installed")


@pytest.fixture
def sandbox(bubblewrap: None) -> Iterator[Sandbox]:
    with open_sandbox(SMALL, {"tests.py": b"expected = 42\n"}) as sandbox:
        yield sandbox


@pytest.fixture
def attempt_outcome(sandbox: Sandbox) -> Callable[..., Outcome]:
    """Runs Python code in the sandbox, with arguments."""

    def attempt_outcome(code: str, *arguments: object, limits: Limits | None = None) -> Outcome:
        program = ATTEMPT.format(code=textwrap.indent(textwrap.dedent(code), "    "))
        return run_program(sandbox, ["python3", "-c", program, *map(str, arguments)], limits=limits)

    return attempt_outcome


@pytest.fixture
def attempt(attempt_outcome: Callable[..., Outcome]) -> Attempt:
    """Runs Python code in the sandbox to its end; what it printed."""

    def attempt(code: str, *arguments: object, limits: Limits | None = None) -> str:
        outcome = attempt_outcome(code, *arguments, limits=limits)
        assert outcome.status == 0, outcome
        return outcome.stdout.decode().strip()

    return attempt


def sleepers(seconds: str) -> list[int]:
    """The processes that sleep so long."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == f"sleep\0{seconds}\0".encode():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.fixture
def unproved() -> Iterator[None]:
    """Let the proof be made anew."""
    prove.cache_clear()
    yield
    prove.cache_clear()


class Drop:
    """Takes one guard away and leaves the others."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def flag(self, name: str) -> None:
        self._patch.delitem(guards.FLAGS, name)

    def resource(self, name: str) -> None:
        limited = guards.resources
        self._patch.setattr(guards, "resources", lambda limits: limited(limits) | {name: self._unlimited(name)})

    def files(self, folder: Path) -> None:
        """Let the sandbox see a folder of the machine."""
        self._patch.setattr(guards, "SYSTEM", (*guards.SYSTEM, str(folder)))

    def own_processes(self) -> None:
        """Let it share the machine's processes. Then it can have no /proc of its own either."""
        self.flag("processes")
        self.own_proc()

    def own_proc(self) -> None:
        self._patch.setattr(guards, "PROC", ("--ro-bind", "/proc", "/proc"))

    def memory_watch(self) -> None:
        self._patch.setattr("affectlab.behaviour.sandbox.watch.memory_held", lambda namespace: 0)

    @staticmethod
    def _unlimited(name: str) -> int:
        # Generous, yet a bound, should a test go wrong.
        return {"nproc": 500, "as": 2**31, "fsize": 2**26}[name]


@pytest.fixture
def drop(monkeypatch: pytest.MonkeyPatch) -> Drop:
    return Drop(monkeypatch)


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder of this machine that anybody may read, with a secret in it. Not in /tmp: the sandbox has its own."""
    with tempfile.TemporaryDirectory(prefix="affectlab-outside-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "secret").write_text("the secret")
        (folder / "secret").chmod(0o666)
        yield folder
