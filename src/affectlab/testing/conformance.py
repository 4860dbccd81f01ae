"""The conformance suite: does a backend keep the contract of `Model`?

    from affectlab.testing import check_model

    check_model(model)                                     # raises ConformanceError and names every broken truth
    for check in check_model(model, raise_on_failure=False):
        print("ok" if check.ok else "BROKEN", check.name, check.detail)

Every check is a function whose name is the truth it checks. They use nothing but the contract, so anybody can run them
on a backend of their own. Each runs a few short rows; all of them together take seconds on a small model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from affectlab.errors import ConformanceError
from affectlab.models.base import Model
from affectlab.testing import truths_of_generation, truths_of_reading, truths_of_refusal, truths_of_steering
from affectlab.testing.trial import Broken, Trial

TRUTHS: tuple[Callable[[Trial], None], ...] = (
    *truths_of_reading.TRUTHS,
    *truths_of_steering.TRUTHS,
    *truths_of_generation.TRUTHS,
    *truths_of_refusal.TRUTHS,
)

FINE, COARSE = 1e-4, 0.05
"""Relative error allowed between two ways to one number, in float32 and in dtypes of eight bits of precision."""


@dataclass(frozen=True)
class Check:
    """One truth, whether it holds, and what was found if it does not."""

    name: str
    ok: bool
    detail: str = ""


def check_model(model: Model, *, tolerance: float | None = None, raise_on_failure: bool = True) -> tuple[Check, ...]:
    """Run every check on a model. `tolerance` is the relative error allowed; by default it follows the dtype."""
    coarse = model.facts.get("dtype") in ("bfloat16", "float16")
    trial = Trial(model, tolerance if tolerance is not None else COARSE if coarse else FINE)
    checks = tuple(_checked(trial, truth) for truth in TRUTHS)
    failed = [check for check in checks if not check.ok]
    if failed and raise_on_failure:
        raise ConformanceError(
            "the backend breaks the contract of Model",
            where=model.identity.id,
            expected=f"all of {len(checks)} checks",
            found=" | ".join(f"{check.name}: {check.detail}" for check in failed),
        )
    return checks


def _checked(trial: Trial, truth: Callable[[Trial], None]) -> Check:
    name = truth.__name__.replace("_", " ")
    try:
        truth(trial)
    except Broken as broken:
        return Check(name, False, str(broken))
    except Exception as error:  # a backend may fail in any way, and the other checks still tell something
        return Check(name, False, f"{type(error).__name__}: {error}")
    return Check(name, True)
