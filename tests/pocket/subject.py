"""A pocket under test: it writes its own stories, and vectors are made of those that pass the screen."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from transformers import PreTrainedTokenizerFast

from affectlab import Corpus, Model, Row, Sampling, VectorSet, corpus_of, extract, from_network, generate, load
from affectlab.checks.controls import shuffled_vectors
from affectlab.models.hf.folders import shipped_folder
from affectlab.models.verbs import prompt_row
from affectlab.pocket import items
from affectlab.pocket.train.network import build_network
from affectlab.text.screen import Screening, screen
from affectlab.vectors.extract import Extraction
from affectlab.vectors.neutral import SHARE

PER_WORD, NEUTRAL = 16, 200
WRITING = Sampling(max_tokens=260, temperature=1.0, top_p=0.95, seed=1)
"""Stories of the world are 90 to 220 tokens; what runs on is cut."""


def folder_under_test(name: str) -> Path:
    """The shipped weights, or those of another training in the folder that POCKET_UNDER_TEST names."""
    other = os.environ.get("POCKET_UNDER_TEST")
    return Path(other) / name if other else shipped_folder(name)


@dataclass(frozen=True, eq=False)
class Subject:
    """A model with its stories. `vectors` is what is tested; the same stories give those of shuffled labels."""

    model: Model
    requests: tuple[items.StoryRequest, ...]
    corpus: Corpus
    screening: Screening
    extraction: Extraction = field(repr=False)
    vectors: VectorSet = field(repr=False)
    base: Model | None = None
    true_labels: Subject | None = None
    """The same with its labels as they are, if these have been shuffled."""
    screened: bool = True

    @cached_property
    def accepted(self) -> float:
        """The share of requests whose story passed the screen."""
        return len(self.corpus.subset(self.screening.accepted).select(kind="stories")) / len(self.requests)

    @cached_property
    def stories(self) -> Corpus:
        """What the vectors are made of."""
        used = self.corpus.subset(self.screening.accepted) if self.screened else self.corpus
        return used.select(kind="stories")

    @cached_property
    def labels(self) -> np.ndarray:
        labels = np.array(self.stories.labels)
        return labels if self.true_labels is None else np.random.default_rng(7).permutation(labels)

    @property
    def layer(self) -> int:
        return self.vectors.default_layer

    def shuffled(self) -> Subject:
        """The same model and stories, with the labels of the stories dealt out anew."""
        return replace(self, vectors=shuffled_vectors(self.extraction.sums, SHARE, seed=11), true_labels=self)

    def rows(self, decisions: Sequence[items.Decision]) -> list[Row]:
        """Prompts up to the point of decision."""
        return [prompt_row(self.model, decision.chat, prefill=decision.prefill) for decision in decisions]

    def choice(self, words: tuple[str, str]) -> tuple[int, int]:
        """The tokens of two next words."""
        first, second = (self.model.tokenizer.encode(word)[-1] for word in words)
        return first, second


def subject(
    model: Model,
    base: Model | None = None,
    per_word: int = PER_WORD,
    *,
    writing: Sampling = WRITING,
    screened: bool = True,
    kept: Path | None = None,
) -> Subject:
    """Let a model write, screen what it wrote, and make vectors of it. What it writes is `kept` in a file, so that
    several workers need not write it again."""
    requests = items.story_requests(per_word)
    texts = written(model, [request.chat for request in requests], writing, kept)
    rows = items.story_rows(requests, texts, model.identity.id)
    corpus = corpus_of(rows + items.neutral_rows(NEUTRAL))
    screening = screen(corpus)
    found = extract(model, corpus.subset(screening.accepted) if screened else corpus)
    return Subject(model, tuple(requests), corpus, screening, found, found.vectors, base, screened=screened)


@contextmanager
def all_cores() -> Iterator[None]:
    """The other workers wait for what is written, so their cores are free."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def written(model: Model, chats: Sequence[items.Chat], writing: Sampling, kept: Path | None) -> list[str]:
    """What a model answers; the first worker that asks lets it write, the others wait and read."""
    if kept is None:
        return [reply.text for reply in generate(model, chats, writing)]
    with FileLock(kept.with_suffix(".lock")):
        if not kept.is_file():
            with all_cores():
                texts = written(model, chats, writing, None)
            kept.write_text(json.dumps(texts), encoding="utf-8")
        return [str(text) for text in json.loads(kept.read_text(encoding="utf-8"))]


def shipped(folder: Path | None = None) -> Subject:
    """Pocket, with the base it was trained from. Workers share what it writes in a folder."""
    kept = None if folder is None else folder / "pocket.json"
    return subject(load(str(folder_under_test("pocket"))), load(str(folder_under_test("pocket-base"))), kept=kept)


def untrained(folder: Path | None = None) -> Subject:
    """Networks of the same shape that nobody trained. What they write does not pass the screen, so all of it is used:
    that no vectors can be made is not what is tested."""
    kept = None if folder is None else folder / "untrained.json"
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder_under_test("pocket"))
    model, base = (from_network(build_network(tokenizer, seed).eval(), tokenizer) for seed in (1, 2))
    return subject(model, base, per_word=8, writing=replace(WRITING, max_tokens=120), screened=False, kept=kept)
