"""No command replaces what it reads, a model, or a file of something else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Bench, Cli, Lab


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_extract_does_not_replace_files_of_the_model(bench: Bench, name: str) -> None:
    folder = shutil.copytree(bench.lab.model, bench.folder / "model")
    line = bench.refused("extract", str(folder), bench.lab.corpus, "-o", str(folder / name))
    assert "this would replace a file of something else" in line or "take this for its weights" in line


def test_extract_makes_no_file_that_a_model_would_take_for_its_weights(bench: Bench) -> None:
    folder = Path(shutil.copytree(bench.lab.model, bench.folder / "model"))
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    for name in ("model.safetensors", "model-00002-of-00002.safetensors"):
        line = bench.refused("extract", "fake", bench.lab.corpus, "-o", str(folder / name))
        assert "a model would take this for its weights" in line


@pytest.mark.parametrize("name", ["x.safetensors", "x.sums.safetensors", "x.partial.safetensors"])
def test_extract_replaces_no_file_that_is_not_ours(bench: Bench, name: str) -> None:
    shutil.copy(f"{bench.lab.model}/model.safetensors", bench.folder / name)
    line = bench.refused("extract", "fake", bench.lab.corpus, "-o", "x.safetensors", "--start", "5")
    assert f"{name}: this would replace a file of something else" in line


def test_extract_replaces_vectors_and_empty_files(cli: Cli, lab: Lab, tmp_path: Path) -> None:
    output = tmp_path / "v.safetensors"
    output.touch()
    for start in ("5", "6"):
        assert cli("extract", "fake", lab.corpus, "-o", str(output), "--start", start).code == 0


def test_a_page_does_not_replace_what_is_read(bench: Bench) -> None:
    vectors, sums, chat = bench.folder / "v.st", bench.folder / "v.st.sums.safetensors", bench.folder / "chat.json"
    shutil.copy(bench.lab.fake, vectors)
    shutil.copy(f"{bench.lab.fake}.sums.safetensors", sums)
    chat.write_text(json.dumps([{"role": "user", "content": "Hello."}]))
    (bench.folder / "link").symlink_to(vectors)
    for output in (vectors, sums, bench.folder / "link", chat):
        line = bench.refused("read", str(vectors), "--chat", str(chat), "--html", str(output))
        assert "this would replace an input" in line


def test_vectors_of_a_folder_find_it_beside_themselves_and_say_when_it_is_gone(
    cli: Cli, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(bench.lab.model, bench.folder / "models" / "tiny")
    made = cli("extract", "models/tiny", bench.lab.corpus, "-o", "v.safetensors", "--layers", "1", "--json")
    assert made.code == 0
    (bench.folder / "elsewhere").mkdir()
    monkeypatch.chdir(bench.folder / "elsewhere")
    assert cli("read", "../v.safetensors", "hello").code == 0
    (bench.folder / "models").rename(bench.folder / "moved")
    line = bench.refused("read", "../v.safetensors", "hello")
    assert "models/tiny: the folder of the model is not there" in line
    assert "--model" in line
    assert cli("read", "../v.safetensors", "hello", "--model", "../moved/tiny").code == 0
