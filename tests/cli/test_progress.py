"""Progress is shown on standard error when something takes longer than two seconds, and not before."""

import io
import time

import pytest

from affectlab.cli import progress
from affectlab.cli.progress import Stage, clock, stage


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    monkeypatch.setattr(progress, "LINE_EVERY", 0.05)
    monkeypatch.setattr(progress, "REFRESH", 0.02)


def test_what_is_quick_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with stage("reading"):
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_there_are_plain_lines(impatient: None, capsys: pytest.CaptureFixture[str]) -> None:
    with stage("extracting") as shown:
        shown.reached(100, 1000)
        time.sleep(0.04)
        shown.reached(300, 1000)
        time.sleep(0.1)
    out, err = capsys.readouterr()
    assert out == ""
    first = err.splitlines()[0]
    assert first.startswith("affectlab: extracting: 300 of 1,000 tokens, ")
    assert "tokens/s, 0:00 left" in first


def test_in_a_terminal_the_line_goes_away(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with stage("loading [model]") as shown:
        time.sleep(0.15)
        shown.reached(1, 2)
        time.sleep(0.1)
    assert "loading [model]: 1 of 2 tokens" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")


def test_an_error_ends_the_stage(impatient: None) -> None:
    with pytest.raises(ZeroDivisionError), stage("dividing"):
        raise ZeroDivisionError


def test_speed_leaves_out_what_an_earlier_run_had_done() -> None:
    shown = Stage("extracting")
    shown.reached(900, 1000)
    time.sleep(0.05)
    shown.reached(910, 1000)
    assert 50 < shown.speed <= 200


def test_a_clock_shows_hours_where_there_are_any() -> None:
    assert [clock(4.4), clock(75), clock(3661)] == ["0:04", "1:15", "1:01:01"]
