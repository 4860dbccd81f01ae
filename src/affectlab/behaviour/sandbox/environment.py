"""The sandbox as an environment of Inspect AI: any task runs in it with `sandbox="affectlab_bwrap"`.

Each sample has a room of its own, which its commands share; no process lives on from one command to the next.
"""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeVar, overload

import anyio
from anyio import from_thread, to_thread
from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironment,
    SandboxEnvironmentConfigType,
    SandboxEnvironmentLimits,
    SandboxUserUnsupportedError,
    concurrency,
    sandboxenv,
)
from pydantic import BaseModel

from affectlab.behaviour.sandbox.bubblewrap import (
    Outcome,
    Sandbox,
    make_sandbox,
    read_file,
    remove_sandbox,
    run_program,
    write_file,
)
from affectlab.behaviour.sandbox.choose import BUBBLEWRAP
from affectlab.behaviour.sandbox.limits import Limits
from affectlab.behaviour.sandbox.proof import prove
from affectlab.errors import InputError

Result = TypeVar("Result")


class SandboxSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings of a task's or a sample's sandbox. `protected` are pairs of a name below /protected and a text."""

    limits: Limits = Limits()
    protected: tuple[tuple[str, str], ...] = ()


@sandboxenv(name=BUBBLEWRAP)
class BubblewrapEnvironment(SandboxEnvironment):
    """One sample's room."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox

    @classmethod
    async def task_init(cls, task_name: str, config: SandboxEnvironmentConfigType | None) -> None:
        """Prove the guards before the first sample."""
        await to_thread.run_sync(prove)

    @classmethod
    async def sample_init(
        cls, task_name: str, config: SandboxEnvironmentConfigType | None, metadata: dict[str, Any]
    ) -> dict[str, SandboxEnvironment]:
        """A room for this sample; its settings may ask for protected files and other limits."""
        settings = _settings(config)
        await to_thread.run_sync(prove)
        protected = {name: text.encode() for name, text in settings.protected}
        return {"default": cls(make_sandbox(settings.limits, protected))}

    @classmethod
    async def sample_cleanup(
        cls,
        task_name: str,
        config: SandboxEnvironmentConfigType | None,
        environments: dict[str, SandboxEnvironment],
        interrupted: bool,
    ) -> None:
        """Take the room away."""
        with anyio.CancelScope(shield=True):
            for environment in environments.values():
                await to_thread.run_sync(remove_sandbox, environment.as_type(cls).sandbox)

    @classmethod
    def config_deserialize(cls, config: dict[str, Any]) -> BaseModel:
        """Settings as a log keeps them."""
        return SandboxSettings(**config)

    async def exec(
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        """Run a command. There is one user. The sandbox's own limit of time holds too."""
        if user is not None:
            raise SandboxUserUnsupportedError(f"the sandbox has one user; it cannot run a command as {user!r}")
        limits = self.sandbox.limits
        call = functools.partial(
            run_program,
            self.sandbox,
            cmd if cwd is None else ["/usr/bin/env", "--chdir", cwd, *cmd],
            stdin=input.encode() if isinstance(input, str) else input or b"",
            environment=env,
            limits=replace(limits, seconds=min(limits.seconds, timeout or limits.seconds)),
            check=from_thread.check_cancelled,
        )
        return _result(await _in_turn(call) if concurrency else await to_thread.run_sync(call), limits)

    async def write_file(self, file: str, contents: str | bytes) -> None:
        """Write a file, with the folders that lead to it."""
        held = contents.encode() if isinstance(contents, str) else contents
        await _in_turn(functools.partial(write_file, self.sandbox, file, held))

    @overload
    async def read_file(self, file: str, text: Literal[True] = True) -> str: ...

    @overload
    async def read_file(self, file: str, text: Literal[False]) -> bytes: ...

    async def read_file(self, file: str, text: bool = True) -> str | bytes:
        """Read a file, newlines as they are."""
        most = SandboxEnvironmentLimits.MAX_READ_FILE_SIZE
        try:
            held = await _in_turn(functools.partial(read_file, self.sandbox, file, most))
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise
            raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR, None) from None
        return held.decode() if text else held


def _settings(config: SandboxEnvironmentConfigType | None) -> SandboxSettings:
    if config is None:
        return SandboxSettings()
    if isinstance(config, SandboxSettings):
        return config
    raise InputError(
        f"{BUBBLEWRAP} cannot be configured so", where="sandbox", expected="SandboxSettings", found=repr(config)
    )


async def _in_turn(call: Callable[[], Result]) -> Result:
    """Run it in a thread, no more at a time than there are processors."""
    async with concurrency(BUBBLEWRAP, len(os.sched_getaffinity(0))):
        return await to_thread.run_sync(call)


def _result(outcome: Outcome, limits: Limits) -> ExecResult[str]:
    """What became of a command, as Inspect has it: too much time or output is an error, the rest a failed command."""
    stdout, stderr = (said.decode(errors="replace") for said in (outcome.stdout, outcome.stderr))
    match outcome.excess:
        case "time":
            raise TimeoutError(f"the command ran for more than {outcome.seconds:.0f} s and was stopped")
        case "output":
            raise OutputLimitExceededError(f"{limits.output} bytes", stdout + stderr)
        case "memory" | "disk" as excess:
            stderr += f"\nstopped: more than {getattr(limits, excess)} bytes of {excess}"
    status = 137 if outcome.status is None else outcome.status
    if status == 126 and "Permission denied" in stderr:
        raise PermissionError(stderr)
    return ExecResult(success=status == 0, returncode=status, stdout=stdout, stderr=stderr)
