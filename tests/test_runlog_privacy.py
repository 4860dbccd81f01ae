"""The log is its user's own business."""

from pathlib import Path

import pytest

from affectlab import runlog
from affectlab.cli.texts import abridged


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AFFECTLAB_LOG", str(tmp_path / "state" / "runs.sqlite"))
    return tmp_path / "state" / "runs.sqlite"


def test_the_log_is_for_its_user_alone(log: Path) -> None:
    with runlog.record("extract", arguments={}):
        for path in log.parent.iterdir():
            assert path.stat().st_mode & 0o777 == 0o600, path
    log.chmod(0o644)
    with runlog.record("extract", arguments={}):
        pass
    assert log.stat().st_mode & 0o777 == 0o600, "a log of an earlier version"


def test_a_log_that_is_off_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AFFECTLAB_LOG", "off")
    monkeypatch.chdir(tmp_path)
    with runlog.record("extract", arguments={}) as run:
        run.note(model="pocket")
        run.result({"tokens": 1})
    assert runlog.runs() == []
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


def test_of_a_text_the_log_keeps_a_beginning_and_a_hash() -> None:
    secret = "My password is hunter2, and nobody else's."
    kept = abridged(secret)
    assert kept.startswith("My password is h... (42 characters, sha256 ")
    assert kept == abridged(secret) != abridged(f"{secret} ")
    assert abridged("\udcff")
