"""Pocket is an ordinary checkpoint: Transformers and vLLM load its folder as it is, and say the same."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

import affectlab
from affectlab import lexicon
from affectlab.models.hf.folders import SHIPPED, shipped_folder
from affectlab.pocket import items

pytestmark = pytest.mark.skipif(not shipped_folder("pocket").is_dir(), reason="the weights are not in the package yet")
MOST_BYTES = 16 * 2**20
NEW_TOKENS = 48
VLLM = Path(os.environ.get("AFFECTLAB_VLLM_PYTHON", ".venv-vllm/bin/python"))
ASK_VLLM = """
import json, sys
from vllm import LLM, SamplingParams
folder, prompts, tokens = json.load(sys.stdin)
options = {"enforce_eager": True, "enable_prefix_caching": False, "gpu_memory_utilization": 0.4}
model = LLM(model=folder, dtype="float32", max_model_len=512, **options)
found = model.generate([{"prompt_token_ids": p} for p in prompts], SamplingParams(temperature=0, max_tokens=tokens))
print("TOKENS" + json.dumps([list(answer.outputs[0].token_ids) for answer in found]))
"""


def prompts() -> list[list[dict[str, str]]]:
    """Requests for stories, and things that humans say."""
    asked = [request.chat for request in items.story_requests(1)[::29]]
    return asked + [[{"role": "user", "content": said}] for said in items.human_prompts(["sad", "proud"], 1)]


def greedy(name: str) -> tuple[list[list[int]], list[list[int]]]:
    """Tokens of the prompts, and what Transformers alone answers to them."""
    folder = shipped_folder(name)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    given, answers = [], []
    for chat in prompts():
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            whole = network.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=NEW_TOKENS, top_p=None)
        given.append(ids)
        answers.append(whole[0, len(ids) :].tolist())
    return given, answers


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_small_whole_and_documented(name: str) -> None:
    folder = shipped_folder(name)
    weights = folder / "model.safetensors"
    assert weights.stat().st_size <= MOST_BYTES
    with safe_open(weights, "pt") as file:
        assert {str(file.get_tensor(key).dtype) for key in file.keys()} == {"torch.bfloat16"}  # noqa: SIM118
    card = (folder / "README.md").read_text(encoding="utf-8")
    for wanted in ("Licence", "Rules", "Limits", "Register", "SHA-256", "nothing about large models"):
        assert wanted in card or wanted.lower() in card.lower()
    assert f"`{hashlib.sha256(weights.read_bytes()).hexdigest()}`" in card
    log = json.loads((folder / "training.json").read_text())
    assert log["losses"][-1][1] < log["losses"][0][1]
    assert json.loads((folder / "config.json").read_text())["affectlab"] == {"register": "pocket"}


@pytest.mark.parametrize("name", SHIPPED)
def test_affectlab_says_what_transformers_says(name: str) -> None:
    given, answers = greedy(name)
    model = affectlab.load(name)
    replies = affectlab.generate(model, prompts(), affectlab.Sampling(max_tokens=NEW_TOKENS))
    assert [list(reply.prompt) for reply in replies] == given
    assert [list(reply.tokens) for reply in replies] == answers


def test_every_emotion_word_is_one_token() -> None:
    tokenizer = affectlab.load("pocket").tokenizer
    for word in lexicon.names():
        assert len(tokenizer.encode(f"x {word}")) == len(tokenizer.encode("x")) + 1


@pytest.mark.vllm
@pytest.mark.parametrize("name", SHIPPED)
def test_vllm_says_what_transformers_says(name: str) -> None:
    if not VLLM.is_file():
        pytest.skip(f"vLLM is not installed at {VLLM} (make test-vllm installs it)")
    given, answers = greedy(name)
    asked = json.dumps([str(shipped_folder(name).resolve()), given, NEW_TOKENS])
    done = subprocess.run([VLLM, "-c", ASK_VLLM], input=asked, capture_output=True, text=True, timeout=560, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("TOKENS")]
    assert json.loads(line.removeprefix("TOKENS")) == answers
