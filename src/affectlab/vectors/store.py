"""The vectors file and the sums beside it: safetensors with one JSON header (docs/vectors-file.md).

`x.safetensors` is small and shareable: the arrays of a VectorSet. `x.sums.safetensors` holds fold sums, neutral sums,
sampled stories and the batch plan, so that checks and intervals need no second pass over the texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from affectlab.errors import InputError, OutputError
from affectlab.files import KEY, atomic_write, check_writable, is_ours
from affectlab.models.batches import BatchPlan
from affectlab.vectors.header import FORMAT, REQUIRED, SumsHeader, header_fault
from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import BINS, NormSums
from affectlab.vectors.shapes import NEUTRAL_SUMS, NEUTRAL_TEST, SUMS, VECTORS, tensor_fault
from affectlab.vectors.sums import Sums
from affectlab.vectors.tensorfile import Pieces, write_tensors
from affectlab.vectors.vectorset import VectorSet

WEIGHTS = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
"""What Transformers takes for the weights of the model in a folder."""
KNOWN = {*VECTORS, *SUMS, *NEUTRAL_SUMS, *NEUTRAL_TEST}
NEUTRAL_TENSORS = ("clean", "neutral_mean", "neutral_basis", "neutral_k")
"""There together, or not at all."""


def sums_path(path: str | Path) -> Path:
    """Where the sums of a vectors file stand: beside it."""
    path = Path(path)
    return path.with_name(path.name.removesuffix(".safetensors") + ".sums.safetensors")


def partial_path(path: str | Path) -> Path:
    """Where a run that was stopped leaves its sums, for the next start to go on from."""
    path = Path(path)
    return path.with_name(path.name.removesuffix(".safetensors") + ".partial.safetensors")


def check_outputs(path: str | Path, inputs: Iterable[str | Path]) -> None:
    """Raise now if the vectors and their sums could not be written there later, or would replace one of the inputs, a
    model's weights, or any file that is not ours."""
    if not Path(path).name:
        raise OutputError("no file is named", where="--output", expected="a file such as calm.safetensors")
    for output in (Path(path), sums_path(path), partial_path(path)):
        check_writable(output, inputs)
        if WEIGHTS.fullmatch(output.name) and output.with_name("config.json").exists():
            raise OutputError("a model would take this for its weights", where=str(output), fix="name another file")
        if output.exists() and output.stat().st_size and not is_ours(output):
            expected = "a new file, or vectors to be replaced"
            what = "this would replace a file of something else"
            raise OutputError(what, where=str(output), expected=expected, fix="name another file")


def save_vectors(vectors: VectorSet, path: str | Path) -> None:
    """Write the vectors file, whole or not at all."""
    _write(vectors.tensors(), dict(vectors.header), path)


def save_extraction(vectors: VectorSet, sums: Sums, path: str | Path) -> None:
    """Write vectors with their sums beside them, and drop what a run that was stopped would have gone on from."""
    save_sums(sums, sums_path(path), vectors.hash)
    save_vectors(vectors, path)
    partial_path(path).unlink(missing_ok=True)


def load_vectors(path: str | Path) -> VectorSet:
    """Read a vectors file, refusing anything that is not one."""
    header, tensors = _read(path)
    has_neutral = any(name in tensors for name in NEUTRAL_TENSORS)
    shapes = {name: shape for name, shape in VECTORS.items() if has_neutral or name not in NEUTRAL_TENSORS}
    if fault := header_fault(header) or tensor_fault(tensors, shapes, _sizes(header), ("float32",)):
        raise _not_ours(path, fault)
    return VectorSet(
        emotions=tuple(header["emotions"]),
        layers=tuple(header["layers"]),
        header=header,
        folder=Path(path).parent,
        **{name: tensors.get(name) for name in VECTORS},  # type: ignore[arg-type]
    )


def _sizes(header: dict[str, Any]) -> dict[str, int]:
    return {"E": len(header["emotions"]), "L": len(header["layers"]), "D": header["model"]["width"]}


