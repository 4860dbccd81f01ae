"""`affectlab doctor`: what is proved of a model, and what this machine can do with it."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectlab._version import __version__
from affectlab.cli.loading import open_model
from affectlab.cli.options import (
    DeviceOption,
    DtypeOption,
    JsonOption,
    ModelArgument,
    RevisionOption,
    TrustOption,
)
from affectlab.cli.progress import stage
from affectlab.cli.running import running

if TYPE_CHECKING:
    from affectlab.models.base import Model

ThoroughOption = Annotated[bool, typer.Option("--thorough", help="Run the conformance suite on it too.")]


def doctor(
    model: ModelArgument,
    dtype: DtypeOption = "float32",
    device: DeviceOption = None,
    thorough: ThoroughOption = False,
    revision: RevisionOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Say what is proved of a model, and what this machine can do with it.

    The model is loaded, and it is refused if it cannot be read and steered exactly.
    """
    with running("doctor", locals()) as run:
        from affectlab.report.diagnosis import diagnosis_text

        subject = open_model(
            run, model, dtype=dtype, device=device, revision=revision, trust_remote_code=trust_remote_code
        )
        found = _diagnosis(subject)
        if thorough:
            from affectlab.testing import check_model

            with stage("checking"):
                found["checks"] = [
                    {"name": c.name, "ok": c.ok, "detail": c.detail}
                    for c in check_model(subject, raise_on_failure=False)
                ]
        run.finish(found, diagnosis_text(found))
    if not all(check["ok"] for check in found.get("checks", ())):
        raise typer.Exit(1)


def _diagnosis(model: Model) -> dict[str, Any]:
    found: dict[str, Any] = {
        "model": vars(model.identity),
        "facts": dict(model.facts),
        "size": {"blocks": model.blocks, "width": model.width, "context": model.context, "budget": model.budget},
        "versions": {"affectlab": __version__, "python": platform.python_version()},
    }
    found["versions"] |= {name: version(name) for name in ("torch", "transformers")}
    if "device" in model.facts:
        from affectlab.models.hf.machine import bfloat16

        found["bfloat16"] = bfloat16(model.facts["device"])
    return found
