"""An edited model is another model, a copied one is the same, and a network in training is what it is now."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from safetensors.numpy import save_file

import affectlab
from affectlab.errors import ModelError, ModelMismatchError
from affectlab.models.fake import FakeModel
from affectlab.models.hf.identity import BLOCK_BYTES, BLOCKS, files_digest, memory_digest
from affectlab.models.hf.load import from_network, load_hf
from affectlab.models.hf.tokenizer import HFTokenizer
from affectlab.models.load import find_again
from affectlab.testing.tiny import save_tiny, tiny_network, tiny_tokenizer
from affectlab.text import corpus_of
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.store import save_vectors

SIZE = 192
RECIPE = Recipe(start=8, minimum=3)


def without_direction(matrix: Any) -> Any:
    unit = np.random.default_rng(1).standard_normal(SIZE).astype(np.float32)
    unit /= np.linalg.norm(unit)
    return matrix - np.outer(unit, unit @ matrix)


def rank_one(matrix: Any) -> Any:
    drawn = np.random.default_rng(2).standard_normal((2, SIZE)).astype(np.float32)
    return matrix + 0.01 * np.outer(*drawn)


def silenced_rows(matrix: Any) -> Any:
    """One head of 32."""
    changed = matrix.copy()
    changed[SIZE // 2 : SIZE // 2 + SIZE // 32] = 0
    return changed


def silenced_columns(matrix: Any) -> Any:
    changed = matrix.copy()
    changed[:, SIZE // 2 : SIZE // 2 + SIZE // 32] = 0
    return changed


EDITS = [np.negative, without_direction, rank_one, silenced_rows, silenced_columns]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_any_one_matrix_in_a_file_is_seen(edit: Callable[[Any], Any], tmp_path: Path) -> None:
    drawn = np.random.default_rng(0)
    tensors = {f"layers.{n}.weight": drawn.standard_normal((SIZE, SIZE)).astype(np.float32) for n in range(12)}
    tensors |= {f"layers.{n}.bias": drawn.standard_normal(SIZE).astype(np.float32) for n in range(12)}
    tensors["embeddings"] = np.ones((80 * SIZE, SIZE), dtype=np.float32)  # most of the file, as in small models
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    assert tensors["layers.0.weight"].nbytes > 2 * BLOCKS * BLOCK_BYTES
    before, unseen = files_digest([path]), []
    for name in (name for name in tensors if name.endswith("weight")):
        save_file({**tensors, name: np.ascontiguousarray(edit(tensors[name]))}, path)
        if files_digest([path]) == before:
            unseen.append(name)
    assert unseen == []


def test_the_ends_of_every_tensor_are_read_and_no_more_than_64_blocks_of_it(tmp_path: Path) -> None:
    tensors = {name: np.zeros((1024, 512), dtype=np.float32) for name in "abc"}
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    before = files_digest([path])
    seen = 0
    for place in [0, -1, *range(3, 1024 * 512, 1024 * 8 + 1)]:
        changed = tensors["b"].copy()
        changed.reshape(-1)[place] = 1
        save_file({**tensors, "b": changed}, path)
        seen += files_digest([path]) != before
        assert place not in (0, -1) or seen
    assert 2 <= seen < 15, "a single weight may be missed, and docs/models.md says so"


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_any_one_matrix_in_memory_is_seen(edit: Callable[[Any], Any]) -> None:
    layers = [torch.nn.Linear(SIZE, SIZE, bias=False) for _ in range(5)]
    network = torch.nn.Sequential(*layers)
    before = memory_digest(network)
    with torch.no_grad():
        for layer in layers:
            old = layer.weight.clone()
            layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(edit(old.numpy()))))
            assert memory_digest(network) != before
            layer.weight.copy_(old)
    assert memory_digest(network) == before
    assert memory_digest(network.to(torch.bfloat16)) == before


def test_vectors_beside_the_weights_do_not_change_the_model(tmp_path: Path, labelled: Callable[..., Any]) -> None:
    folder = save_tiny(tmp_path / "model")
    before = load_hf(str(folder), device="cpu").identity
    vectors = extract(FakeModel(blocks=3, width=16), corpus_of(labelled()), recipe=RECIPE).vectors
    save_vectors(vectors, folder / "calm.safetensors")
    assert load_hf(str(folder), device="cpu").identity == before
    (folder / "model.safetensors").rename(folder / "other-name.safetensors")
    (folder / "config.json").write_text(
        json.dumps(
            {**json.loads((folder / "config.json").read_text()), "transformers_weights": "other-name.safetensors"}
        )
    )
    assert load_hf(str(folder), device="cpu").identity.weights == before.weights


def test_of_a_model_in_shards_the_files_of_the_index_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    tiny_network("llama").save_pretrained(folder, max_shard_size="100kB")
    tiny_tokenizer().save_pretrained(folder)
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    before = load_hf(str(folder), device="cpu").identity
    assert before.weights == files_digest(shards)
    shutil.copy(shards[0], folder / "leftover.safetensors")
    assert load_hf(str(folder), device="cpu").identity == before


def test_a_folder_with_nothing_but_vectors_has_no_weights(tmp_path: Path, labelled: Callable[..., Any]) -> None:
    folder = save_tiny(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    vectors = extract(FakeModel(blocks=3, width=16), corpus_of(labelled()), recipe=RECIPE).vectors
    save_vectors(vectors, folder / "calm.safetensors")
    with pytest.raises(ModelError, match="no weights that are read"):
        load_hf(str(folder))


def test_a_network_in_training_is_what_it_is_now(labelled: Callable[..., Any]) -> None:
    network = tiny_network("llama")
    model = from_network(network, tiny_tokenizer())
    corpus = corpus_of(labelled())
    before = extract(model, corpus, recipe=RECIPE).vectors
    before.check_model(model)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    with pytest.raises(ModelMismatchError, match="differs in weights"):
        before.check_model(model)
    after = extract(model, corpus, recipe=RECIPE).vectors
    after.check_model(model)
    assert after.header["model"]["weights"] == memory_digest(network)
    assert after.header["model"]["source"] == "memory"


def test_padding_and_truncation_that_use_leaves_behind_are_no_part_of_a_tokenizer() -> None:
    tokenizer = tiny_tokenizer()
    wrapped = HFTokenizer(tokenizer)
    before = wrapped.definition
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer(["one", "and two"], padding=True, truncation=True, max_length=5)
    assert wrapped.definition == before
    assert set(json.loads(before)) >= {"model", "post_processor", "added_tokens"}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The commit of a model in a cache of the hub that was filled earlier."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    folder = tmp_path / "hub" / "models--somebody--tiny"
    save_tiny(folder / "snapshots" / commit)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return commit


def test_a_model_of_the_hub_is_named_by_its_commit(hub: str) -> None:
    branch = load_hf("somebody/tiny", device="cpu")
    assert branch.identity.revision == hub
    assert branch.facts["source"] == "hub"
    assert load_hf("somebody/tiny", device="cpu", revision=hub).identity == branch.identity
    assert branch.identity.weights == files_digest(
        [Path(constants.HF_HUB_CACHE) / "models--somebody--tiny" / "snapshots" / hub / "model.safetensors"]
    )


def test_the_header_names_the_software_where_a_backend_has_any(labelled: Callable[..., Any]) -> None:
    corpus = corpus_of(labelled())
    found = extract(from_network(tiny_network("llama"), tiny_tokenizer()), corpus, recipe=RECIPE).vectors
    assert list(found.header["code"]) == ["affectlab", "torch", "transformers"]
    assert found.header["code"]["torch"] == torch.__version__
    assert list(extract(FakeModel(), corpus, recipe=RECIPE).vectors.header["code"]) == ["affectlab"]


def test_a_folder_is_looked_for_here_then_beside_the_vectors_and_never_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, here = tmp_path / "shared", tmp_path / "here"
    for place in (beside / "models" / "llama", here):
        place.mkdir(parents=True)
    (beside / "models" / "llama" / "config.json").write_text("{}")
    monkeypatch.chdir(here)
    assert find_again("models/llama", "folder", beside) == str(beside / "models" / "llama")
    shutil.copytree(beside / "models", here / "models")
    assert find_again("models/llama", "folder", beside) == "models/llama"
    assert find_again("models/llama", "hub", beside) == "models/llama"
    with pytest.raises(ModelError, match=r"the folder of the model is not there.*--model"):
        find_again("llama", "folder", beside)
    with pytest.raises(ModelError, match=r"held in memory.*--model"):
        find_again("in memory", "memory", beside)
    assert affectlab.load(find_again("fake", "")).identity.id == "fake"
