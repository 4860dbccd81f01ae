"""How many tokens go well together, and what happens when there were too many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from affectlab.errors import DeviceMemoryError

CPU_BUDGET = 2048
"""Beyond this many tokens a batch is no faster on a processor (docs/log.md), and its activations leave the caches."""

LIVE_TENSORS = 24
"""About how many tensors of [tokens, width] a block has alive at once; the feed-forward counts for several."""


def default_budget(device: torch.device, width: int, blocks: int, dtype: torch.dtype) -> int:
    """Tokens per batch: on an accelerator what fits in half of the free memory, on a processor a fixed number."""
    if device.type != "cuda":
        return CPU_BUDGET
    free, _ = torch.cuda.mem_get_info(device)
    per_token = width * LIVE_TENSORS * dtype.itemsize
    return int(min(max(free // 2 // per_token, 256), 65_536))


@contextmanager
def reported(rows: int) -> Iterator[None]:
    """Turn every way torch has of saying 'out of memory' into the error that `batches` answers with smaller batches."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise _too_large(rows) from error
    except RuntimeError as error:
        if "not enough memory" in str(error) or "can't allocate memory" in str(error):
            raise _too_large(rows) from error
        raise


def _too_large(rows: int) -> DeviceMemoryError:
    return DeviceMemoryError(
        "the device has too little memory",
        where=f"a batch of {rows} rows",
        fix="use shorter texts, a smaller dtype, or a device with more memory",
    )
