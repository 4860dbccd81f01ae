"""The proof passes where all guards hold, and names each one that is taken away."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from affectlab.behaviour.sandbox import choose, guards, proof, system_calls, watch
from affectlab.behaviour.sandbox.choose import choose_sandbox
from affectlab.behaviour.sandbox.errors import SandboxError
from tests.behaviour.sandbox.conftest import Drop

pytestmark = pytest.mark.usefixtures("unproved")


@pytest.fixture
def only_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slower half of the proof."""
    monkeypatch.setattr(proof, "ENDS", {})


def test_the_guards_hold_and_are_tried_once(bubblewrap: None, monkeypatch: pytest.MonkeyPatch) -> None:
    proof.prove()
    monkeypatch.setattr(guards, "FLAGS", {})
    proof.prove()


def test_without_the_network_guard_it_is_named(bubblewrap: None, only_inside: None, drop: Drop) -> None:
    drop.flag("network")
    with pytest.raises(SandboxError, match=r"does not guard network;.*network: a connection"):
        proof.prove()


def test_a_home_that_can_be_read_is_named(
    bubblewrap: None, only_inside: None, drop: Drop, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(outside))
    drop.files(outside)
    with pytest.raises(SandboxError, match=r"does not guard home;.*home: 1 entries"):
        proof.prove()


def test_a_file_that_can_be_read_is_named(
    bubblewrap: None, only_inside: None, drop: Drop, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(outside))
    drop.files(outside)
    with pytest.raises(SandboxError, match=r"does not guard files;.*a file of the machine"):
        proof.prove()


def test_processes_that_can_be_seen_are_named(bubblewrap: None, only_inside: None, drop: Drop) -> None:
    drop.own_proc()
    with pytest.raises(SandboxError, match=r"does not guard [^;]*processes of others"):
        proof.prove()


@pytest.mark.parametrize(("resource", "guard"), [("nproc", "processes"), ("as", "memory"), ("fsize", "file size")])
def test_a_limit_that_is_not_set_is_named(
    bubblewrap: None, only_inside: None, drop: Drop, resource: str, guard: str
) -> None:
    drop.resource(resource)
    with pytest.raises(SandboxError, match=f"does not guard {guard};"):
        proof.prove()


@pytest.mark.parametrize(
    ("module", "constant", "value", "guard"),
    [
        (guards, "PROTECT", ("--perms", "0666", "--bind-data"), "protected files"),
        (guards, "CLOSED", (), "protected files, read only system"),
        (system_calls, "REFUSED", {"none": (2**20, 2**20)}, "system calls"),
    ],
)
def test_a_mount_or_a_call_that_is_left_open_is_named(
    bubblewrap: None,
    only_inside: None,
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    constant: str,
    value: object,
    guard: str,
) -> None:
    monkeypatch.setattr(module, constant, value)
    with pytest.raises(SandboxError, match=f"does not guard {guard};"):
        proof.prove()


def test_a_nested_namespace_is_named(bubblewrap: None, only_inside: None, drop: Drop) -> None:
    drop.flag("nested users")
    with pytest.raises(SandboxError, match="does not guard nested users;"):
        proof.prove()


def test_an_environment_that_is_passed_on_is_named(
    bubblewrap: None, only_inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "the secret")
    start: Callable[..., object] = subprocess.Popen

    def careless(*arguments: Any, env: dict[str, str], **options: Any) -> object:
        return start(*arguments, env=env | os.environ, **options)

    monkeypatch.setattr(subprocess, "Popen", careless)
    with pytest.raises(SandboxError, match=r"does not guard environment;.*environment: .*API_KEY") as raised:
        proof.prove()
    assert "the secret" not in raised.value.line


@pytest.mark.parametrize(("measure", "guard"), [("memory_held", "memory of a call"), ("disk_used", "disk of a call")])
def test_a_watch_that_sees_nothing_is_named(
    bubblewrap: None, monkeypatch: pytest.MonkeyPatch, measure: str, guard: str
) -> None:
    monkeypatch.setattr(proof, "_found_inside", lambda sandbox: {})
    monkeypatch.setattr(proof, "SMALL", replace(proof.SMALL, seconds=1))
    excess = guard.split(maxsplit=1)[0]
    monkeypatch.setattr(proof, "ENDS", {excess: (proof.ENDS[excess][0], proof.SMALL)})
    monkeypatch.setattr(watch, measure, lambda *arguments: 0)
    with pytest.raises(SandboxError, match=rf"does not guard {guard};.*time after \d+ s"):
        proof.prove()


def test_a_sandbox_that_runs_nothing_is_an_error(bubblewrap: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "SYSTEM", tuple(path for path in guards.SYSTEM if "bin" not in path))
    with pytest.raises(SandboxError, match="bubblewrap could not make the sandbox"):
        proof.prove()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def docker_that(folder: Path, does: str) -> None:
    (folder / "docker").write_text(f"#!/bin/sh\n{does}\n")
    (folder / "docker").chmod(0o755)


def test_without_bubblewrap_the_error_says_what_to_install(programs: Path) -> None:
    with pytest.raises(SandboxError, match=r"bubblewrap is not installed.*apt-get install bubblewrap.*docker"):
        proof.prove()


def test_without_any_sandbox_the_choice_is_refused(programs: Path) -> None:
    with pytest.raises(SandboxError, match=r"no sandbox .*bubblewrap is not installed.*apt-get install .*docker"):
        choose_sandbox()
    docker_that(programs, "exit 1")
    with pytest.raises(SandboxError, match="no sandbox"):
        choose_sandbox()


def test_docker_is_the_second_choice(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker_that(programs, "exit 0")
    assert choose_sandbox() == "docker"
    docker_that(programs, '[ "$1" = info ]')
    with pytest.raises(SandboxError, match="docker with compose"):
        choose_sandbox()


def test_docker_that_does_not_answer_is_none(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker_that(programs, "exec /bin/sleep 5")
    monkeypatch.setattr(choose, "PATIENCE", 0.2)
    assert not choose.docker_runs()


def test_bubblewrap_is_the_first_choice(bubblewrap: None) -> None:
    assert choose_sandbox() == "affectlab_bwrap"


def test_a_guard_that_does_not_hold_is_no_choice(
    bubblewrap: None, only_inside: None, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.flag("network")
    monkeypatch.setattr(choose, "docker_runs", lambda: False)
    with pytest.raises(SandboxError, match=r"no sandbox .*does not guard network"):
        choose_sandbox()
