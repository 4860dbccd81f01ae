"""Runs commands in a sandbox made by bubblewrap.

A sandbox is a room of its own (what is /work and /tmp inside) that lives as long as its owner wants. Each command is a
new set of namespaces around that room, and nothing of a command is left when its call returns. All that is read from
the room or written into it passes through such a command too, so that a link planted in it leads nowhere out here.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from affectlab.behaviour.sandbox import guards
from affectlab.behaviour.sandbox.errors import EscapeError, SandboxError
from affectlab.behaviour.sandbox.limits import Limits
from affectlab.behaviour.sandbox.stream import Said, follow
from affectlab.behaviour.sandbox.system_calls import refused_calls
from affectlab.behaviour.sandbox.watch import Excess, Watch, members
from affectlab.errors import InputError

INSTALL = "install it (apt-get install bubblewrap), or use docker"
UPDATE = "it takes bubblewrap 0.8 and a kernel that lets users make namespaces (docs/sandbox.md); else use docker"
# The kernel ends the processes of a namespace with its first one, long before this many seconds.
PATIENCE = 10.0


@dataclass(frozen=True)
class Sandbox:
    """A room for commands. `protected` are files that a command finds in /protected and cannot change, by name."""

    room: Path
    limits: Limits = field(default_factory=Limits)
    protected: Mapping[str, bytes] = field(default_factory=dict)


class Outcome(NamedTuple):
    """What became of a command. `status` is None where it was stopped, for too much of what `excess` names."""

    status: int | None
    stdout: bytes
    stderr: bytes
    excess: Excess | None
    seconds: float


def make_sandbox(limits: Limits | None = None, protected: Mapping[str, bytes] | None = None) -> Sandbox:
    """A new, empty sandbox; `remove_sandbox` takes it away."""
    for name in protected or ():
        if not name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise InputError("a protected file needs a name below /protected", expected="tests/one.py", found=name)
    room = Path(tempfile.mkdtemp(prefix="affectlab-sandbox-"))
    _furnish(room)
    return Sandbox(room, limits or Limits(), dict(protected or {}))


def _furnish(room: Path) -> None:
    """Make the folders of a room, for the sandbox's user alone."""
    user = guards.plain_user()
    for folder in guards.ROOM:
        (room / folder).mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        room.chmod(0o711)  # its user has to pass through
        for folder in guards.ROOM:
            os.chown(room / folder, user, user)


def remove_sandbox(sandbox: Sandbox) -> None:
    """Take the room away, whatever a program made of it."""
    try:
        shutil.rmtree(sandbox.room)
    except (OSError, RecursionError):  # closed folders, or a thousand of them one in another
        _furnish(sandbox.room)
        script = 'chmod -R u+rwX "$@"; find "$@" -mindepth 1 -delete'
        run_program(sandbox, ["sh", "-c", script, "sh", *guards.ROOM.values()], limits=Limits(disk=math.inf))
        shutil.rmtree(sandbox.room)


@contextlib.contextmanager
def open_sandbox(limits: Limits | None = None, protected: Mapping[str, bytes] | None = None) -> Iterator[Sandbox]:
    """A sandbox for the length of a `with` block."""
    sandbox = make_sandbox(limits, protected)
    try:
        yield sandbox
    finally:
        remove_sandbox(sandbox)


def run_program(
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    check: Callable[[], None] = lambda: None,
) -> Outcome:
    """Run a command in /work. When this returns, or raises, nothing of the command runs any more.

    `check` is called several times a second, and may raise to end the command.
    """
    bwrap = _bwrap()
    limits = limits or sandbox.limits
    began = time.monotonic()
    with contextlib.ExitStack() as files:
        report, report_end = map(files.enter_context, _pipe())
        passed = {name: _file_of(contents, files) for name, contents in sandbox.protected.items()}
        calls = _file_of(refused_calls(), files)
        arguments = [
            *(bwrap, "--json-status-fd", str(report_end.fileno()), "--seccomp", str(calls)),
            *guards.namespaces(),
            *guards.mounts(sandbox.room, passed),
            *("--chdir", guards.WORK, "--"),
            *guards.limited(command, environment or {}, limits),
        ]
        process = files.enter_context(_started(arguments, bool(stdin), [report_end.fileno(), calls, *passed.values()]))
        notes: dict[str, Any] = {}
        try:
            report_end.close()
            notes |= _note(report.readline())
            watch = Watch(notes.get("pid-namespace"), sandbox.room, limits, check)
            said = follow(process, stdin, limits, watch)
        finally:
            _end(process, notes.get("pid-namespace"))
        notes |= _note(report.readline())
    return _outcome(said, notes, time.monotonic() - began)


