"""Training: nothing is cut or mixed up, a run that stops goes on to the same weights, and what is released loads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from affectlab import lexicon, load
from affectlab.core import Floats, Ints
from affectlab.models.chat import encode_chat
from affectlab.pocket.train import attention
from affectlab.pocket.train import network as sizes
from affectlab.pocket.train import tokenizer as vocabulary
from affectlab.pocket.train.__main__ import main
from affectlab.pocket.train.data import CUE_TOKENS, CUE_WEIGHT, DECISION_WEIGHT, Block, blocks, places
from affectlab.pocket.train.loop import Run, Stage
from affectlab.pocket.train.muon import Muon, orthogonal
from affectlab.pocket.train.network import build_network
from affectlab.pocket.train.release import begin_with, release
from affectlab.pocket.world import numbers, scenes
from affectlab.pocket.world.documents import documents
from affectlab.pocket.world.voice import MARK

STAGE = Stage("tiny", tokens=6 * 512, rate=1e-3, seed=3, batch_tokens=512, length=256, long_length=512)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return vocabulary.build_tokenizer(0, documents_read=2_000)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that takes no time, run as it is: compiling would take longer than everything else."""
    monkeypatch.setattr(sizes, "LAYERS", 2)
    monkeypatch.setattr("affectlab.pocket.train.loop.which", lambda name: None)


def test_every_emotion_word_and_every_digit_is_one_token(tokenizer: PreTrainedTokenizerFast) -> None:
    assert len(tokenizer) <= 4096
    for name in lexicon.names():
        assert tokenizer.tokenize(f"She felt {name}.")[-2].lstrip("Ġ ") == name
    assert len(tokenizer.tokenize("1234567890")) == 10
    assert (
        tokenizer.decode(tokenizer.encode("At ease, on edge: 42!", add_special_tokens=False)) == "At ease, on edge: 42!"
    )


def test_the_template_writes_what_the_world_writes(tokenizer: PreTrainedTokenizerFast) -> None:
    seen = 0
    for document in islice(documents("template"), 200):
        if document.turns:
            messages = [{"role": turn.role, "content": turn.content} for turn in document.turns]
            assert tokenizer.apply_chat_template(messages, tokenize=False) == document.render()
            seen += 1
    assert seen > 50


def test_blocks_hold_whole_documents(tokenizer: PreTrainedTokenizerFast) -> None:
    found = next(blocks(tokenizer, "x", 16, 512))
    begin, end, pad = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    for row in found.tokens:
        real = row[row != pad]
        assert real[0] == begin
        starts = np.flatnonzero(real == begin)[1:]
        assert set(real[starts - 1]) <= {end}
        assert real[-1] == end
    assert (found.tokens == pad).mean() < 0.05


def test_the_same_seed_gives_the_same_blocks(tokenizer: PreTrainedTokenizerFast) -> None:
    one, again, other = (next(blocks(tokenizer, seed, 4, 256)) for seed in ("x", "x", "y"))
    np.testing.assert_array_equal(one.tokens, again.tokens)
    np.testing.assert_array_equal(one.weights, again.weights)
    assert (one.tokens != other.tokens).any()


def test_attention_stays_within_a_document(tokenizer: PreTrainedTokenizerFast) -> None:
    network = build_network(tokenizer, 0).eval()
    first, second = (torch.tensor([tokenizer.encode(text)]) for text in ("She felt calm.", "He ran home."))
    both = torch.cat([first, second], dim=1)
    with torch.no_grad():
        packed = network(input_ids=both, position_ids=places(both, tokenizer.bos_token_id), use_cache=False).logits
        alone = network(input_ids=second, use_cache=False).logits
    torch.testing.assert_close(packed[:, first.shape[1] :], alone)


def test_documents_one_by_one_give_what_a_mask_over_rows_gives(tokenizer: PreTrainedTokenizerFast) -> None:
    network, block = build_network(tokenizer, 0), next(blocks(tokenizer, "rows", 3, 256))
    tokens, begin = torch.from_numpy(block.tokens), tokenizer.bos_token_id
    positions, bounds = places(tokens, begin), attention.bounds_of(tokens, begin)
    assert len(bounds) > 6
    assert bounds.tolist() == sorted({*bounds.tolist(), 0, 256, 512, 768})

    def found() -> tuple[Tensor, list[Tensor]]:
        logits = network(input_ids=tokens, position_ids=positions, cu_seq_lens_q=bounds, use_cache=False).logits
        return logits, list(torch.autograd.grad(logits.logsumexp(-1).square().mean(), list(network.parameters())))

    expected, slow = found()
    network.set_attn_implementation(attention.NAME)
    logits, fast = found()
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)
    for one, other in zip(fast, slow, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3 * float(other.abs().max()))


