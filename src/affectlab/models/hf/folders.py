"""Where the files of a model lie: a folder, the models that come with the package, or the hub's cache."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeAlias

from huggingface_hub import try_to_load_from_cache

from affectlab.errors import ModelError
from affectlab.files import is_ours

SHIPPED = ("pocket", "pocket-base")
"""Models that come with the package; a folder of the same name is meant by ./pocket."""

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
"""What Transformers looks for, in this order."""

Source: TypeAlias = Literal["folder", "hub", "package", "memory"]
"""What kind of name a model was loaded by, so that it is looked for in the same place again."""


def source_of(name: str) -> Source:
    """What kind of name this is."""
    if name in SHIPPED:
        return "package"
    return "folder" if is_folder(name) else "hub"


def folder_of(name: str) -> Path | None:
    """The folder with this model, or None for a name on the hub."""
    if not name.strip():
        raise ModelError("no model is named", where="MODEL", expected="a folder with config.json, or a hub id")
    if name in SHIPPED:
        return _complete(shipped_folder(name), name)
    if is_folder(name):
        return _complete(Path(name).expanduser(), name)
    if Path(name).expanduser().is_file() or name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ModelError(
            "no such model folder", where=name, expected="a folder with config.json, or a hub id", fix="check the path"
        )
    return None


def shipped_folder(name: str) -> Path:
    """Where the package keeps one of its own models."""
    return Path(str(files("affectlab").joinpath("pocket", "weights", name)))


def is_folder(name: str) -> bool:
    return Path(name).expanduser().is_dir()


def _complete(folder: Path, name: str) -> Path:
    """The folder, if it has a configuration and weights of the one kind that is read."""
    if not (folder / "config.json").is_file():
        fix = "name the folder that has one"
        raise ModelError("this folder holds no model", where=name, expected="a config.json", fix=fix)
    if not weight_files(folder):
        others = sorted(path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pth", ".gguf"))
        raise ModelError(
            "this folder has no weights that are read",
            where=name,
            expected="*.safetensors",
            found=", ".join(others[:3]) or "none",
            fix="save the model as safetensors, or get the complete checkpoint",
        )
    return folder


def cached_folder(name: str, revision: str) -> Path | None:
    """Where the hub's cache keeps this revision of a model: a folder named by its commit, which no branch moves."""
    found = try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(found).parent if isinstance(found, str) else None


def weight_files(folder: Path) -> list[Path]:
    """The files that are loaded, and no others: vectors may lie beside the weights."""
    if (folder / WHOLE).is_file():
        return [folder / WHOLE]
    try:
        shards = set(json.loads((folder / INDEX).read_bytes())["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [path for path in folder.glob("*.safetensors") if not is_ours(path)]
    return [folder / name for name in shards if (folder / name).is_file()]