def save_sums(sums: Sums, path: str | Path, vectors_hash: str, *, exact: bool = False) -> None:
    """Write the sums beside a vectors file; they say which vectors they belong to.

    The large arrays are stored in float32, or with `exact` in float64, as a run that is to go on needs them.
    """
    kind = "float64" if exact else "float32"
    # A fold whose first batch was broken off has no sums yet.
    parts = {fold: part for fold, part in enumerate(sums.neutral) if part is not None and part.count.all()}
    tensors: dict[str, Any] = {
        "fold_sums": Pieces(list(sums.stories), kind),
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
        tensors |= _neutral_tensors(list(parts.values()), kind)
    header = {
        **sums.header,
        "vectors": vectors_hash,
        "sample_ids": list(sums.sample_ids),
        "neutral_folds": list(parts),
        "plan_budget": sums.plan.budget,
    }
    _write(tensors, header, path)


def _neutral_tensors(parts: Sequence[NeutralSums], kind: str) -> dict[str, Any]:
    tensors = {
        "neutral_shift": np.stack([shift for shift in parts[0].shift if shift is not None]),
        "neutral_count": np.stack([part.count for part in parts]),
        "neutral_first": np.stack([part.first for part in parts]),
        "neutral_square": np.stack([part.square for part in parts]),
        "neutral_sketch": Pieces([part.sketch for part in parts], kind),
    }
    return tensors if parts[0].exact else {**tensors, "neutral_test": parts[0].test}


def sums_of(path: str | Path, vectors: VectorSet) -> Sums:
    """The sums beside a vectors file, which must be those that its vectors were made of."""
    sums = load_sums(sums_path(path))
    if sums.belongs_to != vectors.hash:
        raise InputError(
            "these sums belong to other vectors",
            where=str(sums_path(path)),
            expected=f"those of vectors {vectors.hash}",
            found=f"those of {sums.belongs_to}",
            fix="extract anew",
        )
    return sums


def load_sums(path: str | Path) -> Sums:
    """Read the sums of an extraction."""
    header, tensors = _read(path)
    if fault := header_fault(header, SumsHeader) or _sums_fault(header, tensors):
        raise _not_ours(path, fault, "the .sums.safetensors file beside the vectors")
    layers, width = tensors["fold_sums"].shape[2:]
    neutral: list[NeutralSums | None] = [None] * len(tensors["fold_counts"])
    for place, fold in enumerate(header["neutral_folds"]):
        rank, shift = tensors["neutral_sketch"].shape[-1], list(tensors["neutral_shift"])
        part = NeutralSums(layers, width, rank, shift, tensors.get("neutral_test"))
        part.count, part.first = tensors["neutral_count"][place], tensors["neutral_first"][place]
        part.square = tensors["neutral_square"][place]
        part.sketch = np.asarray(tensors["neutral_sketch"][place], dtype=np.float64)
        neutral[fold] = part
    norms = NormSums(layers)
    norms.bins, norms.total = tensors["norm_bins"].reshape(layers, BINS), tensors["norm_total"]
    ends = np.cumsum(tensors["plan_sizes"])
    rows = tensors["plan_rows"].tolist()
    batches = tuple(tuple(rows[end - size : end]) for end, size in zip(ends, tensors["plan_sizes"], strict=True))
    return Sums(
        emotions=tuple(header["emotions"]),
        layers=tuple(header["layers"]),
        stories=np.asarray(tensors["fold_sums"], dtype=np.float64),
        counts=tensors["fold_counts"],
        neutral=neutral,
        norms=norms,
        sample=tensors["sample"],
        sample_ids=tuple(header["sample_ids"]),
        sample_labels=tensors["sample_labels"],
        sample_folds=tensors["sample_folds"],
        plan=BatchPlan(batches, int(header["plan_budget"])),
        header={name: header[name] for name in REQUIRED},
        belongs_to=str(header["vectors"]),
    )


def _sums_fault(header: dict[str, Any], tensors: dict[str, Any]) -> str | None:
    shapes = dict(SUMS)
    if header["neutral_folds"]:
        whole = "neutral_sketch" in tensors and tensors["neutral_sketch"].shape[-1] == header["model"]["width"]
        shapes |= NEUTRAL_SUMS if whole else NEUTRAL_SUMS | NEUTRAL_TEST
    sizes = {**_sizes(header), "N": len(header["sample_ids"]), "G": len(header["neutral_folds"]), "B": BINS}
    if fault := tensor_fault(tensors, shapes, sizes, ("float32", "float64")):
        return fault
    folds = len(tensors["fold_counts"])
    if len(set(header["neutral_folds"])) < sizes["G"] or max(header["neutral_folds"], default=0) >= folds:
        return f"neutral_folds {header['neutral_folds']} of {folds} folds"
    if tensors["plan_sizes"].sum() != len(tensors["plan_rows"]) or (tensors["plan_sizes"] < 1).any():
        return "plan_sizes that do not fit plan_rows"
    return None


def _write(tensors: dict[str, Any], header: dict[str, Any], path: str | Path) -> None:
    metadata = {KEY: json.dumps(header, sort_keys=True, separators=(",", ":"))}
    with atomic_write(path) as file:
        write_tensors(file, tensors, metadata)


def _read(path: str | Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header, and the tensors that are known."""
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
            wanted = [name for name in file.keys() if name in KNOWN]  # noqa: SIM118
            return header, {name: file.get_tensor(name) for name in wanted}
    except (SafetensorError, OSError, json.JSONDecodeError, RecursionError) as error:
        raise _not_ours(path, f"a damaged or foreign file ({str(error).splitlines()[0]})") from error


def _not_ours(path: str | Path, found: str, expected: str = f"a vectors file of format {FORMAT}") -> InputError:
    return InputError("cannot be read as vectors", where=str(path), expected=expected, found=found, fix="extract anew")
