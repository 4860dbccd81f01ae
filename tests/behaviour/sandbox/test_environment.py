"""The sandbox in Inspect: a task with tools, files and protected tests, what stops it, and Inspect's own checks."""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

pytest.importorskip("inspect_ai")

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import ChatMessageTool, ModelOutput, ModelUsage, get_model
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver, use_tools
from inspect_ai.tool import bash, python
from inspect_ai.util import SandboxEnvironmentSpec, sandbox
from inspect_ai.util._sandbox import self_check

from affectlab.behaviour.sandbox import proof
from affectlab.behaviour.sandbox.bubblewrap import make_sandbox, remove_sandbox
from affectlab.behaviour.sandbox.environment import BubblewrapEnvironment, SandboxSettings
from affectlab.behaviour.sandbox.errors import SandboxError
from affectlab.behaviour.sandbox.limits import MIB, Limits
from affectlab.errors import InputError
from tests.behaviour.sandbox.conftest import Drop

# Inspect's own: a word of tenacity that is deprecated, and streams that it leaves open when a task fails.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning"),
]

SETTINGS = SandboxSettings(limits=Limits(seconds=20, output=MIB), protected=(("check.py", "print('checked')\n"),))


@pytest.fixture
def environment(bubblewrap: None) -> Iterator[BubblewrapEnvironment]:
    made = make_sandbox(Limits(seconds=20, file_size=110 * MIB, output=4 * MIB, disk=220 * MIB))
    yield BubblewrapEnvironment(made)
    remove_sandbox(made)


def evaluate(tmp_path: Path, solvers: list[Solver], samples: list[Sample], outputs: list[ModelOutput]) -> EvalLog:
    task = Task(dataset=samples, solver=solvers, sandbox=SandboxEnvironmentSpec("affectlab_bwrap", SETTINGS))
    model = get_model("mockllm/model", custom_outputs=outputs)
    log = eval(task, model=model, log_dir=str(tmp_path), display="none")[0]
    assert log.status == "success", log.error
    return log


def said(output: ModelOutput) -> ModelOutput:
    # Without a number of tokens the mock fetches a tokenizer to count them.
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def call(tool: str, **arguments: str) -> ModelOutput:
    return said(ModelOutput.for_tool_call("mockllm/model", tool, arguments))


def tool_replies(log: EvalLog) -> list[ChatMessageTool]:
    assert log.samples
    return [message for message in log.samples[0].messages if isinstance(message, ChatMessageTool)]


def test_a_model_runs_programs_with_the_tools_of_inspect(bubblewrap: None, tmp_path: Path) -> None:
    outputs = [
        call("bash", command="echo 'print(6 * 7)' > answer.py; cat given.txt"),
        call("python", code="exec(open('answer.py').read()); open('/protected/check.py', 'w')"),
        call("bash", command="python3 /protected/check.py"),
        call("bash", command="yes"),
        said(ModelOutput.from_content("mockllm/model", "done")),
    ]
    sample = Sample(input="compute", files={"given.txt": "a given file"}, setup="echo ' of old' >> given.txt")
    log = evaluate(tmp_path, [use_tools(bash(), python()), generate()], [sample], outputs)
    replies = tool_replies(log)
    assert replies[0].text.split() == ["a", "given", "file", "of", "old"]
    assert "42" in replies[1].text
    assert "Read-only file system" in replies[1].text
    assert replies[2].text.strip() == "checked"
    assert replies[3].error
    assert replies[3].error.type == "limit"


@solver
def with_sandbox(look: Callable[[BubblewrapEnvironment], Awaitable[None]]) -> Solver:
    """Gives the sample's sandbox to a function."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await look(sandbox().as_type(BubblewrapEnvironment))
        return state

    return solve


def test_samples_have_rooms_of_their_own_which_go_with_them(bubblewrap: None, tmp_path: Path) -> None:
    rooms: list[Path] = []

    async def look(environment: BubblewrapEnvironment) -> None:
        assert (await environment.exec(["ls"])).stdout == ""
        await environment.write_file("note", "mine")
        await anyio.sleep(0.2)
        assert await environment.read_file("note") == "mine"
        rooms.append(environment.sandbox.room)

    evaluate(tmp_path, [with_sandbox(look)], [Sample(input="a"), Sample(input="b")], [])
    assert len(set(rooms)) == 2
    assert not any(room.exists() for room in rooms)


def test_a_task_is_refused_where_a_guard_does_not_hold(
    bubblewrap: None, unproved: None, drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "ENDS", {})
    drop.flag("network")
    task = Task(dataset=[Sample(input="a")], solver=generate(), sandbox="affectlab_bwrap")
    with pytest.raises(SandboxError, match="does not guard network"):
        eval(task, model="mockllm/model", log_dir=str(tmp_path), display="none")
    with pytest.raises(SandboxError, match="does not guard network"):
        anyio.run(BubblewrapEnvironment.sample_init, "task", None, {})


def test_settings_survive_the_log(bubblewrap: None, tmp_path: Path) -> None:
    async def look(environment: BubblewrapEnvironment) -> None:
        assert environment.sandbox.limits == SETTINGS.limits
        assert environment.sandbox.protected == {"check.py": b"print('checked')\n"}

    log = evaluate(tmp_path, [with_sandbox(look)], [Sample(input="a")], [])
    assert log.eval.sandbox
    kept = read_eval_log(log.location).eval.sandbox
    assert kept
    assert kept.config == SETTINGS


def test_other_configurations_are_refused() -> None:
    with pytest.raises(InputError, match="SandboxSettings"):
        anyio.run(BubblewrapEnvironment.sample_init, "task", "compose.yaml", {})


def test_a_cancelled_command_ends(environment: BubblewrapEnvironment) -> None:
    async def cancelled() -> float:
        began = anyio.current_time()
        with anyio.move_on_after(0.3) as scope:
            await environment.exec(["sleep", "15"])
        assert scope.cancelled_caught
        return anyio.current_time() - began

    assert anyio.run(cancelled) < 5


def test_too_much_memory_is_a_failed_command(bubblewrap: None) -> None:
    made = make_sandbox(Limits(seconds=20, memory=32 * MIB))
    share = "python3 -c 'held = b\"x\" * (12 * 2**20); import time; time.sleep(20)'"
    result = anyio.run(BubblewrapEnvironment(made).exec, ["sh", "-c", f"{share} & {share} & {share} & wait"])
    remove_sandbox(made)
    assert (result.success, result.returncode) == (False, 137)
    assert "more than 33554432 bytes of memory" in result.stderr


def test_a_file_that_is_no_program_is_a_lack_of_permission(environment: BubblewrapEnvironment) -> None:
    async def run_a_text() -> None:
        await environment.write_file("text", "words")
        await environment.exec(["./text"])

    with pytest.raises(PermissionError):
        anyio.run(run_a_text)


# Inspect's checks of any sandbox, but for those of users, whom this has one of, and of /etc/passwd, which it has not.
# Two of them sleep for five seconds to see that nothing is left; that is looked at in every call here.
NOT_HERE = {"test_exec_as_user", "test_exec_permission_error"}
SLOW = {"test_exec_timeout_kills_process", "test_exec_timeout_kills_child_processes"}
CHECKS: dict[str, Callable[[Any], Awaitable[None]]] = {
    name: check
    for name, check in inspect.getmembers(self_check, inspect.iscoroutinefunction)
    if name.startswith("test_") and name not in NOT_HERE
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in sorted(CHECKS)]
)
def test_it_passes_the_checks_of_inspect(environment: BubblewrapEnvironment, name: str) -> None:
    anyio.run(CHECKS[name], environment)
