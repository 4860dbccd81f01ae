"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from affectlab import corpus_of, write_parquet
from affectlab.pocket import items
from affectlab.writing.folder import CORPUS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stories, labels = items.bank_a_texts(5)
    requests = [request._replace(emotion=label) for request, label in zip(items.story_requests(5), labels, strict=True)]
    for name, rows in (
        ("stories", items.story_rows(requests, stories, "the generator")),
        ("neutral", items.neutral_rows(60)),
    ):
        folder = tmp_path / "out" / "demo" / name
        folder.mkdir(parents=True)
        write_parquet(corpus_of(rows), folder / CORPUS)
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(compile(code[1], "README.md", "exec"), names)
    assert (tmp_path / "vectors.safetensors").is_file()
    place = names["found"].vectors.index("happy")  # type: ignore[attr-defined]
    assert names["reading"]["happy"].max() == names["reading"].scores.max(axis=0)[place]  # type: ignore[index, attr-defined]
    assert names["reply"].steered  # type: ignore[attr-defined]


def test_every_page_and_picture_it_names_is_there() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", README):
        if not link.startswith("http"):
            assert (ROOT / link).exists(), link


def test_every_command_it_names_exists() -> None:
    from affectlab.cli.app import command

    known = set(command().commands)
    named = set(re.findall(r"^    affectlab (\w+)", README, re.MULTILINE))
    assert named
    assert named <= known


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= targets
