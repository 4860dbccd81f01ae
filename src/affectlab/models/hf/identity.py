"""Which model is this: hashes of its configuration, weights, tokenizer and chat template.

Weights are hashed from the files where there are files: the table of tensors at the head of each safetensors file, and
of every tensor 64 blocks of 1 kB from its first byte to its last. So a checkpoint of hundreds of gigabytes is named in
seconds, and an edit that changes any one matrix broadly (a direction taken out, a fact written in, a head silenced) is
seen. A network that was built in memory is hashed from 4,096 elements of every parameter, spread in the same way.
What this cannot see is in docs/models.md: an edit of a few single weights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import nn

from affectlab.errors import ModelError

BLOCKS, BLOCK_BYTES = 64, 1024
"""What is read of a tensor in a file. Many small blocks see one head of a matrix, or one expert of many."""
ELEMENTS = 4096
"""What is read of a tensor in memory."""
_VOLATILE = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "use_cache", "_attn_implementation")


def digest(*parts: bytes | str) -> str:
    """A short sha256: 16 hexadecimal digits are enough to tell models apart, and readable."""
    return _digest(part.encode() if isinstance(part, str) else part for part in parts)


def _digest(parts: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "little") + part)
    return found.hexdigest()[:16]


def config_digest(config: dict[str, Any]) -> str:
    """The configuration without what depends on where and how it was loaded."""
    kept = {key: value for key, value in config.items() if key not in _VOLATILE}
    return digest(json.dumps(kept, sort_keys=True, default=str))


def files_digest(files: Iterable[Path]) -> str:
    """Safetensors files, in order of name."""
    ordered = sorted(files, key=lambda path: path.name)
    return _digest(part for path in ordered for part in _file_parts(path))


def _file_parts(path: Path) -> Iterator[bytes]:
    """The head of a file, then the blocks of its tensors, in the order of their places."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        head = file.read(size)
        yield head
        table = json.loads(head)
        places = sorted(entry["data_offsets"] for name, entry in table.items() if name != "__metadata__")
        for begin, end in places:
            yield from _blocks(file, 8 + size + begin, end - begin)


def _blocks(file: BinaryIO, begin: int, size: int) -> Iterator[bytes]:
    """A small tensor whole; of a large one evenly spaced blocks, the first at its beginning, the last at its end."""
    if size <= BLOCKS * BLOCK_BYTES:
        file.seek(begin)
        yield file.read(size)
        return
    for index in range(BLOCKS):
        file.seek(begin + (size - BLOCK_BYTES) * index // (BLOCKS - 1))
        yield file.read(BLOCK_BYTES)


def memory_digest(network: nn.Module) -> str:
    """A network without files: name, shape and up to 4,096 elements of every parameter, as bfloat16."""
    return _digest(part for name, tensor in sorted(network.named_parameters()) for part in _tensor_parts(name, tensor))


def _tensor_parts(name: str, tensor: torch.Tensor) -> Iterator[bytes]:
    if tensor.is_meta:
        raise ModelError(
            "the weights are not in memory, so they cannot be named",
            where=name,
            expected="a network with its weights, or one loaded from files",
            found="a tensor that was moved to the disk",
            fix="load the model by its name",
        )
    # Evenly from the first to the last. A step that divides the width would look at a few columns alone.
    count = min(ELEMENTS, tensor.numel())
    places = torch.linspace(0, tensor.numel() - 1, count, dtype=torch.float64).round().long()
    sample = tensor.detach().reshape(-1)[places.to(tensor.device)].to("cpu", torch.bfloat16)
    yield f"{name} {tuple(tensor.shape)}".encode()
    yield sample.view(torch.int16).numpy().tobytes()
