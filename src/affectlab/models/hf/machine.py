"""What this machine computes in hardware, and what it has to imitate."""

from __future__ import annotations

import torch


def native_bfloat16(device: str) -> bool | None:
    """Whether this device multiplies bfloat16 itself; None where that is not known."""
    kind = torch.device(device).type
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if kind == "cpu":
        # AMX and AVX-512 multiply bfloat16; other processors convert every number to float32 and back.
        found = torch.cpu.get_capabilities()
        return any(found.get(name, False) for name in ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16"))
    return None


def bfloat16(device: str) -> str:
    """Whether bfloat16 is native on this device, as a sentence for people."""
    native = native_bfloat16(device)
    if native is None:
        return f"not known for {torch.device(device).type}"
    return "native: faster than float32" if native else "imitated: no faster than float32"
