"""The guards of the sandbox, as arguments of bubblewrap and prlimit.

Each guard stands alone, so that tests can take one away and see what it was good for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from affectlab.behaviour.sandbox.limits import Limits

WORK = "/work"
PROTECTED = "/protected"

FLAGS: dict[str, tuple[str, ...]] = {
    "users": ("--unshare-user",),
    "nested users": ("--disable-userns",),
    "network": ("--unshare-net",),
    "processes": ("--unshare-pid",),
    "messages": ("--unshare-ipc",),
    "control groups": ("--unshare-cgroup-try",),
    "name": ("--unshare-uts", "--hostname", "sandbox"),
    "terminal": ("--new-session",),
    "parent": ("--die-with-parent",),
}

# What python3, a shell and the small tools need, and nothing else of the machine.
SYSTEM = (
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
)
PROC = ("--proc", "/proc")
# The sandbox sees these folders of its room, and may write in no others.
ROOM = {"work": WORK, "tmp": "/tmp", "shm": "/dev/shm"}
PROTECT = ("--perms", "0444", "--ro-bind-data")
# What is left is memory that no limit counts. Besides, protected files would be worth little in a folder that can be
# written: it could be renamed, and another put in its place.
CLOSED = ("--remount-ro", "/dev", "--remount-ro", "/")

# Root is exempt from the limit on processes, so a sandbox that root starts runs as this user, whom no system has.
UNPRIVILEGED = 64_321


def plain_user() -> int | None:
    """As whom the sandbox is started, where root starts it; anybody else stays who they are."""
    return UNPRIVILEGED if os.geteuid() == 0 else None


def clean_environment() -> dict[str, str]:
    """All that the sandbox knows of the environment.

    Bubblewrap itself is started with it: what it was started with can be read in the sandbox's /proc/1/environ.
    """
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": WORK, "USER": "sandbox", "LC_ALL": "C.UTF-8"}


def namespaces() -> list[str]:
    """What the sandbox does not share with the machine."""
    return [argument for flags in FLAGS.values() for argument in flags]


def mounts(room: Path, protected: Mapping[str, int]) -> list[str]:
    """What the sandbox sees of files. `protected` are open files by the name they have below /protected."""
    arguments = []
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            arguments += ["--symlink", os.readlink(path), str(path)]
        else:
            arguments += ["--ro-bind-try", str(path), str(path)]
    arguments += [*PROC, "--dev", "/dev"]
    for folder, place in ROOM.items():
        arguments += ["--bind", str(room / folder), place]
    for name, descriptor in protected.items():
        arguments += [*PROTECT, str(descriptor), f"{PROTECTED}/{name}"]
    return [*arguments, *CLOSED]


def resources(limits: Limits) -> dict[str, int]:
    """The kernel's limits on each process, by their names in prlimit; `nproc` counts all processes of the sandbox."""
    return {
        "nproc": limits.processes,
        "as": limits.memory,
        "cpu": limits.cpu_seconds,
        "fsize": limits.file_size,
        "nofile": 256,
        # 0 would still hand the dump to a program of the machine, where it is set up so; 1 is the kernel's word for no.
        "core": 1,
    }


def limited(command: Sequence[str], environment: Mapping[str, str], limits: Limits) -> list[str]:
    """The command under its limits. They are set within the namespaces: outside, others' processes would count too.

    The environment comes after the limits, since some variables have a program load others.
    """
    bounds = [f"--{name}={most}" for name, most in resources(limits).items()]
    variables = [f"{name}={value}" for name, value in environment.items()]
    return ["/usr/bin/prlimit", *bounds, "--", *(["/usr/bin/env", *variables] if variables else []), *command]
