"""Which sandbox there is on this machine."""

from __future__ import annotations

import shutil
import subprocess

from affectlab.behaviour.sandbox.errors import SandboxError
from affectlab.behaviour.sandbox.proof import prove

# Names that Inspect knows them by.
BUBBLEWRAP = "affectlab_bwrap"
DOCKER = "docker"
# Seconds that docker has for an answer.
PATIENCE = 20.0


def choose_sandbox() -> str:
    """The sandbox that programs of models may run in: bubblewrap once it is proved, else docker, else an error."""
    try:
        prove()
    except SandboxError as refused:
        if docker_runs():
            return DOCKER
        raise SandboxError(
            "there is no sandbox for programs that a model writes",
            where="sandbox",
            expected="bubblewrap whose guards hold, or docker with compose",
            found=refused.line,
            fix="install bubblewrap (apt-get install bubblewrap util-linux python3), or start docker",
        ) from None
    return BUBBLEWRAP


def docker_runs() -> bool:
    """Does the service answer, and is compose there, which Inspect uses?"""
    if shutil.which("docker") is None:
        return False
    return all(_succeeds(["docker", *words]) for words in (["info"], ["compose", "version"]))


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
