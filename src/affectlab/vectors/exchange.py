"""Vectors that others have published, as numbers and names: they can be mapped, and not be used on a model.

A `.npz` file holds an array [words, layers, width] and the words. Which model they belong to is what somebody says;
nothing proves it, so their hashes are unknown. There is no residual norm, so no strength has a meaning.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectlab._version import __version__
from affectlab.errors import InputError
from affectlab.vectors.header import FORMAT, IMPORTED, UNKNOWN
from affectlab.vectors.vectorset import VectorSet

NAMES = ("names", "emotions", "words", "labels")
"""Where the words stand in most files; else the only list of text."""
VECTORS = ("vectors", "emotion_vectors", "raw", "directions", "data")
"""Where the vectors stand in most files; else the only array with three axes."""
LAYERS = ("layers", "layer_indices")


def import_npz(path: str | Path, *, model: str, blocks: int | None = None) -> VectorSet:
    """Vectors [words, layers, width] from a `.npz` file, less their mean over words at each layer.

    `model` is its name as the user knows it, `blocks` how many it has (as many as the highest layer asks for, unless
    given). Layers are counted from 0 where the file does not name them. No pickled object is ever loaded.
    """
    arrays = _arrays(path)
    words = _words(arrays, path)
    values = _vectors(arrays, words, path)
    layers = _layers(arrays, values.shape[1], path)
    if blocks is not None and blocks <= layers[-1]:
        raise _fault("fewer blocks than layers", path, f"more than {layers[-1]} blocks", f"{blocks}", "check --blocks")
    center = values.mean(axis=0)
    norms = np.zeros(len(layers), dtype=np.float32)  # unknown; nothing may use them
    header = {
        "format": FORMAT,
        "emotions": list(words),
        "layers": list(layers),
        "model": {
            **{"id": model, "revision": "", "dtype": "", "source": IMPORTED},
            **dict.fromkeys(("config", "weights", "tokenizer", "template"), UNKNOWN),
            "blocks": blocks or layers[-1] + 1,
            "width": int(values.shape[2]),
        },
        "corpus": {"hash": UNKNOWN},
        "recipe": {"imported": Path(path).name, "file": _hash(path), "norm_from": UNKNOWN},
        "code": {"affectlab": __version__},
    }
    return VectorSet(
        emotions=words,
        layers=layers,
        raw=np.ascontiguousarray((values - center).transpose(1, 0, 2), dtype=np.float32),
        clean=None,
        center=np.ascontiguousarray(center, dtype=np.float32),
        neutral_mean=None,
        neutral_basis=None,
        neutral_k=None,
        resid_norm=norms,
        resid_norm_median=norms.copy(),
        header=header,
    )


def _arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """All arrays of the file; none of them may hold Python objects. Other members are left alone."""
    if not Path(path).is_file():
        raise _fault("no such file", path, "a .npz file", "none", "check the path")
    if not zipfile.is_zipfile(path):
        raise _fault("cannot be read as vectors", path, "a .npz file, with vectors and names", "another kind of file")
    found: dict[str, Any] = {}
    try:
        with np.load(path, allow_pickle=False) as file:
            for name in file.files:
                found[name] = _array(file, name, path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        what = f"a damaged file ({' '.join(str(error).splitlines()[:1])})"
        raise _fault("cannot be read as vectors", path, "a .npz file", what) from error
    return {name: one for name, one in found.items() if isinstance(one, np.ndarray)}


def _array(file: Any, name: str, path: str | Path) -> Any:
    try:
        return file[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        fix = "save text with np.array(names, dtype=str), and vectors as one array of floats"
        raise _fault("an array of Python objects", path, "text or floats", name, fix) from error


def _chosen(arrays: dict[str, NDArray[Any]], usual: tuple[str, ...], kind: str, axes: int) -> NDArray[Any] | None:
    """The array of this kind (numpy's letters) with so many axes: by its usual name, or as the only one."""
    fitting = {name: one for name, one in arrays.items() if one.dtype.kind in kind and one.ndim == axes}
    for name in usual:
        for key, one in fitting.items():
            if key.lower() == name:
                return one
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _words(arrays: dict[str, NDArray[Any]], path: str | Path) -> tuple[str, ...]:
    found = _chosen(arrays, NAMES, "US", 1)
    if found is None:
        expected = f"a list of text, called {', '.join(NAMES[:-1])} or {NAMES[-1]}"
        raise _fault("no list of the words", path, expected, _listed(arrays))
    try:
        words = tuple(
            (word.decode("utf-8") if isinstance(word, bytes) else str(word)).strip() for word in found.tolist()
        )
    except UnicodeDecodeError as error:
        raise _fault("words that are not text", path, "text as UTF-8", str(error)) from error
    if len(words) < 2 or not all(words):
        raise _fault("too few words", path, "at least two, none of them empty", f"{words[:3]}")
    twice = [word for word in words if words.count(word) > 1]
    if twice:
        raise _fault("a word that is named twice", path, "each word once", repr(twice[0]), "keep one of them")
    return words


def _vectors(arrays: dict[str, NDArray[Any]], words: tuple[str, ...], path: str | Path) -> NDArray[np.float64]:
    expected = f"an array ({len(words)} words, layers, width)"
    found = _chosen(arrays, VECTORS, "f", 3)
    if found is None:
        raise _fault("no vectors", path, f"{expected} of floats, called {', '.join(VECTORS)}", _listed(arrays))
    if found.shape[0] != len(words) or 0 in found.shape:
        second = found.shape[1] == len(words)
        fix = "transpose it: array.transpose(1, 0, 2)" if second else "give each word its vectors, in the same order"
        raise _fault("vectors of another shape", path, expected, f"shape {found.shape}", fix)
    if not np.isfinite(found).all():
        bad = int((~np.isfinite(found)).sum())
        raise _fault("vectors with numbers that are not finite", path, "finite floats", f"{bad} of {found.size}")
    if np.abs(found).max() > np.finfo(np.float32).max / 2:
        raise _fault("vectors too large for float32", path, "smaller numbers", f"{np.abs(found).max():.3g}")
    return found.astype(np.float64)


def _layers(arrays: dict[str, NDArray[Any]], count: int, path: str | Path) -> tuple[int, ...]:
    named = next((one for name in LAYERS for key, one in arrays.items() if key.lower() == name), None)
    if named is None:
        return tuple(range(count))
    layers = tuple(int(layer) for layer in named.ravel()) if named.dtype.kind in "iu" else ()
    if len(layers) != count or list(layers) != sorted(set(layers)) or layers[0] < 0:
        expected = f"{count} block numbers from 0 on, in order"
        raise _fault("layers that do not fit the vectors", path, expected, f"{named.tolist()}"[:60])
    return layers


def _listed(arrays: dict[str, NDArray[Any]]) -> str:
    return ", ".join(f"{name} {one.dtype} {one.shape}" for name, one in list(arrays.items())[:8]) or "no array"


def _hash(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _fault(what: str, path: str | Path, expected: str, found: str, fix: str = "") -> InputError:
    return InputError(what, where=str(path), expected=expected, found=found, fix=fix)
