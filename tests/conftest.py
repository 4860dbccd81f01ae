"""Every test run checks shapes and types in signatures, fetches nothing, and leaves the user's run log alone."""

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import settings

from tests.typed import check_types

# Both are read once, when huggingface_hub is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

# How long an example takes depends on what else the machine does.
settings.register_profile("affectlab", deadline=None)
settings.load_profile("affectlab")

# Before any test module imports affectlab.
check_types("affectlab")


@pytest.fixture(scope="session", autouse=True)
def run_log_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands run by tests, in this process or in another, write to a run log that goes away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFECTLAB_LOG", str(tmp_path_factory.mktemp("runlog") / "log.sqlite"))
        yield


CUES = {
    "afraid": "trembled dark footsteps froze shadow",
    "angry": "slammed shouted glared fists insult",
    "calm": "slowly breeze tea quiet breathed",
    "sad": "wept grave empty rain farewell",
}
COMMON = (
    "the a her his old small two some then while under near bread door letter train garden kitchen road morning "
    "brother walked waited carried found opened asked said took window table paper lamp river bridge coat and with from"
).split()


def _words(random: Random, least: int, most: int, cues: list[str]) -> str:
    words = [
        random.choice(cues if cues and random.random() < 0.35 else COMMON) for _ in range(random.randint(least, most))
    ]
    return " ".join(words).capitalize() + "."


def make_labelled(
    stories: int = 6, neutral: int = 4, *, topics: int = 6, least: int = 15, most: int = 28, seed: int = 0
) -> list[dict[str, Any]]:
    """Rows for an extraction: so many stories per emotion, so many neutral texts and as many neutral conversations."""
    random = Random(seed)
    rows: list[dict[str, Any]] = []
    for number in range(stories):
        for emotion, cues in CUES.items():
            row = {"id": f"{emotion}-{number}", "kind": "stories", "topic": f"topic {number % topics}"}
            rows.append({**row, "emotion": emotion, "text": _words(random, least, most, cues.split())})
    for number in range(neutral):
        row = {"kind": "neutral", "topic": f"topic {number % topics}"}
        rows.append({"id": f"plain-{number}", **row, "text": _words(random, least, most, [])})
        turns = [{"role": role, "content": _words(random, least // 2, most // 2, [])} for role in ("user", "assistant")]
        rows.append({"id": f"chat-{number}", **row, "turns": turns})
    return rows


@pytest.fixture(scope="session")
def labelled() -> Callable[..., list[dict[str, Any]]]:
    """Makes the rows of a small corpus: stories of four emotions that use their cue words, and neutral texts."""
    return make_labelled
