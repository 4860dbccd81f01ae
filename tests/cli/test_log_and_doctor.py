"""`affectlab log` shows what was run; `affectlab doctor` shows what is proved of a model."""

import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from affectlab import runlog
from affectlab._version import __version__
from affectlab.cli import progress
from affectlab.models.hf.identity import files_digest
from tests.cli.conftest import Cli, Lab


@pytest.fixture
def own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AFFECTLAB_LOG", str(tmp_path / "log.sqlite"))
    return tmp_path / "log.sqlite"


def test_an_empty_log_says_so(cli: Cli, own_log: Path) -> None:
    assert cli("log").out == f"nothing in {own_log}\n"
    assert cli("log", "--json").json == {"runs": []}


def test_runs_are_shown_with_their_results_and_errors(cli: Cli, lab: Lab, own_log: Path) -> None:
    cli("read", lab.fake, "She wept in the rain")
    cli("read", lab.fake, "She wept", "--emotions", "sadd")
    shown = cli("log").out
    assert "2 lines" not in shown
    failed, worked = shown.splitlines()[1:3]
    assert "error" in failed
    assert "--emotions: unknown emotion 'sadd'" in failed
    assert " ok " in worked
    assert "fake" in worked
    [first, second] = cli("log", "--json").json["runs"]
    assert (first["status"], first["result"]["fix"]) == ("error", "did you mean 'sad'?")
    assert (second["command"], second["arguments"]["text"][:16]) == ("read", "She wept in the ")
    assert len(cli("log", "--limit", "1", "--json").json["runs"]) == 1
    assert cli("log", "--command", "steer", "--json").json == {"runs": []}


MODELS = ("fake", "meta-llama/Llama-3.1-8B-Instruct", "/home/somebody/models/a-long-name/checkpoint-12000")


@pytest.mark.parametrize("width", [80, 100, 120])
def test_only_the_result_is_cut_where_the_screen_ends(
    cli: Cli, own_log: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    for model in MODELS:
        with runlog.record("extract", {}) as run:
            run.note(model=model)
            run.result({"vectors": "/home/somebody/vectors/of-everything.safetensors", "emotions": ["calm"] * 171})
    monkeypatch.setattr("affectlab.report.terminal.PLAIN_WIDTH", width)
    head, *lines = cli("log").out.splitlines()
    assert head.split() == ["run", "started", "command", "status", "took", "model", "result"]
    assert len(lines) == 3
    for line, kept in zip(lines, runlog.runs(), strict=True):
        started = f"{datetime.fromisoformat(kept.started).astimezone():%Y-%m-%d %H:%M}"
        assert line.split()[:6] == [str(kept.id), *started.split(), "extract", "ok", line.split()[5]]
        assert line[head.index("took") : head.index("model")].strip().endswith(" s")
        model = line[head.index("model") : head.index("result")].strip()
        assert model == kept.notes["model"] or "..." in model
        assert len(model) >= min(16, len(kept.notes["model"]))
        assert line[head.index("result") :].startswith("vectors ")
        assert len(line) <= width
        assert line.rstrip().endswith("…") or line.rstrip().endswith("emotions (171)")


def test_a_log_that_is_off_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFECTLAB_LOG", "off")
    assert cli("log").out == "the run log is off (AFFECTLAB_LOG)\n"


def test_looking_at_the_log_is_not_logged(cli: Cli, lab: Lab, own_log: Path) -> None:
    cli("read", lab.fake, "She wept")
    cli("log")
    assert len(runlog.runs()) == 1


def test_a_doctor_says_what_is_proved_and_which_model_it_is(
    cli: Cli, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 600.0)
    ran = cli("doctor", lab.model, "--json")
    assert list(ran.json) == ["model", "facts", "size", "versions", "bfloat16"]
    assert ran.json["model"]["id"] == lab.model
    assert ran.json["model"]["weights"] == files_digest(Path(lab.model).glob("*.safetensors"))
    assert ran.json["facts"]["causal"] == "a later token changes nothing before it"
    assert ran.json["size"] == {"blocks": 4, "width": 48, "context": 512, "budget": ran.json["size"]["budget"]}
    versions = {"affectlab": __version__, "python": platform.python_version()}
    assert ran.json["versions"] == versions | {name: version(name) for name in ("torch", "transformers")}
    shown = cli("doctor", lab.model)
    assert "proved by running it" in shown.out
    assert ran.json["model"]["weights"] in shown.out
    assert shown.err == ""


def test_a_doctor_runs_the_conformance_suite_when_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectlab.testing import Check

    held, failed = Check("readings are right", True), Check("steering arrives", False, "it does not")
    monkeypatch.setattr("affectlab.testing.check_model", lambda model, raise_on_failure: (held, failed))
    ran = cli("doctor", "fake", "--thorough", "--json")
    assert [check["ok"] for check in ran.json["checks"]] == [True, False]
    assert ran.code == 1
    assert "FAILS it does not" in cli("doctor", "fake", "--thorough").out
    monkeypatch.setattr("affectlab.testing.check_model", lambda model, raise_on_failure: (held,))
    assert cli("doctor", "fake", "--thorough").code == 0
