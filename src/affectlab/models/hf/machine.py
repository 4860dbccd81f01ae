"""What this machine computes in hardware, and what it has to imitate."""

from __future__ import annotations

import torch


def bfloat16(device: str) -> str:
    """Whether bfloat16 is native on this device, as a sentence for people."""
    kind = torch.device(device).type
    if kind == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    elif kind == "cpu":
        # AMX and AVX-512 multiply bfloat16; other processors convert every number to float32 and back.
        found = torch.cpu.get_capabilities()
        native = any(found.get(name, False) for name in ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16"))
    else:
        return f"not known for {kind}"
    return "native: faster than float32" if native else "imitated: no faster than float32"
