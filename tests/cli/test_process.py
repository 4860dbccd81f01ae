"""The real thing: a process of its own, started as users start it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from affectlab._version import __version__
from tests.cli.conftest import Lab

AFFECTLAB = [sys.executable, "-m", "affectlab"]
HEAVY = ("torch", "transformers", "pyarrow", "scipy", "numpy", "rich")


def affectlab(*words: str, **options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*AFFECTLAB, *words], capture_output=True, text=True, env=os.environ | options, check=False)


def test_help_takes_under_half_a_second() -> None:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        done = affectlab("--help")
        times.append(time.perf_counter() - began)
        assert done.returncode == 0
        assert "extract" in done.stdout
    assert min(times) < 0.5


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from affectlab.cli import run; run(['read', '--help'])"
    code += f"; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_installed_command_is_the_same() -> None:
    command = Path(sys.executable).with_name("affectlab")
    if not command.exists():
        pytest.skip("affectlab is not installed here")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"affectlab {__version__}\n"


def test_the_libraries_below_say_nothing(lab: Lab, tmp_path: Path) -> None:
    done = affectlab("extract", lab.model, lab.corpus, "-o", str(tmp_path / "v.safetensors"), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["texts"] == 32
    assert [line for line in done.stderr.splitlines() if not line.startswith("affectlab: ")] == []


@pytest.mark.parametrize("words", [["--help"], ["log"], ["log", "--json"]], ids=" ".join)
def test_a_reader_who_goes_away_is_no_error(words: list[str]) -> None:
    process = subprocess.Popen([*AFFECTLAB, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 141
    process.stderr.close()


HEEDING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
HEEDING += "from affectlab.cli import main; main()"
"""A parent that ignores SIGINT, as a shell does for what it runs in the background, hands that down: take it back."""


def opened_by_its_reader(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    """A named pipe, open for writing: that works only once somebody has opened it for reading."""
    while process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.01)
    raise AssertionError(process.communicate())


def test_an_interrupted_command_says_one_line(lab: Lab, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "chat.json")
    words = [sys.executable, "-c", HEEDING, "read", lab.fake, "--chat", str(tmp_path / "chat.json")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pipe = opened_by_its_reader(tmp_path / "chat.json", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(pipe)
    assert (process.returncode, out, err) == (130, b"", b"affectlab: interrupted\n")


def test_a_stream_that_cannot_show_a_character_gets_another(lab: Lab) -> None:
    done = affectlab("read", lab.fake, "She wept “there”", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "?" in done.stdout
