"""Pocket writes in vLLM, in one process and behind `vllm serve`: its texts pass the screen like its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from affectlab import read_corpus
from affectlab.cli.entry import run
from affectlab.models.hf.folders import shipped_folder
from affectlab.writing.folder import CORPUS

VLLM = Path(os.environ.get("AFFECTLAB_VLLM_PYTHON", ".venv-vllm/bin/python"))
TEXTS = 60
MEMORY = ("--gpu-memory-utilization", "0.4")
"""Of this machine, which others may use too."""

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(not shipped_folder("pocket").is_dir(), reason="the weights are not in the package yet"),
    pytest.mark.skipif(not VLLM.is_file(), reason=f"vLLM is not installed at {VLLM} (make test-vllm installs it)"),
]


def check(folder: Path, writer: str) -> None:
    """Nearly all that was planned is there, by this writer, and no text twice."""
    corpus = read_corpus(folder / CORPUS)
    assert 0.9 * TEXTS <= len(corpus) == len({corpus.text(row) for row in range(len(corpus))})
    assert writer in str(corpus.row(0)["writer"])


def test_vllm_writes_in_its_own_process(tmp_path: Path) -> None:
    options = ["--writer", "vllm", "--sample", str(TEXTS), "-o", str(tmp_path / "corpus"), "--json"]
    command = [str(VLLM), "-m", "affectlab", "write", "pocket", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=560, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["planned"] == TEXTS, "one object, and nothing of vLLM's"
    check(tmp_path / "corpus", "pocket in vLLM")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `vllm serve` with pocket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    options = ["--model", str(shipped_folder("pocket").resolve()), "--served-model-name", "pocket", "--enforce-eager"]
    command = [str(VLLM), "-m", "vllm.entrypoints.openai.api_server", *options, "--dtype", "float32", *MEMORY]
    with log.open("w") as output:
        place = ["--host", "127.0.0.1", "--port", str(port), "--max-model-len", "1024"]
        server = subprocess.Popen([*command, *place], stdout=output, stderr=subprocess.STDOUT)
    try:
        for _ in range(300):
            assert server.poll() is None, log.read_text()[-3000:]
            try:
                urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                break
            except (URLError, OSError):
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(timeout=60)


def test_a_server_of_vllm_is_asked_over_the_net(served: str, tmp_path: Path) -> None:
    asked = ["--writer", served, "--writer-model", "pocket", "--register", "pocket"]
    assert run(["write", *asked, "--sample", str(TEXTS), "-o", str(tmp_path / "corpus")]) == 0
    check(tmp_path / "corpus", "pocket at ")


def test_a_model_that_is_not_served_is_named(served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--writer", served, "--writer-model", "socket", "--register", "pocket"]
    assert run(["write", *asked, "--sample", "4", "-o", str(tmp_path / "corpus")]) == 2
    error = capsys.readouterr().err
    assert "socket" in error
    assert "pocket" in error
