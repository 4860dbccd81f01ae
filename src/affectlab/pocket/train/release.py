"""A trained network as a folder that Transformers and vLLM load, with its model card and training log."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file

from affectlab._version import __version__
from affectlab.pocket.train import card

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    from affectlab.pocket.train.loop import Run

WEIGHTS, LOG = "model.safetensors", "training.json"
REGISTER = "pocket"
"""Which item sets the model can read."""


def release(run: Run, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the folder: weights in bfloat16, configuration, tokenizer with its template, card and log."""
    folder.mkdir(parents=True, exist_ok=True)
    network, stage = run.network, run.stage
    weights = {
        name: value.detach().to("cpu", torch.bfloat16).contiguous()
        for name, value in network.state_dict().items()
        if name != "lm_head.weight"
    }
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    config = network.config.to_diff_dict()
    config |= {"dtype": "bfloat16", "architectures": ["LlamaForCausalLM"], "affectlab": {"register": REGISTER}}
    config.pop("_attn_implementation", None)
    _write_json(folder / "config.json", config)
    _write_json(folder / "generation_config.json", _generation(tokenizer))
    tokenizer.save_pretrained(folder)
    new, held = (run.tried(tokenizer, held=held) for held in (False, True))
    log = {
        "stage": stage.name,
        "seed": stage.seed,
        "begun": stage.begun,
        "begun_tokens": stage.begun_tokens,
        "tokens": run.step * stage.batch_tokens,
        "batch_tokens": stage.batch_tokens,
        "seconds": round(run.seconds, 1),
        "parameters": sum(value.numel() for value in weights.values()),
        "loss_new": round(new, 4),
        "loss_held_out": round(held, 4),
        "losses": [[step, round(loss, 4)] for step, loss in run.losses],
        "code": __version__,
    }
    _write_json(folder / LOG, log)
    text = Template(card.TEXT).substitute(
        name=stage.name,
        about=card.ABOUT[stage.post_trained],
        parameters=f"{log['parameters']:,}",
        tokens=f"{log['tokens']:,}",
        seed=stage.seed,
        minutes=f"{run.seconds / 60:.0f}",
        loss=f"{run.losses[-1][1]:.3f}" if run.losses else "none",
        new=f"{new:.3f}",
        held=f"{held:.3f}",
        begun=card.BEGUN.format(begun=stage.begun, tokens=f"{stage.begun_tokens:,}") if stage.begun else "",
        hash=_digest(folder),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def begin_with(network: LlamaForCausalLM, folder: Path) -> tuple[str, int]:
    """Give a network the weights of a released checkpoint; their hash, and how many tokens they were trained on."""
    network.load_state_dict(load_file(folder / WEIGHTS), strict=False)
    log = json.loads((folder / LOG).read_text(encoding="utf-8"))
    return _digest(folder), int(log["tokens"]) + int(log.get("begun_tokens", 0))


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def _generation(tokenizer: PreTrainedTokenizerFast) -> dict[str, object]:
    ids = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return {**ids, "do_sample": True, "temperature": 1.0, "top_p": 0.95}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
