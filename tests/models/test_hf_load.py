"""What was saved is what is loaded, what is incomplete is refused, and a model is told from every other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import affectlab
from affectlab.errors import ActivationError, InputError, ModelError, UserError
from affectlab.models.hf.identity import config_digest, files_digest
from affectlab.models.hf.load import from_network, load_hf
from affectlab.models.hf.model import HFModel
from affectlab.testing import check_model
from affectlab.testing.tiny import save_tiny, tiny_network, tiny_tokenizer
from tests.models.plain_hooks import hidden, rows_of


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "llama")


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in saved.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_what_is_loaded_is_what_was_saved(saved: Path) -> None:
    model, held = affectlab.load(str(saved), device="cpu"), from_network(tiny_network("llama"), tiny_tokenizer())
    rows = rows_of(model)
    for ours, theirs in zip(hidden(model, rows), hidden(held, rows), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert isinstance(model, HFModel)
    assert model.identity.id == str(saved)
    assert model.identity.revision == ""
    assert model.identity.tokenizer == held.identity.tokenizer
    assert model.identity.template == held.identity.template
    assert (model.blocks, model.width, model.vocabulary, model.context) == (4, 48, 258, 512)


@pytest.mark.parametrize(("dtype", "torch_dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_a_dtype_is_as_asked_for_whatever_was_saved(saved: Path, dtype: str, torch_dtype: torch.dtype) -> None:
    model = load_hf(str(saved), dtype=dtype, device="cpu")
    assert {parameter.dtype for parameter in model.network.parameters()} == {torch_dtype}
    assert model.facts["dtype"] == dtype


def test_the_contract_is_kept_by_what_is_loaded_in_bfloat16(saved: Path) -> None:
    check_model(load_hf(str(saved), dtype="bfloat16", device="cpu"))


def test_experts_run_in_float64_too(tmp_path: Path) -> None:
    folder = str(save_tiny(tmp_path / "mixtral", "mixtral"))
    exact, single = load_hf(folder, dtype="float64", device="cpu"), load_hf(folder, device="cpu")
    assert differences(exact, single) == ()
    for ours, theirs in zip(hidden(exact, rows_of(exact)), hidden(single, rows_of(single)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float16", "int8", "", "torch.float32"])
def test_another_dtype_is_refused(saved: Path, dtype: str) -> None:
    with pytest.raises(InputError, match="unknown dtype"):
        load_hf(str(saved), dtype=dtype)


def damage_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def drop_tensor(folder: Path, name: str) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors[name]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_folder_without_weights_is_refused(copied: Path) -> None:
    (copied / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no weights that are read"):
        load_hf(str(copied))


@pytest.mark.parametrize("name", ["model.layers.2.mlp.up_proj.weight", "model.embed_tokens.weight", "lm_head.weight"])
def test_incomplete_weights_are_refused_and_not_filled_with_random_numbers(copied: Path, name: str) -> None:
    drop_tensor(copied, name)
    with pytest.raises(ModelError, match="the weights are incomplete") as caught:
        load_hf(str(copied))
    assert name in caught.value.found


def test_weights_of_another_shape_are_refused(copied: Path) -> None:
    damage_config(copied, intermediate_size=64)
    with pytest.raises(ModelError):
        load_hf(str(copied))


@pytest.mark.parametrize("size", [0, 7, 100, 5000, -1])
def test_truncated_weights_are_refused(copied: Path, size: int) -> None:
    path = copied / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_hf(str(copied))


def test_weights_that_are_not_finite_are_refused_as_such(copied: Path) -> None:
    tensors = load_file(copied / "model.safetensors")
    tensors["model.layers.1.mlp.up_proj.weight"][0, 0] = float("nan")
    save_file(tensors, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ActivationError, match=r"NaN or infinity in model\.layers\.1\.mlp\.up_proj\.weight"):
        load_hf(str(copied))


def test_a_network_in_memory_that_is_not_finite_is_refused_as_such() -> None:
    network = tiny_network("llama")
    with torch.no_grad():
        network.model.layers[1].mlp.up_proj.weight[0, 0] = float("nan")
    with pytest.raises(ActivationError, match="not finite"):
        from_network(network, tiny_tokenizer())


@pytest.mark.parametrize("model_type", ["bert-generation-not", "t5", "vit", "nonsense"])
def test_a_model_that_is_not_causal_is_refused(copied: Path, model_type: str) -> None:
    damage_config(copied, model_type=model_type, is_encoder_decoder=model_type == "t5")
    with pytest.raises(ModelError):
        load_hf(str(copied))


@pytest.mark.parametrize("name", ["", " ", "no/such/folder", "./nothing", "/nowhere/at/all", "~/nothing-here"])
def test_a_model_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ModelError):
        load_hf(name)


def test_a_tokenizer_without_offsets_is_refused() -> None:
    class Slow:
        is_fast = False

    with pytest.raises(ModelError, match="which characters a token stands for"):
        from_network(tiny_network("llama"), Slow())


def differences(one: HFModel | Any, other: HFModel | Any) -> tuple[str, ...]:
    found: tuple[str, ...] = one.identity.differences(other.identity)
    return found


def test_the_same_model_is_the_same_wherever_it_lies(saved: Path, copied: Path) -> None:
    assert differences(load_hf(str(saved)), load_hf(str(copied))) == ()
    assert differences(load_hf(str(saved)), load_hf(str(saved), dtype="bfloat16")) == ()


def test_another_training_differs_in_weights_alone(saved: Path, tmp_path: Path) -> None:
    other = load_hf(str(save_tiny(tmp_path / "other", seed=1)))
    assert differences(load_hf(str(saved)), other) == ("weights",)


def test_one_layer_that_was_trained_on_is_noticed(copied: Path, saved: Path) -> None:
    tensors = load_file(copied / "model.safetensors")
    tensors["model.layers.3.mlp.down_proj.weight"] *= 1.001
    save_file(tensors, copied / "model.safetensors", metadata={"format": "pt"})
    assert differences(load_hf(str(saved)), load_hf(str(copied))) == ("weights",)


def test_another_template_differs_in_the_template_alone(saved: Path, copied: Path) -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = tokenizer.chat_template.replace("[assistant]", "[model]")
    tokenizer.save_pretrained(copied)
    assert differences(load_hf(str(saved)), load_hf(str(copied))) == ("template",)


def test_another_tokenizer_differs_in_the_tokenizer_alone(saved: Path, copied: Path) -> None:
    path = copied / "tokenizer.json"
    described = json.loads(path.read_text())
    vocabulary = described["model"]["vocab"]
    vocabulary["!"], vocabulary["?"] = vocabulary["?"], vocabulary["!"]
    path.write_text(json.dumps(described))
    assert differences(load_hf(str(saved)), load_hf(str(copied))) == ("tokenizer",)


@pytest.mark.parametrize("change", [{"rope_theta": 5000.0}, {"rms_norm_eps": 1e-3}, {"sliding_window": 8}])
def test_another_configuration_is_noticed(saved: Path, change: dict[str, Any]) -> None:
    config = json.loads((saved / "config.json").read_text())
    assert config_digest({**config, **change}) != config_digest(config)


def test_where_and_how_a_configuration_was_saved_does_not_matter(saved: Path) -> None:
    config = json.loads((saved / "config.json").read_text())
    told = {"_name_or_path": "elsewhere", "transformers_version": "9", "dtype": "float16", "use_cache": False}
    assert config_digest({**config, **told}) == config_digest(config)
    assert config_digest(dict(reversed(config.items()))) == config_digest(config)


def test_networks_in_memory_are_told_apart_by_their_weights() -> None:
    one, same, other = (from_network(tiny_network("llama", seed=seed), tiny_tokenizer()) for seed in (0, 0, 1))
    assert differences(one, same) == ()
    assert differences(one, other) == ("weights",)


def test_weight_files_are_told_apart_by_head_and_by_samples(saved: Path, tmp_path: Path) -> None:
    raw = (saved / "model.safetensors").read_bytes()
    path = tmp_path / "model.safetensors"
    path.write_bytes(raw)
    same = files_digest([path])
    assert same == files_digest([saved / "model.safetensors"])
    data = 8 + int.from_bytes(raw[:8], "little")
    for place in (raw.index(b'"pt"') + 1, data, data + 4095, data + (len(raw) - data) * 63 // 64):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        assert files_digest([path]) != same


@pytest.mark.parametrize("architecture", ["gpt2", "gemma3_text", "mixtral"])
def test_every_kind_of_folder_makes_the_round_trip(architecture: str, tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / architecture, architecture, chat=False)
    model, held = load_hf(str(folder)), from_network(tiny_network(architecture), tiny_tokenizer(chat=False))
    for ours, theirs in zip(hidden(model, rows_of(model)), hidden(held, rows_of(held)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert model.tokenizer.template is None


def test_every_error_of_loading_is_the_callers_and_one_line(copied: Path) -> None:
    (copied / "tokenizer.json").write_text("{")
    with pytest.raises(UserError) as caught:
        load_hf(str(copied))
    assert "\n" not in caught.value.line


def test_bert_is_causal_only_as_a_decoder(tmp_path: Path) -> None:
    sizes: Any = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    for is_decoder in (False, True):
        config = transformers.BertConfig(vocab_size=258, is_decoder=is_decoder, **sizes)
        folder = tmp_path / str(is_decoder)
        transformers.BertLMHeadModel(config).save_pretrained(folder)
        tiny_tokenizer().save_pretrained(folder)
        if is_decoder:
            assert load_hf(str(folder)).blocks == 2
            continue
        with pytest.raises(ModelError, match="not a causal language model"):
            load_hf(str(folder))
