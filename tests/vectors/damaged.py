"""Vectors files taken apart, damaged and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from affectlab.errors import InputError


def parsed(path: Path) -> tuple[dict[str, Any], bytes]:
    """The file by its specification alone: length, header, data."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + size]), raw[8 + size :]


def refuses(load: Callable[[Path], Any], path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.where == str(path)
    assert "\n" not in caught.value.line
    return caught.value.line


def rewritten(
    path: Path, tensors: dict[str, Any] | None = None, header: Callable[[dict[str, Any]], Any] = lambda header: header
) -> Path:
    """The same file with another header, other tensors, or (None) without them."""
    kept = {**load_file(path), **(tensors or {})}
    before = json.loads(parsed(path)[0]["__metadata__"]["affectlab"])
    changed = header(dict(before))
    text = changed if isinstance(changed, str) else json.dumps(changed)
    target = path.with_name("rewritten.safetensors")
    save_file({name: array for name, array in kept.items() if array is not None}, target, metadata={"affectlab": text})
    return target


def lacking(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda header: {name: value for name, value in header.items() if name != key}
