"""How much a program in the sandbox may use."""

from __future__ import annotations

from dataclasses import dataclass, fields

from affectlab.errors import InputError

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one command may use. Sizes are in bytes.

    `memory` bounds the address space of each process, and what all processes of the command hold together.
    `output` bounds standard output and standard error together. `disk` bounds all that the sandbox keeps.
    """

    seconds: float = 30.0
    cpu_seconds: int = 30
    memory: int = 512 * MIB
    processes: int = 32
    output: int = MIB
    file_size: int = 16 * MIB
    disk: float = 128 * MIB

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value <= 0:
                raise InputError(f"the limit {field.name} bounds nothing", expected="more than 0", found=str(value))
