"""Models that are refused, and why."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from affectlab.testing.tiny import tiny_tokenizer
from tests.cli.conftest import GOOD, Bench, story, write_rows


@pytest.fixture
def model(bench: Bench) -> Path:
    """A copy of the tiny model, to be damaged."""
    return Path(shutil.copytree(bench.lab.model, bench.folder / "damaged"))


def edit_config(model: Path, **changes: Any) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | changes))


def poison(model: Path, name: str, row: int | slice = slice(None)) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(model / "model.safetensors")
    tensors[name][row] = torch.nan
    save_file(tensors, model / "model.safetensors", metadata={"format": "pt"})


def no_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()


def pickled_weights(model: Path) -> None:
    (model / "model.safetensors").rename(model / "pytorch_model.bin")


def truncated_weights(model: Path) -> None:
    raw = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(raw[: len(raw) // 2])


def no_tokenizer(model: Path) -> None:
    for path in model.glob("token*"):
        path.unlink()


MODELS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no weights": (no_weights, "no weights that are read; expected *.safetensors; found none"),
    "pickled weights": (pickled_weights, "found pytorch_model.bin; save the model as safetensors"),
    "truncated weights": (truncated_weights, "the model cannot be loaded; expected *.safetensors that fit"),
    "incomplete weights": (lambda m: edit_config(m, num_hidden_layers=6), "the weights are incomplete"),
    "weights of another size": (lambda m: edit_config(m, hidden_size=64), "the model cannot be loaded"),
    "weights with NaN": (lambda m: poison(m, "model.layers.2.mlp.down_proj.weight"), "the weights are not finite"),
    "no tokenizer": (no_tokenizer, "expected tokenizer.json"),
    "damaged tokenizer": (lambda m: (m / "tokenizer.json").write_text("{}"), "expected tokenizer.json"),
    "no configuration": (lambda m: (m / "config.json").unlink(), "this folder holds no model; expected a config.json"),
    "damaged configuration": (lambda m: (m / "config.json").write_text("{"), "not a valid JSON file"),
    "unknown architecture": (lambda m: edit_config(m, model_type="zork"), "model type `zork`"),
    "encoder-decoder": (lambda m: edit_config(m, model_type="t5"), "not a causal language model"),
    "vision": (lambda m: edit_config(m, model_type="vit"), "not a causal language model; expected"),
    "code of its own": (
        lambda m: edit_config(m, model_type="zork", auto_map={"AutoConfig": "x.C"}),
        "add --trust-remote-code",
    ),
}


@pytest.mark.parametrize(("damage", "said"), MODELS.values(), ids=list(MODELS))
def test_a_model_that_cannot_be_used(bench: Bench, model: Path, damage: Callable[[Path], Any], said: str) -> None:
    damage(model)
    line = bench.refused("doctor", str(model))
    assert f"error: {model}: " in line
    assert said in line


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "", "no-such-model-anywhere", "nobody/nothing"])
def test_a_model_that_is_missing(bench: Bench, name: str) -> None:
    line = bench.refused("doctor", name)
    assert "no such model folder" in line or "no model is named" in line or "check the name and the network" in line


def test_a_model_that_sees_what_comes_later(bench: Bench) -> None:
    import transformers

    config = transformers.BertConfig(
        vocab_size=258, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    torch.manual_seed(0)
    network = transformers.BertForMaskedLM(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(10)
    network.save_pretrained("bert")
    tiny_tokenizer().save_pretrained("bert")
    assert "this is not a causal language model" in bench.refused("doctor", "bert")


def test_a_folder_has_no_revisions(bench: Bench) -> None:
    assert "--revision: a folder has no revisions" in bench.refused("doctor", bench.lab.model, "--revision", "v2")


def test_a_device_that_is_not_there(bench: Bench) -> None:
    for device in ("zork", "meta", "cuda:x", "cpu:1"):
        line = bench.refused("doctor", bench.lab.model, "--device", device)
        assert "--device: no such device; expected cpu, cuda, cuda:0, mps, xpu or auto" in line
    line = bench.refused("doctor", bench.lab.model, "--device", "cuda:99")
    assert "--device: this machine has no such device; expected cpu" in line
    assert "found 'cuda:99'" in line


def test_activations_that_are_not_finite_name_the_text_and_the_layer(bench: Bench, model: Path) -> None:
    poison(model, "model.embed_tokens.weight", tiny_tokenizer()("q")["input_ids"][1])
    write_rows(bench.folder / "corpus.jsonl", [*GOOD, story(7, "calm", "It was quiet. " * 9)])
    line = bench.refused("extract", str(model), "corpus.jsonl", "-o", "v.safetensors")
    assert "text 'calm-7', layer 0: activations are not finite" in line
