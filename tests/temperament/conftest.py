"""A base and a post-trained model between which a known change is planted at the ":" before an answer."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from affectlab.lexicon import emotions
from affectlab.models.fake import FakeModel
from affectlab.temperament import PromptSets
from affectlab.temperament.sides import human_norms
from affectlab.text import corpus_of
from affectlab.vectors.extract import Extraction, Recipe, extract

RATED = [emotion.name for emotion in emotions() if emotion.arousal is not None][::2]
CUES = {name: tuple(f"{name.replace(' ', '')}{n}" for n in range(4)) for name in RATED}
COMMON = [f"thing{n}" for n in range(40)]
AROUSAL = {name: human_norms()["arousal"][name] for name in RATED}
SIZES: dict[str, Any] = {"blocks": 2, "width": 128, "vocabulary": 1024}


TOKENIZER = FakeModel(CUES, **SIZES).tokenizer
"""All models share it: what a new word becomes depends on the words seen before."""


def base_model(**sizes: Any) -> FakeModel:
    model = FakeModel(CUES, **{**SIZES, **sizes})
    model.tokenizer = TOKENIZER
    model.identity = type(model.identity)("fake base", "", "config", "base", "tokenizer", "")
    return model


def trained(much: float = 0.5, **sizes: Any) -> FakeModel:
    """The base after training that moves the ":" along every emotion's direction by `much` x its arousal."""
    model = base_model(**sizes)
    colon = model.tokenizer.encode(":")[0]
    for name, arousal in AROUSAL.items():
        model.embedding[colon] += np.float32(much * arousal) * model.direction[name]
    model.identity = type(model.identity)("fake post", "", "config", f"post {much}", "tokenizer", "")
    return model


def said(kind: str, count: int, seed: int = 0) -> tuple[str, ...]:
    random = Random(f"{kind} {seed}")
    cues = [cue for some in CUES.values() for cue in some]
    return tuple(" ".join([*random.sample(COMMON, 5), *random.sample(cues, 2), f"{kind}{n}"]) for n in range(count))


def rows(per_word: int = 10) -> list[dict[str, Any]]:
    random = Random(0)
    found = []
    for number in range(per_word):
        for name, cues in CUES.items():
            text = " ".join(random.choice(cues if random.random() < 0.4 else COMMON) for _ in range(24))
            row = {"id": f"{name}-{number}", "kind": "stories", "topic": f"topic {number}", "emotion": name}
            found.append({**row, "text": text})
    for number in range(12):
        text = " ".join(random.choice(COMMON) for _ in range(24)) + f" : {number}"
        found.append({"id": f"n{number}", "kind": "neutral", "topic": f"topic {number % per_word}", "text": text})
    return found


@pytest.fixture(scope="session")
def prompts() -> PromptSets:
    return PromptSets(said("demand", 24), said("question", 15), said("table", 8))


@pytest.fixture(scope="session")
def few() -> PromptSets:
    """Where it does not matter how much they say."""
    return PromptSets(said("demand", 6), said("question", 5))


@pytest.fixture(scope="session")
def base() -> FakeModel:
    return base_model()


@pytest.fixture(scope="session")
def post() -> FakeModel:
    return trained()


def extracted(model: FakeModel) -> Extraction:
    return extract(model, corpus_of(rows()), recipe=Recipe(start=4, minimum=3, rank=20, share=0.3))


@pytest.fixture(scope="session")
def found(post: FakeModel) -> Extraction:
    """Vectors of the post-trained model."""
    return extracted(post)


@pytest.fixture(scope="session")
def found_in_base(base: FakeModel) -> Extraction:
    return extracted(base)
