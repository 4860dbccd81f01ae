"""Which model is this: hashes of its configuration, weights, tokenizer and chat template.

Weights are hashed from the files where there are files: the table of tensors at the head of each safetensors file and
64 samples of 4 kB spread over the rest, so that a checkpoint of hundreds of gigabytes is named in a second and two
trainings of one architecture are told apart. A network that was built in memory is hashed from samples of its tensors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from affectlab.errors import ModelError

SAMPLES, SAMPLE_BYTES = 64, 4096
_VOLATILE = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "use_cache", "_attn_implementation")


def digest(*parts: bytes | str) -> str:
    """A short sha256: 16 hexadecimal digits are enough to tell models apart, and readable."""
    found = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        found.update(len(raw).to_bytes(8, "little") + raw)
    return found.hexdigest()[:16]


def config_digest(config: dict[str, Any]) -> str:
    """The configuration without what depends on where and how it was loaded."""
    kept = {key: value for key, value in config.items() if key not in _VOLATILE}
    return digest(json.dumps(kept, sort_keys=True, default=str))


def files_digest(files: Iterable[Path]) -> str:
    """Safetensors files, in order of name."""
    parts: list[bytes] = []
    for path in sorted(files, key=lambda path: path.name):
        size = path.stat().st_size
        with path.open("rb") as file:
            head = int.from_bytes(file.read(8), "little")
            parts.append(file.read(head))
            for index in range(SAMPLES):
                file.seek(8 + head + (size - 8 - head) * index // SAMPLES)
                parts.append(file.read(SAMPLE_BYTES))
    return digest(*parts)


def memory_digest(network: nn.Module) -> str:
    """A network without files: name, shape and up to 64 elements of every parameter, as bfloat16."""
    parts: list[bytes] = []
    for name, tensor in sorted(network.named_parameters()):
        if tensor.is_meta:
            raise ModelError(
                "the weights are not in memory, so they cannot be named",
                where=name,
                expected="a network with its weights, or one loaded from files",
                found="a tensor that was moved to the disk",
                fix="load the model by its name",
            )
        step = max(1, tensor.numel() // SAMPLES)
        sample = tensor.detach().reshape(-1)[::step][: SAMPLES + 1].to("cpu", torch.bfloat16)
        parts += [f"{name} {tuple(tensor.shape)}".encode(), sample.view(torch.int16).numpy().tobytes()]
    return digest(*parts)
