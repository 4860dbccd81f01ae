"""Vectors files that are refused, and why."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from affectlab.testing.tiny import save_tiny
from tests.cli.conftest import Bench


def altered(bench: Bench, tensors: dict[str, Any] | None = None, **header: Any) -> str:
    """The vectors of the lab with other tensors or another header."""
    with safe_open(bench.lab.fake, "numpy") as file:
        read = json.loads(file.metadata()["affectlab"])
    merged = load_file(bench.lab.fake) | (tensors or {})
    path = bench.folder / "altered.safetensors"
    save_file(
        {name: np.ascontiguousarray(array) for name, array in merged.items() if array is not None},
        path,
        {"affectlab": json.dumps(read | header)},
    )
    return str(path)


def nan(bench: Bench) -> Any:
    return load_file(bench.lab.fake)["raw"] * np.float32("nan")


ALTERED: dict[str, tuple[Callable[[Bench], str], str]] = {
    "another format": (lambda b: altered(b, format=2), "found format 2"),
    "no model": (lambda b: altered(b, model={}), "found no model.id"),
    "another kind of model": (lambda b: altered(b, model="x"), "found model = 'x'"),
    "fewer layers": (lambda b: altered(b, layers=[0, 1], layer=0), "where (2, 4, 48) belongs"),
    "layers in no order": (lambda b: altered(b, layers=[5, 4, 3, 2, 1, 0]), "found layers [5, 4, 3"),
    "layers beyond the model": (lambda b: altered(b, layers=[0, 1, 2, 3, 4, 9]), "of 6 blocks"),
    "a chosen layer without vectors": (lambda b: altered(b, layer=7), "found layer = 7"),
    "numbers as emotions": (lambda b: altered(b, emotions=[1, 2, 3, 4]), "found emotions.0 = 1"),
    "one emotion twice": (lambda b: altered(b, emotions=["a", "a", "b", "c"]), "an emotion that is named twice"),
    "no hash of the texts": (lambda b: altered(b, corpus={}), "found no corpus.hash"),
    "a tensor that is missing": (lambda b: altered(b, {"center": None}), "found no center"),
    "half of the neutral tensors": (lambda b: altered(b, {"neutral_mean": None}), "found no neutral_mean"),
    "another precision": (lambda b: altered(b, {"raw": load_file(b.lab.fake)["raw"].astype("f8")}), "raw as float64"),
    "numbers that are not finite": (lambda b: altered(b, {"raw": nan(b)}), "raw with numbers that are not finite"),
    "the sums": (lambda b: f"{b.lab.fake}.sums.safetensors", "found no raw, center"),
    "a model's weights": (lambda b: f"{b.lab.model}/model.safetensors", "a safetensors file of something else"),
    "a text": (lambda b: b.lab.corpus, "a damaged or foreign file"),
    "a folder": (lambda b: str(b.folder), "no such vectors file"),
    "nothing": (lambda b: "nowhere.safetensors", "nowhere.safetensors: no such vectors file"),
}


@pytest.mark.parametrize(("file", "said"), ALTERED.values(), ids=list(ALTERED))
def test_a_file_that_is_not_of_vectors(bench: Bench, file: Callable[[Bench], str], said: str) -> None:
    path = file(bench)
    line = bench.refused("read", path, "hello")
    assert line.startswith(f"affectlab: error: {path}: ")
    assert said in line


@pytest.mark.parametrize("size", [0, 7, 300, -1])
def test_vectors_that_are_cut_short(bench: Bench, size: int) -> None:
    raw = Path(bench.lab.fake).read_bytes()
    (bench.folder / "cut.safetensors").write_bytes(raw[:size])
    assert "a damaged or foreign file" in bench.refused("steer", "cut.safetensors", "1*calm", "hello")


def test_sums_that_are_cut_short_or_foreign(bench: Bench) -> None:
    (bench.folder / "v.sums.safetensors").write_bytes(Path(f"{bench.lab.fake}.sums.safetensors").read_bytes()[:-9])
    words = ["extract", "fake", bench.lab.corpus, "-o", "w.safetensors", "--plan"]
    assert "a damaged or foreign file" in bench.refused(*words, "v")
    shutil.copy(bench.lab.fake, bench.folder / "u.sums.safetensors")
    assert "found no vectors, sample_ids" in bench.refused(*words, "u")


def test_vectors_of_another_model_say_what_differs(bench: Bench) -> None:
    other = str(save_tiny(bench.folder / "other", seed=1))
    for command in (["read"], ["steer", "1*calm"]):
        line = bench.refused(command[0], bench.lab.vectors, *command[1:], "hello", "--model", other)
        assert f"{other}: these vectors come from another model; expected {bench.lab.model}" in line
        assert "differs in weights" in line
        assert "tokenizer" not in line
