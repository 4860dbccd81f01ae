"""Writing safetensors piece by piece, because sums at real sizes are gigabytes, and the library's own writer holds all
of them in memory once more (docs/vectors-file.md). The bytes are the library's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

NAMES = {"int64": "I64", "float64": "F64", "float32": "F32"}
"""The kinds of numbers that we write, in the order in which their tensors stand in a file."""
ALIGNMENT = 8


class Pieces(NamedTuple):
    """A tensor in pieces along its first axis, at least one, converted as they are written."""

    arrays: Sequence[Array]
    kind: str

    @property
    def shape(self) -> list[int]:
        return [len(self.arrays), *self.arrays[0].shape]


class Whole(NamedTuple):
    """A tensor that is written as it is."""

    array: Array

    @property
    def arrays(self) -> Sequence[Array]:
        return [self.array]

    @property
    def kind(self) -> str:
        return str(self.array.dtype.name)

    @property
    def shape(self) -> list[int]:
        return list(self.array.shape)


def write_tensors(path: Path, tensors: Mapping[str, Array | Pieces], metadata: Mapping[str, str]) -> None:
    """Write a whole safetensors file; no more than one piece of it is ever copied."""
    kinds = list(NAMES)
    parts = {name: part if isinstance(part, Pieces) else Whole(part) for name, part in tensors.items()}
    parts = dict(sorted(parts.items(), key=lambda item: (kinds.index(item[1].kind), item[0])))
    head: dict[str, Any] = {"__metadata__": dict(metadata)}
    begin = 0
    for name, part in parts.items():
        end = begin + int(np.prod(part.shape, dtype=np.int64)) * np.dtype(part.kind).itemsize
        head[name] = {"dtype": NAMES[part.kind], "shape": part.shape, "data_offsets": [begin, end]}
        begin = end
    raw = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    raw += b" " * (-len(raw) % ALIGNMENT)
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        for part in parts.values():
            for array in part.arrays:
                file.write(np.ascontiguousarray(array, dtype=np.dtype(part.kind).newbyteorder("<")).data)
