"""A model that vLLM runs in this process: the quickest way to many texts where vLLM is installed.

Requests go to vLLM some hundreds at a time, so that progress shows and a run that is killed loses little; vLLM decides
which of them run together. The same run may therefore write other texts another time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from affectlab.errors import InputError, ModelError
from affectlab.models.chat import check_messages, render_plain
from affectlab.models.hf.folders import folder_of
from affectlab.writing.writers.base import FEW, Answer, Request
from affectlab.writing.writers.replies import without_thought

TOGETHER = 256

SHARE = 0.4
"""Of a machine's memory, where vLLM runs on its processor: by itself it wants nine tenths, and refuses to start where
others use some of that."""


class VllmWriter:
    """A model by its name or folder. `options` go to `vllm.LLM`, such as `dtype` or `tensor_parallel_size`."""

    def __init__(self, model: str, **options: Any) -> None:
        # Else it writes what it does to standard output, where the outcome of a command stands.
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
        try:
            vllm = import_module("vllm")
        except ImportError as error:
            fix = "install vLLM beside affectlab, or ask `vllm serve` with --writer URL"
            raise InputError("vLLM is not installed", where="--writer vllm", found=str(error), fix=fix) from error
        if import_module("vllm.platforms").current_platform.is_cpu():
            options.setdefault("gpu_memory_utilization", SHARE)
        try:
            self._llm = vllm.LLM(model=str(folder_of(model) or model), **options)
        except (ValueError, RuntimeError, OSError) as error:
            fix = "vLLM's own messages above say why; often it has too little memory"
            raise ModelError("vLLM cannot load this model", where=model, found=str(error).strip(), fix=fix) from error
        self._drawn = vllm.SamplingParams
        self.name = f"{model} in vLLM {vllm.__version__}"
        self.few = FEW
        self.settings: Mapping[str, Any] = {}

    @property
    def register(self) -> str:
        """The language of requests that the model reads, as its configuration says."""
        ours = getattr(self._llm.llm_engine.model_config.hf_config, "affectlab", {})
        return str(ours.get("register", "general"))

    def write(
        self,
        requests: Sequence[Request],
        *,
        max_tokens: int,
        temperature: float,
        top_p: float,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[Answer]:
        """One answer a request, in order."""
        found: list[Answer] = []
        for start in range(0, len(requests), TOGETHER):
            some = requests[start : start + TOGETHER]
            drawn = [
                self._drawn(max_tokens=max_tokens, temperature=temperature, top_p=top_p, seed=request.seed)
                for request in some
            ]
            found += [_answer(output.outputs[0]) for output in self._outputs(some, drawn)]
            progress(len(found))
        return found

    def _outputs(self, requests: Sequence[Request], drawn: Sequence[Any]) -> Sequence[Any]:
        for request in requests:
            check_messages(request.messages)
        if self._llm.get_tokenizer().chat_template is None:
            plain = [render_plain(request.messages, generation=True) for request in requests]
            return list(self._llm.generate(plain, list(drawn), use_tqdm=False))
        chats = [[dict(message) for message in request.messages] for request in requests]
        thoughtless = {"enable_thinking": False}
        return list(self._llm.chat(chats, list(drawn), use_tqdm=False, chat_template_kwargs=thoughtless))


def _answer(output: Any) -> Answer:
    return Answer(without_thought(output.text), "length" if output.finish_reason == "length" else "stop")
