"""What the README shows is what happens."""

from __future__ import annotations

import re
import shlex
import shutil
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from affectlab import corpus_of, write_parquet
from affectlab.pocket import items
from affectlab.writing.folder import CORPUS
from tests.behaviour.provider.test_command_line import evaluated, log_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


LINES = re.findall(r"^    inspect eval ((?:.*\\\n)*.*)$", README, re.MULTILINE)
INSPECT = [line.replace("\\\n", " ") for line in LINES]


class Example(NamedTuple):
    """The folder in which the library's example ran, and its names."""

    folder: Path
    names: dict[str, Any]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example as it stands there, on stories by the generator."""
    folder = tmp_path_factory.mktemp("readme")
    stories, labels = items.bank_a_texts(5)
    requests = [request._replace(emotion=label) for request, label in zip(items.story_requests(5), labels, strict=True)]
    for name, rows in (
        ("stories", items.story_rows(requests, stories, "the generator")),
        ("neutral", items.neutral_rows(60)),
    ):
        texts = folder / "out" / "demo" / name
        texts.mkdir(parents=True)
        write_parquet(corpus_of(rows), texts / CORPUS)
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    with chdir(folder):
        exec(compile(code[1], "README.md", "exec"), names)
    return Example(folder, names)


@pytest.mark.slow
def test_the_library_example_runs(example: Example) -> None:
    assert (example.folder / "vectors.safetensors").is_file()
    found, reading, reply = (example.names[name] for name in ("found", "reading", "reply"))
    assert reading["happy"].max() == reading.scores.max(axis=0)[found.vectors.index("happy")]
    assert reply.steered


def test_it_names_a_task_of_ours_and_one_of_others() -> None:
    assert [line.split("/")[0] for line in INSPECT] == ["affectlab", "inspect_evals"]


@pytest.mark.slow
@pytest.mark.parametrize("line", INSPECT, ids=["ours", "of others"])
def test_its_lines_of_inspect_run(example: Example, tmp_path: Path, line: str) -> None:
    shutil.copy(example.folder / "vectors.safetensors", tmp_path)
    done = evaluated(tmp_path, *shlex.split(line))
    assert done.returncode == 0, done.stderr
    log = log_of(tmp_path)
    assert log.status == "success"
    assert log.samples
    for sample in log.samples:
        assert sample.scores
        assert sample.output.metadata is not None
        assert sample.output.metadata["affectlab"]["receipt"]["tokens"] > 0


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
