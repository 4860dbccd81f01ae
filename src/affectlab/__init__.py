"""affectlab: emotion concepts inside language models, found, read and steered.

    import affectlab

    model = affectlab.load("Qwen/Qwen3-0.6B")
    found = affectlab.extract(model, affectlab.read_corpus(["stories.jsonl"]))
    reading = affectlab.read(model, found.vectors, ["She laughed and threw the door open."])

Names are imported on first use, so `import affectlab` is quick and loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from affectlab._version import __version__

if TYPE_CHECKING:
    from affectlab.core import Convention, Mix, Reading, Receipt, Score, Steer, Tokens, parse_mix
    from affectlab.errors import AffectlabError
    from affectlab.models.base import Model, Row, Sampling
    from affectlab.models.chat import encode_chat
    from affectlab.models.hf.load import from_network
    from affectlab.models.load import load
    from affectlab.models.verbs import choose, generate, score
    from affectlab.testing import check_model
    from affectlab.text import Corpus, corpus_of, read_corpus, write_parquet
    from affectlab.vectors.extract import Extraction, extract
    from affectlab.vectors.read import read
    from affectlab.vectors.store import load_sums, load_vectors, save_sums, save_vectors
    from affectlab.vectors.vectorset import VectorSet

_HOMES = {
    "affectlab.core": ("Convention", "Mix", "Reading", "Receipt", "Score", "Steer", "Tokens", "parse_mix"),
    "affectlab.errors": ("AffectlabError",),
    "affectlab.models.base": ("Model", "Row", "Sampling"),
    "affectlab.models.chat": ("encode_chat",),
    "affectlab.models.hf.load": ("from_network",),
    "affectlab.models.load": ("load",),
    "affectlab.models.verbs": ("choose", "generate", "score"),
    "affectlab.testing": ("check_model",),
    "affectlab.text": ("Corpus", "corpus_of", "read_corpus", "write_parquet"),
    "affectlab.vectors.extract": ("Extraction", "extract"),
    "affectlab.vectors.read": ("read",),
    "affectlab.vectors.store": ("load_sums", "load_vectors", "save_sums", "save_vectors"),
    "affectlab.vectors.vectorset": ("VectorSet",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AffectlabError",
    "Convention",
    "Corpus",
    "Extraction",
    "Mix",
    "Model",
    "Reading",
    "Receipt",
    "Row",
    "Sampling",
    "Score",
    "Steer",
    "Tokens",
    "VectorSet",
    "__version__",
    "check_model",
    "choose",
    "corpus_of",
    "encode_chat",
    "extract",
    "from_network",
    "generate",
    "load",
    "load_sums",
    "load_vectors",
    "parse_mix",
    "read",
    "read_corpus",
    "save_sums",
    "save_vectors",
    "score",
    "write_parquet",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'affectlab' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