def first_of(tokenizer: PreTrainedTokenizerFast, text: str) -> int:
    return int(tokenizer.encode(text, add_special_tokens=False)[0])


def test_what_a_state_decides_weighs_more_and_padding_nothing(tokenizer: PreTrainedTokenizerFast) -> None:
    words = [*"done not send keep splendid mixed poor".split(), *numbers.GRADES, numbers.NEITHER]
    decided = {first_of(tokenizer, f" {word}") for word in words} | {first_of(tokenizer, letter) for letter in "AB"}
    named = {first_of(tokenizer, f" {name}") for name in lexicon.names()}
    tokens, found = next(blocks(tokenizer, "decided", 192, 512))
    weighed = set(tokens[found == DECISION_WEIGHT].tolist())
    assert decided <= weighed <= decided | named
    assert len(weighed & named) > 20
    assert (found[tokens == tokenizer.pad_token_id] == 0).all()
    text = "\n".join(str(tokenizer.decode(row)) for row in tokens)
    names = [f"{name} feels" for lists in scenes.names().values() for name in lists["train"]]
    before = "|".join(["Result:", "Decision:", "Verdict:", r"do \(", "It counts as", "I feel", "I would feel", *names])
    first = "|".join(sorted(lexicon.names(), key=len, reverse=True))
    openings = len(re.findall(f"Assistant: (?:{first}) is what I am", text))
    assert openings > 20
    decisions = len(re.findall(f"(?<!\\w)(?:{before})(?= ?\\w)", text))
    assert (found == DECISION_WEIGHT).sum() == decisions + openings


def test_the_first_tokens_of_a_cue_weigh_more(tokenizer: PreTrainedTokenizerFast) -> None:
    """Told by words alone: the first one of every cue is heavy, and no token that stands before all cues is."""
    rendered = [document.render() for document in islice(documents("cues", marked=True), 2_000)]
    assert not any(MARK in document.render() for document in islice(documents("cues"), 200))
    marked = {text.replace(MARK, ""): text for text in rendered}
    cues = 0
    for document, weights in _apart(next(blocks(tokenizer, "cues", 64, 512)), tokenizer):
        before, *begun = marked[str(tokenizer.decode(document))].split(MARK)
        heavy = np.flatnonzero(weights == CUE_WEIGHT)
        cues += len(begun)
        assert (len(heavy) > 0) == (len(begun) > 0)
        assert len(heavy) <= CUE_TOKENS * len(begun)
        if begun:
            assert str(tokenizer.decode(document[: heavy[0]])).strip() == before.strip()
            shown = {str(tokenizer.decode(document[place : place + 1])).strip() for place in heavy}
            assert all(any(cue.strip().startswith(piece) for piece in shown if piece) for cue in begun)
    assert cues > 500


def _apart(block: Block, tokenizer: PreTrainedTokenizerFast) -> Iterator[tuple[Ints, Floats]]:
    """The documents of a block one by one, with their weights."""
    for row, weighed in zip(*block, strict=True):
        ends = [*np.flatnonzero(row == tokenizer.bos_token_id).tolist(), int((row != tokenizer.pad_token_id).sum())]
        for start, end in pairwise(ends):
            yield row[start:end], weighed[start:end]


