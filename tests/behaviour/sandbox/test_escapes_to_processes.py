"""Attempts on processes: network, /proc, the parent, outliving the call. Each is contained, and only by its guard."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from affectlab.behaviour.sandbox import bubblewrap, guards, system_calls
from affectlab.behaviour.sandbox.bubblewrap import Sandbox, read_file
from affectlab.behaviour.sandbox.errors import EscapeError
from tests.behaviour.sandbox.conftest import Attempt, Drop, sleepers

CONNECT = """
family = getattr(socket, sys.argv[1])
with socket.socket(family) as client:
    client.settimeout(5)
    client.connect(("127.0.0.1", int(sys.argv[2])) if family == socket.AF_INET else b"\\0" + sys.argv[2].encode())
    print("connected")
"""


def test_the_network_cannot_be_reached(attempt: Attempt, drop: Drop) -> None:
    name = f"affectlab-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(f"\0{name}")
        local.listen()
        addresses = [("AF_INET", server.getsockname()[1]), ("AF_UNIX", name)]
        assert [attempt(CONNECT, *address) for address in addresses] == ["ConnectionRefusedError"] * 2
        assert attempt("print([name for _, name in socket.if_nameindex()])") == "['lo']"

        drop.flag("network")
        assert [attempt(CONNECT, *address) for address in addresses] == ["connected"] * 2


OPEN = "socket.socket(int(sys.argv[1]), socket.SOCK_STREAM).close(); print('opened')"


def test_only_sockets_that_the_network_guard_covers_can_be_opened(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [attempt(OPEN, int(family)) for family in (socket.AF_INET, socket.AF_UNIX)] == ["opened"] * 2
    assert attempt(OPEN, int(socket.AF_VSOCK)) == "OSError"
    if kernel_has(socket.AF_VSOCK):
        monkeypatch.setattr(system_calls, "FAMILIES", (*system_calls.FAMILIES, socket.AF_VSOCK))
        assert attempt(OPEN, int(socket.AF_VSOCK)) == "opened"
    monkeypatch.setattr(system_calls, "FAMILIES", (socket.AF_UNIX,))
    assert [attempt(OPEN, int(family)) for family in (socket.AF_INET, socket.AF_UNIX)] == ["OSError", "opened"]


def kernel_has(family: int) -> bool:
    try:
        socket.socket(family, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


@contextmanager
def stand_in(seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody else's process, as whom the sandbox runs too, so that it could be killed from there."""
    with subprocess.Popen(["sleep", str(seconds)], user=guards.plain_user()) as process:
        try:
            yield process
        finally:
            process.kill()


SEE = """
lines = []
for path in Path("/proc").glob("[0-9]*/cmdline"):
    try: lines.append(path.read_bytes())
    except OSError: pass
print(f"sleep {sys.argv[1]} ".replace(" ", "\\0").encode() in lines)
"""


def test_proc_shows_no_process_of_the_machine(attempt: Attempt, drop: Drop) -> None:
    seconds = float(f"60.{os.getpid()}1")
    with stand_in(seconds):
        assert attempt(SEE, seconds) == "False"
        drop.own_proc()
        assert attempt(SEE, seconds) == "True"


def test_the_environment_of_the_parent_cannot_be_read(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "the secret")
    look = """
    found = [path for path in Path("/proc").glob("[0-9]*/environ") if b"the secret" in path.read_bytes()]
    print(len(found), os.environ.get("API_KEY"))
    """
    assert attempt(look) == "0 None"

    monkeypatch.setattr(guards, "clean_environment", lambda: dict(os.environ))
    assert attempt(look) == "2 the secret"


def test_the_parent_cannot_be_killed(attempt: Attempt, drop: Drop) -> None:
    kill = "os.kill(int(sys.argv[1]), signal.SIGTERM); print('killed')"
    with stand_in(60) as parent:
        assert attempt(kill, parent.pid) == "ProcessLookupError"
        assert attempt(kill, os.getpid()) in {"ProcessLookupError", "PermissionError"}
        assert parent.poll() is None

        drop.own_processes()
        assert attempt(kill, parent.pid) == "killed"
        assert parent.wait(5) == -signal.SIGTERM


# A child of a child in a session of its own, which nobody waits for; it shows for ten seconds that it is alive.
DAEMON = """
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork():
        os._exit(0)
    null = os.open("/dev/null", os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    Path("daemon").write_text(str(os.getpid()))
    for beat in range(200):
        Path("beat").write_text(str(beat))
        time.sleep(0.05)
    os._exit(0)
while not Path("beat").exists():
    time.sleep(0.01)
"""


def beats_on(sandbox: Sandbox) -> bool:
    before = read_file(sandbox, "beat")
    time.sleep(0.3)
    return read_file(sandbox, "beat") != before


def test_nothing_outlives_the_call(sandbox: Sandbox, attempt: Attempt, drop: Drop) -> None:
    attempt(DAEMON)
    assert not beats_on(sandbox)

    drop.own_processes()
    attempt(f"os.unlink('beat')\n{DAEMON}")
    alive = beats_on(sandbox)
    os.kill(int(read_file(sandbox, "daemon")), signal.SIGKILL)
    assert alive


def test_what_would_outlive_a_call_is_an_error_of_ours(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [{7: "State:\tR"}, {7: "State:\tR"}, {}]
    monkeypatch.setattr(bubblewrap, "members", lambda namespace: left.pop(0))
    assert bubblewrap.run_program(sandbox, ["true"]).status == 0
    assert left == []

    monkeypatch.setattr(bubblewrap, "PATIENCE", 0.05)
    monkeypatch.setattr(bubblewrap, "members", lambda namespace: {7: "State:\tR"})
    with pytest.raises(EscapeError, match=r"outlived the sandbox: \[7\]"):
        bubblewrap.run_program(sandbox, ["true"])


PARENT = """
import sys
from affectlab.behaviour.sandbox import bubblewrap, guards
guards.FLAGS.pop(sys.argv[2], None)
with bubblewrap.open_sandbox() as sandbox:
    bubblewrap.run_program(sandbox, ["sleep", sys.argv[1]])
"""


def wait_until(true: Callable[[], bool], seconds: float = 10) -> bool:
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:
        time.sleep(0.02)
    return true()


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.parametrize("dropped", ["", "parent"])
def test_when_the_parent_is_killed_the_sandbox_ends(outside: Path, dropped: str) -> None:
    seconds = f"25.{os.getpid()}{len(dropped)}"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, seconds, dropped], env=os.environ | {"TMPDIR": str(outside)}
    ) as parent:
        try:
            assert wait_until(lambda: bool(sleepers(seconds)))
        finally:
            parent.kill()
    ended = wait_until(lambda: not sleepers(seconds), 1 if dropped else 10)
    for process in sleepers(seconds):
        os.kill(process, signal.SIGKILL)
    assert ended == (not dropped)
