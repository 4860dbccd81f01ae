"""Published vectors come in as numbers and names: they map without a model, and are refused on one."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectlab import lexicon
from affectlab.core import Floats
from affectlab.errors import InputError, ModelMismatchError, SteeringError
from affectlab.geometry import axis_scores, compare_sets, lexicon_norms
from affectlab.models.fake import FakeModel
from affectlab.vectors.exchange import import_npz
from affectlab.vectors.header import header_fault
from affectlab.vectors.read import read
from affectlab.vectors.store import load_vectors, save_vectors

WORDS = lexicon.names()[:30]


def published(layers: int = 3, width: int = 8) -> Floats:
    return np.random.default_rng(0).standard_normal((30, layers, width)).astype(np.float32)


def written(path: Path, **arrays: Any) -> Path:
    np.savez(path / "v.npz", **arrays)
    return path / "v.npz"


def test_vectors_come_in_less_their_mean_and_layers_first(tmp_path: Path) -> None:
    values = published()
    found = import_npz(written(tmp_path, vectors=values, names=np.array(WORDS)), model="a model", blocks=9)
    assert (found.emotions, found.layers, found.width) == (WORDS, (0, 1, 2), 8)
    np.testing.assert_allclose(found.raw[1] + found.center[1], values[:, 1], atol=1e-6)
    np.testing.assert_allclose(found.raw.mean(axis=1), 0, atol=1e-6)
    assert found.clean is None
    assert found.header["model"]["id"] == "a model"
    assert found.header["model"]["blocks"] == 9
    assert {found.header["model"][name] for name in ("config", "weights", "tokenizer", "template")} == {"unknown"}
    assert header_fault(dict(found.header)) is None


def test_what_is_imported_is_kept_as_a_vectors_file(tmp_path: Path) -> None:
    found = import_npz(written(tmp_path, vectors=published(), names=np.array(WORDS)), model="a model")
    save_vectors(found, tmp_path / "v.safetensors")
    back = load_vectors(tmp_path / "v.safetensors")
    assert back.hash == found.hash
    np.testing.assert_array_equal(back.raw, found.raw)


@pytest.mark.parametrize(
    "arrays",
    [
        {"emotion_vectors": published().astype(np.float64), "emotions": np.array(WORDS)},
        {"X": published().astype(np.float16), "which": np.array(WORDS), "mean": np.zeros((3, 8))},
        {"Raw": published(), "Words": np.array([word.encode() for word in WORDS]), "other": published(3, 2)},
        {"vectors": published(), "labels": np.array(WORDS), "authors": np.array(["somebody", "else"])},
    ],
)
def test_names_of_arrays_may_differ(tmp_path: Path, arrays: dict[str, Any]) -> None:
    assert import_npz(written(tmp_path, **arrays), model="m").raw.shape == (3, 30, 8)


def test_layers_may_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, vectors=published(), names=np.array(WORDS), layers=np.array([4, 8, 12]))
    found = import_npz(path, model="m")
    assert found.layers == (4, 8, 12)
    assert found.header["model"]["blocks"] == 13
    with pytest.raises(InputError, match="fewer blocks than layers"):
        import_npz(path, model="m", blocks=12)


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"vectors": published(), "names": np.array(WORDS, dtype=object)}, "Python objects"),
        ({"vectors": published()}, "no list of the words"),
        ({"names": np.array(WORDS)}, "no vectors"),
        ({"vectors": published()[:, 0], "names": np.array(WORDS)}, "no vectors"),
        ({"vectors": published().astype(int), "names": np.array(WORDS)}, "no vectors"),
        ({"vectors": published()[:20], "names": np.array(WORDS)}, "another shape"),
        ({"vectors": published().transpose(1, 0, 2), "names": np.array(WORDS)}, r"transpose\(1, 0, 2\)"),
        ({"vectors": published()[:, :0], "names": np.array(WORDS)}, "another shape"),
        ({"vectors": np.full((30, 1, 2), np.nan), "names": np.array(WORDS)}, "60 of 60"),
        ({"vectors": np.full((30, 1, 2), 1e300), "names": np.array(WORDS)}, "too large"),
        ({"vectors": published(), "names": np.array([*WORDS[:29], WORDS[0]])}, "named twice"),
        ({"vectors": published(), "names": np.array([*WORDS[:29], " "])}, "none of them empty"),
        ({"vectors": published(), "names": np.array(WORDS), "layers": np.array([3, 1, 2])}, "in order"),
        ({"vectors": published(), "names": np.array(WORDS), "layers": np.array([0.5, 1, 2])}, "in order"),
    ],
)
def test_other_files_are_refused_and_told_why(tmp_path: Path, arrays: dict[str, Any], fault: str) -> None:
    path = written(tmp_path, **arrays)
    with pytest.raises(InputError, match=fault) as caught:
        import_npz(path, model="m")
    assert caught.value.where == str(path)


def test_files_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    with pytest.raises(InputError, match="no such file"):
        import_npz(path, model="m")
    whole = written(tmp_path, vectors=published(), names=np.array(WORDS)).read_bytes()
    with path.open("wb") as file:
        np.save(file, published())
    broken = whole.replace(b"float", b"flout").replace(b"<f4", b"<q9")
    for content in (path.read_bytes(), b"", b"nothing of the kind", b"PK\x03\x04 broken", whole[:-30], broken):
        path.write_bytes(content)
        with pytest.raises(InputError, match="cannot be read as vectors"):
            import_npz(path, model="m")


def test_members_that_are_no_arrays_are_not_looked_at(tmp_path: Path) -> None:
    path = written(tmp_path, vectors=published(), names=np.array(WORDS))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("README.txt", "numbers and names")
    assert import_npz(path, model="m").emotions == WORDS


def test_imported_vectors_map_and_are_refused_on_a_model(tmp_path: Path) -> None:
    words = tuple(lexicon_norms().pleasure)
    values = np.random.default_rng(1).standard_normal((45, 2, 16))
    values[:, 1, 3] += 6 * np.nan_to_num(lexicon_norms().table(words)[0])
    found = import_npz(written(tmp_path, vectors=values, names=np.array(words)), model="fake")
    norms = lexicon_norms()
    score = axis_scores(found.raw[1], found.emotions, norms.pleasure, norms.arousal, layer=1, resamples=100)[0]
    assert score.low > score.nulls["permuted names"]
    assert compare_sets(found, found, resamples=50)[0].value == pytest.approx(1)
    model = FakeModel(blocks=2, width=16)
    with pytest.raises(ModelMismatchError, match="do not prove which model"):
        found.check_model(model)
    with pytest.raises(ModelMismatchError, match="to read or steer, extract vectors"):
        read(model, found, ["a dark garden"])
    with pytest.raises(SteeringError, match="no residual norm"):
        found.steer("0.05*calm")
