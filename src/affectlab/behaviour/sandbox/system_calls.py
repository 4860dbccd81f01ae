"""A filter for system calls that pass by the other guards, or that open much of the kernel to attack.

A refused call fails as on a kernel that does not have it, so programs take their other way. The filter is a program of
the kernel's packet filter, eight bytes an instruction.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct

from affectlab.behaviour.sandbox.errors import SandboxError

# Numbers of calls, as (x86_64, aarch64).
REFUSED = {
    # Memory that belongs to no process.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    # Keys are not kept apart by namespaces.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Large parts of the kernel that an exercise in programming has no use for.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
SOCKETS = ((41, 198), (53, 199))  # socket, socketpair
# Other kinds of sockets, to a virtual machine's host above all, do not belong to a namespace of the network.
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_OF_CALL, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in what the kernel shows to a filter
ALLOW, KILL, FAIL_WITH = 0x7FFF0000, 0x80000000, 0x00050000
# x86_64 has the same calls a second time from this number on; no program of today uses them.
SECOND_TABLE = 0x40000000


def refused_calls(machine: str = "") -> bytes:
    """The filter for this kind of machine."""
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        raise SandboxError(
            "the filter of system calls is not written for this machine",
            where="sandbox",
            expected=" or ".join(ARCHITECTURES),
            found=machine,
            fix="use docker",
        )
    column = list(ARCHITECTURES).index(machine)
    refused = [call[column] for call in REFUSED.values()]
    sockets = [call[column] for call in SOCKETS]
    # Each part ends where the next begins; a jump says how many instructions it leaves out.
    program = [
        *((LOAD, 0, 0, ARCHITECTURE), (JUMP_IF_EQUAL, 1, 0, ARCHITECTURES[machine]), (RETURN, 0, 0, KILL)),
        *((LOAD, 0, 0, NUMBER_OF_CALL), (JUMP_IF_AT_LEAST, len(refused) + len(sockets) + 1, 0, SECOND_TABLE)),
        *_any_of(refused, beyond=len(sockets) + 1),
        *_any_of(sockets, beyond=2),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, FAIL_WITH | errno.ENOSYS),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        *_any_of([int(family) for family in FAMILIES], beyond=1),
        (RETURN, 0, 0, FAIL_WITH | errno.EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _any_of(values: list[int], beyond: int) -> list[tuple[int, int, int, int]]:
    """Jump, if what is loaded is one of these values, over the tests that are left and so many instructions more."""
    left = len(values) - 1 + beyond
    return [(JUMP_IF_EQUAL, left - place, 0, value) for place, value in enumerate(values)]