def read_file(sandbox: Sandbox, path: str, most: int | None = None) -> bytes:
    """What a file in the sandbox holds, of at most so many bytes. Relative paths are in /work."""
    limits = replace(sandbox.limits, output=most or sandbox.limits.file_size)
    outcome = run_program(sandbox, ["cat", "--", path], limits=limits)
    _raise_as_of_a_file(outcome, path)
    return outcome.stdout


def write_file(sandbox: Sandbox, path: str, contents: bytes) -> None:
    """Write a file in the sandbox, with the folders that lead to it."""
    script = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"'
    outcome = run_program(sandbox, ["sh", "-c", script, "sh", path], stdin=contents)
    _raise_as_of_a_file(outcome, path)


def _raise_as_of_a_file(outcome: Outcome, path: str) -> None:
    """What the tools said about a file, as the error that Python would have raised."""
    if outcome.excess == "time":
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), path)
    if outcome.excess or outcome.status == 128 + signal.SIGXFSZ:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    if outcome.status == 0:
        return
    said = outcome.stderr.decode(errors="replace").strip()
    if os.strerror(errno.EROFS) in said:
        raise PermissionError(errno.EACCES, "the sandbox lets nobody write there", path)
    for number in (errno.ENOENT, errno.EISDIR, errno.EACCES, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG):
        if os.strerror(number) in said:
            raise OSError(number, os.strerror(number), path)
    raise OSError(errno.EIO, said, path)


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    reading, writing = os.pipe()
    return open(reading, "rb"), open(writing, "wb")


def _file_of(contents: bytes, files: contextlib.ExitStack) -> int:
    """An open file without a name that holds this, closed with `files`."""
    file = files.enter_context(os.fdopen(os.memfd_create("sandbox"), "wb"))
    file.write(contents)
    file.flush()
    file.seek(0)
    return file.fileno()


def _bwrap() -> str:
    if found := shutil.which("bwrap"):
        return found
    raise SandboxError("bubblewrap is not installed", where="sandbox", expected="bwrap on the PATH", fix=INSTALL)


def _started(arguments: list[str], speaks: bool, passed: list[int]) -> subprocess.Popen[bytes]:
    user = guards.plain_user()
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE if speaks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=passed,
            env=guards.clean_environment(),
            cwd="/",
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    except OSError as error:
        raise SandboxError("bubblewrap cannot be started", where=arguments[0], found=str(error), fix=UPDATE) from None


def _note(line: bytes) -> dict[str, Any]:
    """A line of bubblewrap's report: first the namespaces that it made, then how the command ended."""
    return dict(json.loads(line)) if line.endswith(b"\n") else {}


def _end(process: subprocess.Popen[bytes], namespace: int | None) -> None:
    """End bubblewrap; with it ends the first process of the namespace, and with that all others. See that it is so."""
    process.kill()
    process.wait()
    if namespace is None:
        return
    patience = time.monotonic() + PATIENCE
    while left := members(namespace):
        if time.monotonic() > patience:
            raise EscapeError(f"processes outlived the sandbox: {sorted(left)}", where="sandbox", expected="none")
        time.sleep(0.005)


def _outcome(said: Said, notes: dict[str, Any], seconds: float) -> Outcome:
    status = notes.get("exit-code")
    if status is None and said.excess is None:
        found = said.stderr.decode(errors="replace").strip() or "no word"
        raise SandboxError("bubblewrap could not make the sandbox", where="sandbox", found=found, fix=UPDATE)
    return Outcome(None if said.excess else status, said.stdout, said.stderr, said.excess, seconds)
