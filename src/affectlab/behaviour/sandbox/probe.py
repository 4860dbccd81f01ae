"""Runs inside of the sandbox and tries its guards. Uses nothing but what python3 brings.

Reads what it should try as JSON, and prints JSON: each guard, and what was found where it does not hold, else nothing.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__)


def network(given: dict[str, Any]) -> str:
    """A listening port of the machine's own, and a socket to the host of a virtual machine."""
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", given["port"]), timeout=2).close()
        return "a connection"
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
        return "a socket to the host"
    return ""


def home(given: dict[str, Any]) -> str:
    """The home of whoever started this."""
    with contextlib.suppress(OSError):
        return f"{len(os.listdir(given['home']))} entries of it"
    return ""


def files(given: dict[str, Any]) -> str:
    """A file that anybody may read."""
    with contextlib.suppress(OSError):
        return Path(given["file"]).read_text()
    return ""


def processes_of_others(given: dict[str, Any]) -> str:
    """Here are bubblewrap, as the first process, and this one."""
    seen = [name for name in os.listdir("/proc") if name.isdigit()]
    return f"{len(seen)} processes" if len(seen) > 2 or os.getppid() != 1 else ""


def environment(given: dict[str, Any]) -> str:
    """Also the environment that bubblewrap was started with."""
    first = Path("/proc/1/environ").read_bytes().split(b"\0")
    names = {os.fsdecode(entry.partition(b"=")[0]) for entry in first} | set(os.environ)
    # Python and bubblewrap set these.
    return ", ".join(sorted(names - {"", "PWD", "LC_CTYPE", *given["environment"]}))


def processes(given: dict[str, Any]) -> str:
    """Ask for a few more processes than there may be."""
    children: list[int] = []
    try:
        while len(children) < given["processes"] + 4:
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
    except OSError:
        return ""
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return f"{len(children)} processes"


def memory(given: dict[str, Any]) -> str:
    """Ask for as much memory as there may be, on top of what Python holds, and leave it empty."""
    with contextlib.suppress(OSError):
        mmap.mmap(-1, given["memory"]).close()
        return f"{given['memory']} bytes"
    return ""


def file_size(given: dict[str, Any]) -> str:
    """Write more than a file may hold."""
    path = Path("/tmp/large")
    try:
        with path.open("wb", buffering=0) as file:
            while file.tell() <= given["file_size"]:
                file.write(bytes(65_536))
    except OSError:
        return ""
    finally:
        path.unlink()
    return "more than it may hold"


def protected_files(given: dict[str, Any]) -> str:
    """Write this very file, put another in its place, take it away, open it for writing to all."""
    other = Path("/tmp/other.py")
    other.touch()
    tries: list[Callable[[], object]] = [
        lambda: HERE.open("ab").close(),
        lambda: HERE.chmod(0o666),
        lambda: other.rename(HERE),
        lambda: HERE.parent.rename(HERE.parent.with_name("elsewhere")),
        lambda: HERE.with_name("new.py").touch(),
        HERE.unlink,
    ]
    return _first_done(tries)


def read_only_system(given: dict[str, Any]) -> str:
    """Make files where memory or the machine's own disk would hold them."""
    places = ("/new", "/dev/new", "/usr/bin/new", "/proc/new")
    return _first_done([Path(place).touch for place in places])


def _first_done(tries: list[Callable[[], object]]) -> str:
    for number, attempt in enumerate(tries, start=1):
        with contextlib.suppress(OSError):
            attempt()
            return f"attempt {number} done"
    return ""


def system_calls(given: dict[str, Any]) -> str:
    """Memory that is no process's."""
    with contextlib.suppress(OSError):
        os.close(os.memfd_create("probe"))
        return "memfd_create"
    return ""


def nested_users(given: dict[str, Any]) -> str:
    """Become the root of a namespace of one's own."""
    done = subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True, check=False)
    return "a new namespace" if done.returncode == 0 else ""


def privileges(given: dict[str, Any]) -> str:
    """Neither powers, nor a way to get some."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    held = {"NoNewPrivs": "1", "CapPrm": "0" * 16, "CapEff": "0" * 16, "CapBnd": "0" * 16}
    return ", ".join(f"{name} {status[name]}" for name, value in held.items() if status[name] != value)


PROBES = (
    *(network, home, files, processes_of_others, environment, processes, memory, file_size),
    *(protected_files, read_only_system, system_calls, nested_users, privileges),
)


def found(probe: Callable[[dict[str, Any]], str], given: dict[str, Any]) -> str:
    """What the probe found. One that goes wrong has found a sandbox that we do not know."""
    try:
        return probe(given)
    except Exception as error:
        return f"{error!r} in the attempt"


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps({probe.__name__.replace("_", " "): found(probe, given) for probe in PROBES}))
