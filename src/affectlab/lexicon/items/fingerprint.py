"""What tells one set of items from another, and travels with whatever was measured on it."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from typing import Any


def fingerprint(items: Any) -> str:
    """16 hexadecimal digits of a sha256 over all of a set, a dataclass: it changes with every letter."""
    return sha256(json.dumps(asdict(items), sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
