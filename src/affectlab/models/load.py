"""From a name to a model. Each backend is imported when it is asked for, so that `fake` needs no torch."""

from __future__ import annotations

from affectlab.errors import InputError
from affectlab.models.base import Model


def load(
    name: str,
    *,
    dtype: str = "float32",
    device: str | None = None,
    revision: str | None = None,
    trust_remote_code: bool = False,
) -> Model:
    """The model of this name: a local folder, a hub id, or `fake`, a small numpy model with planted directions.

    Options are explained at `hf_load.load_hf`; `fake` has one dtype, one device and no revisions.
    """
    if name == "fake":
        if (dtype, device or "cpu", revision) not in (("float32", "cpu", None), ("float32", "auto", None)):
            raise InputError(
                "the fake model has no choice of these",
                where="MODEL fake",
                expected="dtype float32, device cpu, no revision",
                found=f"dtype {dtype}, device {device}, revision {revision}",
                fix="leave these options away",
            )
        from affectlab.models.fake import FakeModel  # noqa: PLC0415

        return FakeModel()
    from affectlab.models.hf.load import load_hf  # noqa: PLC0415

    return load_hf(name, dtype=dtype, device=device, revision=revision, trust_remote_code=trust_remote_code)
