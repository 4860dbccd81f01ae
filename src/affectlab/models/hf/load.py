"""From a local folder or a hub id to a Transformers model whose blocks have been proved."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from affectlab.errors import ActivationError, InputError, ModelError, UnsupportedModelError
from affectlab.models.base import Identity
from affectlab.models.hf.folders import Source, cached_folder, folder_of, is_folder, source_of, weight_files
from affectlab.models.hf.identity import config_digest, digest, files_digest, memory_digest
from affectlab.models.hf.model import HFModel, Padding
from affectlab.models.hf.tokenizer import HFTokenizer

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}


def load_hf(
    name: str,
    *,
    dtype: str = "float32",
    device: str | None = None,
    revision: str | None = None,
    trust_remote_code: bool = False,
) -> HFModel:
    """Load a Transformers causal model and prove where its blocks are.

    `device` is one device such as `cpu` or `cuda:0`, or `auto` to spread the blocks over all devices and what does not
    fit over memory and disk (needs accelerate); left out, an accelerator is used if there is one. Only safetensors are
    read, and no code that came with the model unless asked.
    """
    if dtype not in DTYPES:
        raise InputError("unknown dtype", where="--dtype", expected=" or ".join(DTYPES), found=repr(dtype))
    if device != "auto":
        _device(device)  # so that one that is not there is said before a large model is loaded
    folder = folder_of(name)
    if folder is not None and revision:
        fix = "leave it away, or name a model on the hub"
        raise InputError("a folder has no revisions", where="--revision", found=repr(revision), fix=fix)
    options: dict[str, Any] = {"revision": revision or "main", "trust_remote_code": trust_remote_code}
    source = str(folder or name)
    config = _attempt(name, "config.json", lambda: transformers.AutoConfig.from_pretrained(source, **options))
    _check_causal(name, config, trust_remote_code)
    tokenizer = _attempt(name, "tokenizer.json", lambda: transformers.AutoTokenizer.from_pretrained(source, **options))
    network = _network(name, source, DTYPES[dtype], device, options)
    if folder is None:
        folder = cached_folder(name, revision or "main")
        revision = folder.name if folder else revision or "main"
    shards = [] if folder is None else weight_files(folder)
    weights = _attempt(name, "whole *.safetensors", lambda: files_digest(shards)) if shards else ""
    identity = identify(network, tokenizer, name, revision or "", weights)
    return _proved(network, tokenizer, identity, source_of(name))


def _network(name: str, source: str, dtype: torch.dtype, device: str | None, options: dict[str, Any]) -> Any:
    """The network with all of its weights, on its device."""
    network, report = _attempt(
        name,
        "*.safetensors that fit config.json",
        lambda: transformers.AutoModelForCausalLM.from_pretrained(
            source,
            dtype=dtype,
            device_map="auto" if device == "auto" else None,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        ),
    )
    _check_complete(name, report)
    if dtype == torch.float64 and hasattr(network, "set_experts_implementation"):
        network.set_experts_implementation("eager")  # the fused kernels of experts know no float64
    if device != "auto":
        network = _attempt(
            name, "a device with room for it", lambda: network.to(_device(device)), "choose another --device"
        )
    return network


def identify(network: Any, tokenizer: Any, name: str, revision: str = "", weights: str = "") -> Identity:
    """The identity of a network and its tokenizer; without weight files the tensors themselves are sampled."""
    wrapped = HFTokenizer(tokenizer)
    return Identity(
        id=name,
        revision=revision,
        config=config_digest(network.config.to_dict()),
        weights=weights or memory_digest(network),
        tokenizer=digest(wrapped.definition),
        template=digest(wrapped.template or ""),
    )


def from_network(
    network: Any, tokenizer: Any, name: str = "in memory", *, padding: Padding = "right", cached: bool = True
) -> HFModel:
    """Put a network that you hold behind the seam: a model in training, a random one, an edited one."""
    identity = identify(network, tokenizer, name)
    return _proved(network, tokenizer, identity, "memory", padding=padding, cached=cached, live=True)


def _proved(network: Any, tokenizer: Any, identity: Identity, source: Source, **ways: Any) -> HFModel:
    try:
        model = HFModel(network, tokenizer, identity, **ways)
        software = {name: version(name) for name in ("torch", "transformers")}
        model.facts = {**model.facts, "source": source, **software}
        return model
    except UnsupportedModelError:
        _check_finite(identity.id, network)
        raise


def _device(device: str | None) -> torch.device:
    """The device asked for, or the best there is."""
    if device is None:
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    counts["xpu"] = torch.xpu.device_count()
    named = re.fullmatch(r"(cpu|mps)|(cuda|xpu)(?::(\d{1,3}))?", device, re.ASCII)
    if named is None:
        expected = "cpu, cuda, cuda:0, mps, xpu or auto"
        fix = "leave it away to get an accelerator if there is one"
        raise InputError("no such device", where="--device", expected=expected, found=repr(device), fix=fix)
    kind, number = named[1] or named[2], int(named[3] or 0)
    if number >= counts[kind]:
        there = [f"{name}:{place}" for name, count in counts.items() if name != "cpu" for place in range(count)]
        raise InputError(
            "this machine has no such device",
            where="--device",
            expected=" or ".join(["cpu", *there]),
            found=repr(device),
            fix="choose one of these, or leave --device away",
        )
    return torch.device(device)


_FAILURES = (
    AssertionError,
    AttributeError,
    ImportError,
    KeyError,
    OSError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
)


def _attempt(name: str, expected: str, step: Callable[[], Any], fix: str = "") -> Any:
    """Loading fails in many ways, some of them pages long: keep the beginning, on one line."""
    try:
        return step()
    except _FAILURES as error:
        said = " ".join(str(error).split())
        fix = fix or ("check the files, or get them again" if is_folder(name) else "check the name and the network")
        if "trust_remote_code" in said:
            fix = "read that code, and if you trust it add --trust-remote-code"
        raise ModelError(
            "the model cannot be loaded",
            where=name,
            expected=expected,
            found=f"{type(error).__name__}: {said}"[:300],
            fix=fix,
        ) from error


def _check_causal(name: str, config: Any, trust_remote_code: bool) -> None:
    known = transformers.models.auto.modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    remote = trust_remote_code and "AutoModelForCausalLM" in getattr(config, "auto_map", {})
    if getattr(config, "is_encoder_decoder", False) or (config.model_type not in known and not remote):
        raise ModelError(
            "this is not a causal language model",
            where=name,
            expected="an architecture that Transformers loads for causal language modelling",
            found=f"model_type {config.model_type!r}",
            fix="choose a decoder-only model",
        )


def _check_complete(name: str, report: Any) -> None:
    """Transformers fills tensors that the files lack with random numbers, and only warns."""
    missing = sorted(report.get("missing_keys", ())) + sorted(str(key) for key in report.get("mismatched_keys", ()))
    if missing:
        raise ModelError(
            "the weights are incomplete",
            where=name,
            expected="every tensor of the architecture",
            found=f"{len(missing)} missing or misshapen, such as {missing[0]}",
            fix="get the complete checkpoint",
        )


def _check_finite(name: str, network: Any) -> None:
    """A network with NaN in it fails every proof, and the proofs are not to blame."""
    for tensor, parameter in network.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            raise ActivationError(
                "the weights are not finite",
                where=name,
                expected="finite numbers",
                found=f"NaN or infinity in {tensor}",
                fix="get an intact checkpoint",
            )
