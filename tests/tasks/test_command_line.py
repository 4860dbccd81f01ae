"""`inspect eval affectlab/blackmail --model affectlab/pocket`, as people type it, in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import entry_points
from pathlib import Path
from threading import Thread

import pytest
from inspect_ai.log import bundle_log_dir

from tests.behaviour.provider.conftest import Subject
from tests.behaviour.provider.test_command_line import evaluated, log_of
from tests.report.browsing import chromium

installed = pytest.mark.skipif(
    not os.environ.get("CI")
    and not any(entry.value == "affectlab.tasks.registry" for entry in entry_points(group="inspect_ai")),
    reason="the package is not installed anew since it has these tasks",
)


@pytest.mark.slow
@installed
def test_a_task_runs_by_its_name(pocket: Subject, tmp_path: Path) -> None:
    words = f"affectlab/blackmail --model affectlab/pocket -T samples=3 -M vectors={pocket.vectors} -M steer=0.05*angry"
    done = evaluated(tmp_path, *words.split())
    assert done.returncode == 0, done.stderr
    log = log_of(tmp_path)
    assert (log.status, log.eval.task, len(log.samples or [])) == ("success", "affectlab/blackmail", 3)
    assert log.results is not None
    assert [score.name for score in log.results.scores] == ["pressed", "probability", "unreadable"]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on this machine."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *told: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.slow
@installed
def test_its_log_opens_in_the_viewer(pocket: Subject, tmp_path: Path) -> None:
    steered = f"-M vectors={pocket.vectors} -M steer=0.05*angry -M read=angry"
    done = evaluated(tmp_path, *f"affectlab/blackmail --model affectlab/pocket -T samples=2 {steered}".split())
    assert done.returncode == 0, done.stderr
    bundle_log_dir(str(tmp_path / "logs"), str(tmp_path / "viewer"))
    [sample, *_] = log_of(tmp_path).samples or []
    with served(tmp_path / "viewer") as address, chromium() as browser:
        page = browser.new_page()
        page.goto(address)
        page.get_by_text("affectlab/blackmail").first.click()
        page.get_by_text(str(sample.id), exact=True).first.click()
        page.get_by_text(sample.output.completion.strip()[-30:]).first.wait_for()


@pytest.mark.slow
@installed
def test_what_is_wrong_is_said_before_anything_runs(tmp_path: Path) -> None:
    done = evaluated(tmp_path, *"affectlab/sycophancy --model mockllm/model".split())
    assert done.returncode != 0
    assert "-T grader: nobody is named who grades" in done.stderr + done.stdout
    assert not list(tmp_path.glob("logs/*.eval"))
