"""From a name to a model. Each backend is imported when it is asked for, so that `fake` needs no torch."""

from __future__ import annotations

import os
from pathlib import Path

from affectlab.errors import InputError, ModelError
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

    Options are explained at `models.hf.load.load_hf`; `fake` has one dtype, one device and no revisions.
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


def find_again(name: str, source: str, beside: Path | None = None) -> str:
    """By what name a model can be loaded now that was once loaded by `name`, a name of the kind `source`.

    A folder is looked for in the current directory, then beside the file that names it. It is never looked for on the
    hub, where somebody else's model may have that name.
    """
    if source == "memory":
        raise ModelError(
            "these vectors come from a network that was held in memory",
            where=name,
            fix="save that network to a folder and name it with --model",
        )
    if source != "folder":
        return name
    for place in (name, *([] if beside is None else [os.path.join(beside, name)])):
        if (Path(place).expanduser() / "config.json").is_file():
            return place
    raise ModelError(
        "the folder of the model is not there",
        where=name,
        expected="that folder in the current directory, or beside the vectors",
        fix="if it has moved, say where it is with --model",
    )