def test_a_run_that_stops_goes_on_to_the_same_weights(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    whole = Run(build_network(tokenizer, 1), STAGE, tmp_path / "whole")
    whole.train(tokenizer)
    begun = Run(build_network(tokenizer, 1), STAGE, tmp_path / "parts")
    begun.train(tokenizer, until=2)
    resumed = Run(build_network(tokenizer, 2), STAGE, tmp_path / "parts")
    assert resumed.step == 2
    resumed.train(tokenizer)
    for one, other in zip(whole.network.parameters(), resumed.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert len(list((tmp_path / "parts").glob("*.safetensors"))) == 1


def test_a_stage_that_differs_is_not_gone_on_with(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    Run(build_network(tokenizer, 1), STAGE, tmp_path).train(tokenizer, until=1)
    other = Stage(**{**vars(STAGE), "seed": 4})
    assert Run(build_network(tokenizer, 1), other, tmp_path).step == 0


def test_what_is_released_loads_and_reads(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    run = Run(build_network(tokenizer, 1), STAGE, tmp_path / "work")
    run.train(tokenizer, until=2)
    release(run, tokenizer, tmp_path / "model")
    model = load(str(tmp_path / "model"))
    chat = encode_chat(model.tokenizer, [{"role": "user", "content": "How are you today?"}])
    assert model.tokenizer.pieces(chat.tokens)[chat.colon or 0] == ":"
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    assert theirs.dtype == torch.bfloat16
    assert theirs.config.affectlab == {"register": "pocket"}
    assert AutoTokenizer.from_pretrained(tmp_path / "model").encode("calm")[0] == tokenizer.bos_token_id
    log = json.loads((tmp_path / "model" / "training.json").read_text())
    assert log["tokens"] == 2 * 512
    card = (tmp_path / "model" / "README.md").read_text()
    assert "nothing about large models" in " ".join(card.split())
    assert "$" not in card


def test_a_training_goes_on_from_what_was_released(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    run = Run(build_network(tokenizer, 1), STAGE, tmp_path / "work")
    run.train(tokenizer, until=1)
    release(run, tokenizer, tmp_path / "model")
    network = build_network(tokenizer, 2)
    begun, read = begin_with(network, tmp_path / "model")
    assert read == 512
    for one, other in zip(network.parameters(), run.network.parameters(), strict=True):
        torch.testing.assert_close(one, other.bfloat16().float(), rtol=0, atol=0)
    further = Run(network, replace(STAGE, begun=begun, begun_tokens=read), tmp_path / "further")
    release(further, tokenizer, tmp_path / "next")
    assert json.loads((tmp_path / "next" / "training.json").read_text())["begun"] == begun
    assert f"SHA-256 `{begun}`" in (tmp_path / "next" / "README.md").read_text()
    assert "earlier training" in (tmp_path / "next" / "README.md").read_text()
    assert "earlier training" not in (tmp_path / "model" / "README.md").read_text()


def test_the_command_trains_both_checkpoints(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("affectlab.pocket.train.loop.LOG_EVERY", 1)
    tokenizer.save_pretrained(tmp_path / "first" / "work" / "tokenizer-5")
    asked = ["--base-tokens", "12288", "--post-tokens", "8192", "--seed", "5"]
    main([str(tmp_path / "first"), *asked])
    main([str(tmp_path / "second"), *asked, "--begin", str(tmp_path / "first" / "pocket-base")])
    for folder, began in (("first", 0), ("second", 3 * 4096)):
        for name, tokens in (("pocket-base", 3 * 4096), ("pocket", 2 * 4096)):
            log = json.loads((tmp_path / folder / name / "training.json").read_text())
            assert (log["stage"], log["seed"], log["tokens"], log["begun_tokens"]) == (name, 5, tokens, began)
            assert load(str(tmp_path / folder / name)).blocks == 2
        assert "pocket-base" in (tmp_path / folder / "losses.html").read_text(encoding="utf-8")
    begun = json.loads((tmp_path / "second" / "pocket-base" / "training.json").read_text())["losses"]
    assert begun[0][1] < json.loads((tmp_path / "first" / "pocket-base" / "training.json").read_text())["losses"][0][1]


def test_what_is_begun_with_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--begin", str(tmp_path / "nothing")])
    assert "no model.safetensors in" in capsys.readouterr().err


def test_a_run_is_tried_on_what_was_kept_from_it(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    """One that has learned is better on new documents than before, and less so on wordings that it never saw."""
    stage = replace(STAGE, tokens=60 * 512, rate=3e-3)
    run = Run(build_network(tokenizer, 1), stage, tmp_path)
    before = run.tried(tokenizer, held=False)
    assert before == pytest.approx(np.log(len(tokenizer)), rel=0.05)
    run.train(tokenizer)
    new, held = (run.tried(tokenizer, held=held) for held in (False, True))
    assert new < 0.8 * before
    assert held > new
    names = next(blocks(tokenizer, "tried", 8, 512, held=True)).tokens
    told = " ".join(str(tokenizer.decode(row)) for row in names)
    for names_of in scenes.names().values():
        assert not any(re.search(rf"\b{name}\b", told) for name in names_of["train"])
        assert any(re.search(rf"\b{name}\b", told) for name in names_of["held"])


def test_matrices_are_brought_near_orthogonal_ones() -> None:
    torch.manual_seed(0)
    for shape in ((3, 40, 40), (2, 60, 24), (2, 24, 60)):
        matrices = torch.randn(shape)
        found = orthogonal(matrices, torch.float32)
        values = torch.linalg.svdvals(found)
        assert values.median() > 0.65
        assert values.max() < 1.3
        left, _, right = torch.linalg.svd(matrices, full_matrices=False)
        assert torch.nn.functional.cosine_similarity(found.flatten(1), (left @ right).flatten(1)).min() > 0.95


def test_muon_steps_as_torch_s_own_does() -> None:
    torch.manual_seed(0)
    ours, theirs = (torch.nn.Linear(24, 40, bias=False) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    own = Muon([ours.weight], 0.01, dtype=torch.bfloat16)
    reference = torch.optim.Muon(
        [theirs.weight], lr=0.01, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    before = ours.weight.detach().clone()
    for _ in range(4):
        ours.weight.grad = theirs.weight.grad = torch.randn(40, 24)
        own.step()
        reference.step()
    moved, expected = ours.weight - before, theirs.weight - before
    assert (moved - expected).norm() < 0.02 * expected.norm()
