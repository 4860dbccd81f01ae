"""What a running sandbox uses, seen from outside: the memory of all its processes together, and its files.

The kernel's limits are for each process and each file. Only a control group counts them all, and few may make one.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from affectlab.behaviour.sandbox.limits import Limits

Excess = Literal["time", "output", "memory", "disk"]

# Seconds between two looks. A process fills about a tenth of a GiB in that time.
INTERVAL = 0.1
# What an empty file costs: an entry, so that a flood of empty files is seen too.
ENTRY = 4096
HELD = re.compile(r"^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$", re.MULTILINE)


def members(namespace: int) -> dict[int, str]:
    """The living processes of this process namespace, as they are numbered out here, and what /proc says of each."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{name}/ns/pid") == f"pid:[{namespace}]":
                found[int(name)] = Path(f"/proc/{name}/status").read_text()
        except OSError:  # ended meanwhile, or somebody else's
            continue
    # A zombie has ended, and holds nothing; who should take note of that may be slow to do so.
    return {process: status for process, status in found.items() if "\nState:\tZ" not in status}


def memory_held(namespace: int) -> int:
    """Bytes of memory that the processes hold, without the programs and libraries that they share with others.

    Pages that processes share after a fork count for each. `smaps` knows better, but a process can make us wait there.
    """
    return 1024 * sum(int(size) for status in members(namespace).values() for size in HELD.findall(status))


def disk_used(room: Path, enough: float) -> float:
    """Bytes of the files in this room; the count stops when it has seen enough.

    What cannot be looked into counts as enough: a sandbox must not hide its files by closing or nesting folders.
    """
    used, folders = 0.0, [str(room)]
    while folders and used <= enough:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    used += max(ENTRY, entry.stat(follow_symlinks=False).st_blocks * 512)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):  # removed meanwhile
            continue
        except OSError:
            return enough + 1
    return used


def unlinked_files(namespace: int) -> int:
    """Bytes of the files that no folder has any more, and that the processes still hold open."""
    sizes: dict[tuple[int, int], int] = {}
    for process in members(namespace):
        try:
            for descriptor in os.listdir(f"/proc/{process}/fd"):
                file = os.stat(f"/proc/{process}/fd/{descriptor}")
                if stat.S_ISREG(file.st_mode) and file.st_nlink == 0:
                    sizes[file.st_dev, file.st_ino] = file.st_blocks * 512
        except OSError:  # closed or ended meanwhile
            continue
    return sum(sizes.values())


class Watch:
    """Says what there is too much of, if anything; looks no oftener than it should. `check` is called at each look."""

    def __init__(self, namespace: int | None, room: Path, limits: Limits, check: Callable[[], None]) -> None:
        self._namespace = namespace
        self._room = room
        self._limits = limits
        self._check = check
        self._next = time.monotonic() + INTERVAL

    def __call__(self) -> Excess | None:
        if time.monotonic() < self._next:
            return None
        over = self._look()
        self._next = time.monotonic() + INTERVAL
        return over

    def _look(self) -> Excess | None:
        self._check()
        limits, namespace = self._limits, self._namespace
        if namespace is not None and memory_held(namespace) > limits.memory:
            return "memory"
        unlinked = 0 if namespace is None else unlinked_files(namespace)
        return "disk" if unlinked + disk_used(self._room, limits.disk) > limits.disk else None
