"""`python -m affectlab.pocket.train OUT [--seed 0]`: both checkpoints from a seed.

In about two hours on two cores that multiply bfloat16, and four on others."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from transformers import PreTrainedTokenizerFast

from affectlab.pocket.train.loop import Run, Stage
from affectlab.pocket.train.network import build_network
from affectlab.pocket.train.release import WEIGHTS, begin_with, release
from affectlab.pocket.train.tokenizer import build_tokenizer
from affectlab.report.figures import loss_figure, save

BASE_TOKENS, POST_TOKENS = 22_000_000, 4_000_000
BASE_RATE, POST_RATE = 3e-3, 1e-3


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the base checkpoint, then the post-trained one from it; a run that was killed goes on."""
    parser = argparse.ArgumentParser(prog="python -m affectlab.pocket.train", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for both checkpoints and the work in progress")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--base-tokens", type=int, default=BASE_TOKENS)
    parser.add_argument("--post-tokens", type=int, default=POST_TOKENS)
    parser.add_argument("--base-rate", type=float, default=BASE_RATE)
    parser.add_argument("--begin", type=Path, help="released checkpoint whose weights and vocabulary to begin with")
    chosen = parser.parse_args(arguments)
    torch.manual_seed(chosen.seed)
    if chosen.begin and not (chosen.begin / WEIGHTS).is_file():
        parser.error(f"argument --begin: no {WEIGHTS} in {chosen.begin}")
    tokenizer = _tokenizer(chosen.begin or chosen.out / "work" / f"tokenizer-{chosen.seed}", chosen.seed)
    network = build_network(tokenizer, chosen.seed)
    begun, read = begin_with(network, chosen.begin) if chosen.begin else ("", 0)
    if torch.cuda.is_available():
        torch.nn.Module.to(network, "cuda")
    stages = (
        Stage("pocket-base", chosen.base_tokens, chosen.base_rate, chosen.seed, begun, read),
        Stage("pocket", chosen.post_tokens, POST_RATE, chosen.seed, begun, read, post_trained=True),
    )
    for stage in stages:
        run = Run(network, stage, chosen.out / "work" / stage.name)
        run.train(tokenizer)
        release(run, tokenizer, chosen.out / stage.name)
    draw_losses([chosen.out / stage.name for stage in stages], chosen.out / "losses.html")


def draw_losses(folders: Sequence[Path], path: Path) -> None:
    """The losses of stages of training, from their logs."""
    logs = [json.loads((folder / "training.json").read_text(encoding="utf-8")) for folder in folders]
    losses = {log["stage"]: [(step * log["batch_tokens"], loss) for step, loss in log["losses"]] for log in logs}
    save(loss_figure(losses, title="Losses; words that a state decides weigh more"), path)


def _tokenizer(folder: Path, seed: int) -> PreTrainedTokenizerFast:
    if not folder.is_dir():
        build_tokenizer(seed).save_pretrained(folder)
    return cast(PreTrainedTokenizerFast, PreTrainedTokenizerFast.from_pretrained(folder))


if __name__ == "__main__":
    main()
