"""Pocket and a tiny model with vectors to steer them with; what Inspect writes goes away afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from inspect_ai.model import ChatMessage, ChatMessageUser, GenerateConfig, get_model

from affectlab.behaviour.provider.shared import close_queue, open_queue
from affectlab.models.base import Model
from affectlab.testing.tiny import save_tiny
from affectlab.text import corpus_of
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.store import load_vectors, save_vectors
from affectlab.vectors.vectorset import VectorSet


class Subject(NamedTuple):
    """A model by the name that Inspect knows it by, and vectors of it."""

    name: str
    model: Model
    vectors: str

    @property
    def vector_set(self) -> VectorSet:
        return load_vectors(self.vectors)


def ask(
    subject: Subject | str, said: str | list[ChatMessage], tools: Any = (), choice: Any = "auto", **options: Any
) -> Any:
    """One call of the provider, without a task. `options` are settings, and the arguments of a model."""
    config = GenerateConfig(**{name: options.pop(name) for name in {*options} & {*GenerateConfig.model_fields}})
    name = subject if isinstance(subject, str) else subject.name
    model = get_model(name, memoize=False, **options)
    messages: list[ChatMessage] = [ChatMessageUser(content=said)] if isinstance(said, str) else said
    try:
        return asyncio.run(model.api.generate(messages, list(tools), choice, config))
    finally:
        model.api.close()


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_in_the_home_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Inspect keeps traces and caches in the user's folders."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "INSPECT_LOG_DIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name)))
        yield


def subject_of(name: str, folder: Path, rows: list[dict[str, Any]]) -> Iterator[Subject]:
    """Loaded once, and shared with the provider."""
    key, queue = open_queue(name, {"dtype": "float32"})
    recipe = Recipe(start=8, minimum=3, rank=40)
    found = extract(queue.model, corpus_of(rows), layers=range(2, queue.model.blocks), recipe=recipe)
    save_vectors(found.vectors, folder / "vectors.safetensors")
    yield Subject(f"affectlab/{name}", queue.model, str(folder / "vectors.safetensors"))
    close_queue(key)


@pytest.fixture(scope="session")
def pocket(
    tmp_path_factory: pytest.TempPathFactory, labelled: Callable[..., list[dict[str, Any]]]
) -> Iterator[Subject]:
    yield from subject_of("pocket", tmp_path_factory.mktemp("pocket"), labelled(neutral=8))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, labelled: Callable[..., list[dict[str, Any]]]) -> Iterator[Subject]:
    """A tiny Llama in a folder, whose tokens are bytes."""
    folder = tmp_path_factory.mktemp("tiny")
    yield from subject_of(str(save_tiny(folder / "model")), folder, labelled(neutral=8))
