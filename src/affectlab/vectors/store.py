"""The vectors file and the sums beside it: safetensors with one JSON header (docs/vectors-file.md).

`x.safetensors` is small and shareable: the arrays of a VectorSet. `x.sums.safetensors` holds fold sums, neutral sums,
sampled stories and the batch plan, so that checks and intervals need no second pass over the texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from affectlab.errors import InputError, OutputError
from affectlab.files import atomic_write, check_writable
from affectlab.models.batches import BatchPlan
from affectlab.vectors.header import header_fault
from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import BINS, NormSums
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet

FORMAT = 1
KEY = "affectlab"
REQUIRED_HEADER = ("format", "emotions", "layers", "model", "corpus", "recipe", "code")
REQUIRED_TENSORS = ("raw", "center", "resid_norm", "resid_norm_median")
SUMS_HEADER = ("vectors", "sample_ids", "neutral_folds", "plan_budget")
SUMS_TENSORS = (
    "fold_sums",
    "fold_counts",
    "sample",
    "sample_labels",
    "sample_folds",
    "norm_bins",
    "norm_total",
    "plan_rows",
    "plan_sizes",
)
NEUTRAL_TENSORS = ("clean", "neutral_mean", "neutral_basis", "neutral_k")


def sums_path(path: str | Path) -> Path:
    """Where the sums of a vectors file stand: beside it."""
    path = Path(path)
    return path.with_name(path.name.removesuffix(".safetensors") + ".sums.safetensors")


def partial_path(path: str | Path) -> Path:
    """Where a run that was stopped leaves its sums, for the next start to go on from."""
    path = Path(path)
    return path.with_name(path.name.removesuffix(".safetensors") + ".partial.safetensors")


def check_outputs(path: str | Path, inputs: Iterable[str | Path]) -> None:
    """Raise now if the vectors and their sums could not be written there later, or would replace one of the inputs."""
    if not Path(path).name:
        raise OutputError("no file is named", where="--output", expected="a file such as calm.safetensors")
    for output in (Path(path), sums_path(path), partial_path(path)):
        if any(output.exists() and Path(given).exists() and output.samefile(given) for given in inputs):
            raise OutputError("this would replace the texts", where=str(output), fix="name another file")
        check_writable(output)


def save_vectors(vectors: VectorSet, path: str | Path) -> None:
    """Write the vectors file, whole or not at all."""
    _write(vectors.tensors(), dict(vectors.header), path)


def load_vectors(path: str | Path) -> VectorSet:
    """Read a vectors file, refusing anything that is not one."""
    header, tensors = _read(path, (*REQUIRED_TENSORS, *NEUTRAL_TENSORS))
    lacking = [name for name in REQUIRED_TENSORS if name not in tensors]
    has_neutral = [name for name in NEUTRAL_TENSORS if name in tensors]
    if lacking or len(has_neutral) not in (0, len(NEUTRAL_TENSORS)):
        absent = lacking or [name for name in NEUTRAL_TENSORS if name not in tensors]
        raise _not_ours(path, f"no {', '.join(absent)}")
    if fault := header_fault(header) or _tensor_fault(header, tensors):
        raise _not_ours(path, fault)
    return VectorSet(
        emotions=tuple(header["emotions"]),
        layers=tuple(header["layers"]),
        header=header,
        **{name: tensors.get(name) for name in (*REQUIRED_TENSORS, *NEUTRAL_TENSORS)},  # type: ignore[arg-type]
    )


def _tensor_fault(header: dict[str, Any], tensors: dict[str, Any]) -> str | None:
    """What is wrong with the tensors, in a few words; None if nothing is."""
    layers, emotions, width = len(header["layers"]), len(header["emotions"]), header["model"]["width"]
    expected: dict[str, tuple[int, ...]] = {
        "raw": (layers, emotions, width),
        "clean": (layers, emotions, width),
        "center": (layers, width),
        "neutral_mean": (layers, width),
        "neutral_k": (layers,),
        "resid_norm": (layers,),
        "resid_norm_median": (layers,),
    }
    for name, array in tensors.items():
        shape = expected.get(name, (layers, array.shape[1] if array.ndim > 1 else 0, width))
        if array.shape != shape:
            return f"{name} of shape {array.shape} where {shape} belongs"
        if array.dtype != (np.int64 if name == "neutral_k" else np.float32):
            return f"{name} as {array.dtype}"
        if not np.isfinite(array).all():
            return f"{name} with numbers that are not finite"
    return None


def save_sums(sums: Sums, path: str | Path, vectors_hash: str, *, exact: bool = False) -> None:
    """Write the sums beside a vectors file; they say which vectors they belong to.

    The large arrays are stored in float32, or with `exact` in float64, as a run that is to go on needs them.
    """
    dtype = np.float64 if exact else np.float32
    folds = [fold for fold, part in enumerate(sums.neutral) if part is not None]
    parts = [part for part in sums.neutral if part is not None]
    tensors: dict[str, Any] = {
        "fold_sums": sums.stories.astype(dtype),
        "fold_counts": sums.counts,
        "sample": sums.sample,
        "sample_labels": sums.sample_labels,
        "sample_folds": sums.sample_folds,
        "norm_bins": sums.norms.bins,
        "norm_total": sums.norms.total,
        "plan_rows": np.array([row for batch in sums.plan.batches for row in batch], dtype=np.int64),
        "plan_sizes": np.array([len(batch) for batch in sums.plan.batches], dtype=np.int64),
    }
    if parts:
        tensors |= {
            "neutral_shift": np.stack([shift for shift in parts[0].shift if shift is not None]),
            "neutral_count": np.stack([part.count for part in parts]),
            "neutral_first": np.stack([part.first for part in parts]),
            "neutral_square": np.stack([part.square for part in parts]),
            "neutral_sketch": np.stack([part.sketch.astype(dtype) for part in parts]),
        }
    header = {
        **sums.header,
        "vectors": vectors_hash,
        "sample_ids": list(sums.sample_ids),
        "neutral_folds": folds,
        "plan_budget": sums.plan.budget,
    }
    _write(tensors, header, path)


def load_sums(path: str | Path) -> Sums:
    """Read the sums of an extraction."""
    header, tensors = _read(path, None)
    lacking = [name for name in (*REQUIRED_HEADER, *SUMS_HEADER) if name not in header]
    lacking += [name for name in SUMS_TENSORS if name not in tensors]
    if lacking:
        raise _not_ours(path, f"no {', '.join(lacking)}", "the .sums.safetensors file beside the vectors")
    layers, width = tensors["fold_sums"].shape[2:]
    neutral: list[NeutralSums | None] = [None] * len(tensors["fold_counts"])
    for place, fold in enumerate(header["neutral_folds"]):
        part = NeutralSums(layers, width, tensors["neutral_sketch"].shape[-1], list(tensors["neutral_shift"]))
        part.count, part.first = tensors["neutral_count"][place], tensors["neutral_first"][place]
        part.square, part.sketch = tensors["neutral_square"][place], tensors["neutral_sketch"][place].astype(np.float64)
        neutral[fold] = part
    norms = NormSums(layers)
    norms.bins, norms.total = tensors["norm_bins"].reshape(layers, BINS), tensors["norm_total"]
    ends = np.cumsum(tensors["plan_sizes"])
    rows = tensors["plan_rows"].tolist()
    batches = tuple(tuple(rows[end - size : end]) for end, size in zip(ends, tensors["plan_sizes"], strict=True))
    return Sums(
        emotions=tuple(header["emotions"]),
        layers=tuple(header["layers"]),
        stories=tensors["fold_sums"].astype(np.float64),
        counts=tensors["fold_counts"],
        neutral=neutral,
        norms=norms,
        sample=tensors["sample"],
        sample_ids=tuple(header["sample_ids"]),
        sample_labels=tensors["sample_labels"],
        sample_folds=tensors["sample_folds"],
        plan=BatchPlan(batches, int(header["plan_budget"])),
        header={name: header[name] for name in REQUIRED_HEADER},
        belongs_to=str(header["vectors"]),
    )


def _write(tensors: dict[str, Any], header: dict[str, Any], path: str | Path) -> None:
    metadata = {KEY: json.dumps(header, sort_keys=True, separators=(",", ":"))}
    raw = save({name: np.ascontiguousarray(array) for name, array in tensors.items()}, metadata=metadata)
    with atomic_write(path) as file:
        file.write_bytes(raw)


def _read(path: str | Path, names: tuple[str, ...] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    if not Path(path).is_file():
        raise InputError("no such vectors file", where=str(path), expected="a .safetensors file", fix="check the path")
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            if KEY not in metadata:
                raise _not_ours(path, "a safetensors file of something else")
            header = json.loads(metadata[KEY])
            if not isinstance(header, dict) or header.get("format") != FORMAT:
                raise _not_ours(path, f"format {header.get('format') if isinstance(header, dict) else header!r}")
            wanted = [name for name in file.keys() if names is None or name in names]  # noqa: SIM118
            return header, {name: file.get_tensor(name) for name in wanted}
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise _not_ours(path, f"a damaged or foreign file ({str(error).splitlines()[0]})") from error


def _not_ours(path: str | Path, found: str, expected: str = f"a vectors file of format {FORMAT}") -> InputError:
    return InputError("cannot be read as vectors", where=str(path), expected=expected, found=found, fix="extract anew")
