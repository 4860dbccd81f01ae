"""The filter of system calls, run by a small interpreter: on each machine it refuses what it should, no more."""

import errno
import struct

import pytest

from affectlab.behaviour.sandbox.errors import SandboxError
from affectlab.behaviour.sandbox.system_calls import (
    ALLOW,
    ARCHITECTURES,
    FAIL_WITH,
    FAMILIES,
    JUMP_IF_AT_LEAST,
    JUMP_IF_EQUAL,
    KILL,
    LOAD,
    REFUSED,
    RETURN,
    SOCKETS,
    refused_calls,
)

MACHINES = list(ARCHITECTURES)
NO_CALL, NO_FAMILY = FAIL_WITH | errno.ENOSYS, FAIL_WITH | errno.EAFNOSUPPORT


def verdict(program: bytes, *, architecture: int, call: int, argument: int = 0) -> int:
    """What the kernel would do with this call."""
    shown = struct.pack("=IIQQ", call, architecture, 0, argument)
    instructions = list(struct.iter_unpack("=HBBI", program))
    place, held = 0, 0
    while True:
        code, hit, miss, value = instructions[place]
        place += 1
        if code == LOAD:
            held = struct.unpack_from("=I", shown, value)[0]
        elif code == RETURN:
            return int(value)
        else:
            met = {JUMP_IF_EQUAL: held == value, JUMP_IF_AT_LEAST: held >= value}[code]
            place += hit if met else miss


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_is_refused_or_allowed_as_the_table_says(machine: str) -> None:
    program, column = refused_calls(machine), MACHINES.index(machine)
    refused = {call[column] for call in REFUSED.values()}
    sockets = {call[column] for call in SOCKETS}
    for call in range(500):
        expected = NO_CALL if call in refused else NO_FAMILY if call in sockets else ALLOW
        assert verdict(program, architecture=ARCHITECTURES[machine], call=call) == expected, call


@pytest.mark.parametrize("machine", MACHINES)
def test_sockets_are_allowed_by_their_family(machine: str) -> None:
    program, column = refused_calls(machine), MACHINES.index(machine)
    for call in SOCKETS:
        for family in range(50):
            found = verdict(program, architecture=ARCHITECTURES[machine], call=call[column], argument=family)
            assert found == (ALLOW if family in set(FAMILIES) else NO_FAMILY), family


def test_calls_of_another_architecture_end_the_program() -> None:
    program = refused_calls("x86_64")
    assert verdict(program, architecture=0x40000003, call=1) == KILL
    assert verdict(program, architecture=ARCHITECTURES["x86_64"], call=0x40000001) == NO_CALL


def test_a_machine_it_is_not_written_for_is_refused() -> None:
    with pytest.raises(SandboxError, match="expected x86_64 or aarch64; found riscv64"):
        refused_calls("riscv64")
