"""Rows to test with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]
EMOTIONS = ("afraid", "calm", "at ease")


def make_story(number: int, **changed: Any) -> Row:
    row = {
        "id": f"s{number}",
        "kind": "stories",
        "topic": f"topic {number % 12}",
        "emotion": EMOTIONS[number % 3],
        "text": f"Story {number}: she waited — 待つ.",
    }
    return row | changed


def make_conversation(number: int, **changed: Any) -> Row:
    turns = [{"role": "user", "content": f"How long is {number} m?"}, {"role": "assistant", "content": f"{number} m."}]
    return {"id": f"n{number}", "kind": "neutral", "topic": f"topic {number % 12}", "turns": turns} | changed


def make_others() -> list[Row]:
    turns = [
        {"role": "user", "content": "I lost it.", "emotion": "sad"},
        {"role": "assistant", "content": "Let us look."},
    ]
    dialogue = {"id": "d1", "kind": "dialogues", "turns": turns, "person_emotion": "sad", "ai_emotion": "calm"}
    hidden = {"id": "h1", "kind": "hidden", "text": "Fine, he said.", "real": "angry", "displayed": "calm"}
    return [
        {"id": "plain", "kind": "neutral", "topic": "bread", "text": "Bread is baked at 220 degrees."},
        dialogue | {"topic": "topic 3"},
        hidden | {"topic": "topic 4", "condition": "hidden", "scenario": "He lost the bet.", "prompt_hash": "ab12"},
    ]


def write_rows(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def story() -> Callable[..., Row]:
    """The story of a number: its topic is one of twelve, its emotion one of three."""
    return make_story


@pytest.fixture(scope="session")
def conversation() -> Callable[..., Row]:
    return make_conversation


@pytest.fixture(scope="session")
def write_lines() -> Callable[..., Path]:
    """Writes rows as JSON lines and gives the path back."""
    return write_rows


@pytest.fixture
def rows() -> list[Row]:
    """A little of every kind, with every field but `fold`."""
    stories = [make_story(number, writer="a model", seed=number, meta={"tags": ["x", None]}) for number in range(40)]
    return [*stories, *(make_conversation(number) for number in range(15)), *make_others()]
