"""Programs that mean well run as they would elsewhere: input, output, files, failure, more processes."""

import math
import os
import stat
from pathlib import Path

import pytest

from affectlab.behaviour.sandbox import guards
from affectlab.behaviour.sandbox.bubblewrap import (
    Sandbox,
    make_sandbox,
    open_sandbox,
    read_file,
    remove_sandbox,
    run_program,
    write_file,
)
from affectlab.behaviour.sandbox.errors import SandboxError
from affectlab.behaviour.sandbox.limits import MIB, Limits
from affectlab.errors import InputError
from tests.behaviour.sandbox.conftest import Attempt, sleepers

PAGE = Path(__file__).parents[3] / "docs" / "sandbox.md"


def python(sandbox: Sandbox, code: str) -> tuple[int | None, str, str]:
    outcome = run_program(sandbox, ["python3", "-c", code])
    return outcome.status, outcome.stdout.decode(), outcome.stderr.decode()


def test_a_program_speaks_on_both_streams_and_says_how_it_ended(sandbox: Sandbox) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert python(sandbox, code) == (3, "out\n", "err\n")


def test_a_program_that_fails_shows_its_traceback(sandbox: Sandbox) -> None:
    status, said, error = python(sandbox, "print(1)\nassert False, 'as it should'")
    assert (status, said) == (1, "1\n")
    assert error.endswith("AssertionError: as it should\n")


def test_a_program_killed_by_a_signal_says_which(sandbox: Sandbox) -> None:
    assert run_program(sandbox, ["sh", "-c", "kill -TERM $$"]).status == 128 + 15


def test_a_command_that_does_not_exist_is_a_failed_command(sandbox: Sandbox) -> None:
    outcome = run_program(sandbox, ["no-such-program"])
    assert outcome.status == 127
    assert b"No such file" in outcome.stderr


def test_more_input_than_a_pipe_holds_is_passed_on(sandbox: Sandbox) -> None:
    text = os.urandom(3 * MIB)
    assert run_program(sandbox, ["wc", "-c"], stdin=text).stdout == b"%d\n" % len(text)
    assert run_program(sandbox, ["head", "-c", "1000"], stdin=text).stdout == text[:1000]


def test_input_and_output_do_not_wait_for_each_other(sandbox: Sandbox) -> None:
    # It reads a little and writes a lot, in turn.
    code = "import os\nwhile os.read(0, 8192): os.write(1, bytes(100_000))"
    outcome = run_program(sandbox, ["python3", "-c", code], stdin=bytes(25 * 8192), limits=Limits(output=4 * MIB))
    assert (outcome.excess, len(outcome.stdout)) == (None, 2_500_000)


def test_the_environment_can_be_added_to(sandbox: Sandbox) -> None:
    assert (
        run_program(sandbox, ["sh", "-c", "echo $MOOD $HOME"], environment={"MOOD": "calm"}).stdout == b"calm /work\n"
    )


def test_files_go_in_and_out_and_stay_from_call_to_call(sandbox: Sandbox) -> None:
    text = bytes(range(256)) * 100
    write_file(sandbox, "a folder/in.bin", text)
    run_program(sandbox, ["cp", "a folder/in.bin", "/tmp/out.bin"])
    assert read_file(sandbox, "/tmp/out.bin") == text
    write_file(sandbox, "a folder/in.bin", b"")
    assert read_file(sandbox, "a folder/in.bin") == b""


def test_a_file_may_be_larger_than_what_a_command_may_say(bubblewrap: None) -> None:
    with open_sandbox(Limits(output=1000, file_size=5000)) as sandbox:
        write_file(sandbox, "large", bytes(5000))
        assert len(read_file(sandbox, "large")) == 5000
        with pytest.raises(OSError, match="too large"):
            read_file(sandbox, "large", 4999)


@pytest.mark.parametrize(
    ("path", "error"),
    [("nothing", FileNotFoundError), ("/work", IsADirectoryError), ("closed", PermissionError), ("/dev/zero", OSError)],
)
def test_a_file_that_cannot_be_read_is_the_error_python_has(sandbox: Sandbox, path: str, error: type[OSError]) -> None:
    run_program(sandbox, ["sh", "-c", "touch closed; chmod 0 closed"])
    with pytest.raises(error) as raised:
        read_file(sandbox, path)
    assert raised.value.filename == path


@pytest.mark.parametrize(
    ("path", "size", "error"),
    [
        ("/work", 1, IsADirectoryError),
        ("/protected/tests.py", 1, PermissionError),
        ("/usr/bin/python3", 1, PermissionError),
        ("/new", 1, PermissionError),
        ("large", 2 * MIB, OSError),
    ],
)
def test_a_file_that_cannot_be_written_is_the_error_python_has(
    sandbox: Sandbox, path: str, size: int, error: type[OSError]
) -> None:
    with pytest.raises(error):
        write_file(sandbox, path, bytes(size))


def test_reading_a_pipe_that_nobody_writes_ends(bubblewrap: None) -> None:
    with open_sandbox(Limits(seconds=0.3)) as sandbox:
        run_program(sandbox, ["mkfifo", "pipe"])
        with pytest.raises(TimeoutError):
            read_file(sandbox, "pipe")


def test_protected_files_can_be_read_and_run(bubblewrap: None) -> None:
    protected = {"check.py": b"import work\nassert work.add(1, 2) == 3\nprint('passed')\n", "data/one.txt": b"1"}
    with open_sandbox(protected=protected) as sandbox:
        write_file(sandbox, "work.py", b"def add(a, b):\n    return a + b\n")
        done = run_program(sandbox, ["python3", "/protected/check.py"], environment={"PYTHONPATH": "/work"})
        assert (done.status, done.stdout) == (0, b"passed\n")
        assert read_file(sandbox, "/protected/data/one.txt") == b"1"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../work/x", "a/../../work/x"])
def test_a_protected_file_has_a_name_below_its_folder(name: str) -> None:
    with pytest.raises(InputError, match="protected file"):
        make_sandbox(protected={name: b""})


def test_several_processes_and_their_locks_work(attempt: Attempt) -> None:
    code = """
    from multiprocessing import Pool
    with Pool(2) as pool: print(sum(pool.map(abs, range(-10, 0))))
    """
    assert attempt(code) == "55"


def test_there_are_two_rooms_and_they_do_not_mix(bubblewrap: None) -> None:
    with open_sandbox() as one, open_sandbox() as other:
        write_file(one, "/tmp/note", b"one")
        with pytest.raises(FileNotFoundError):
            read_file(other, "/tmp/note")


CLOSE_AND_NEST = """
import os
for _ in range(1050):
    os.mkdir("deeper")
    os.chdir("deeper")
os.mkdir("/work/closed")
open("/work/closed/file", "w").close()
os.symlink("/", "/work/closed/link")
os.chmod("/work/closed", 0)
"""


def test_the_room_is_gone_afterwards_whatever_was_made_of_it(bubblewrap: None, outside: Path) -> None:
    with open_sandbox(Limits(disk=math.inf)) as sandbox:
        run_program(sandbox, ["ln", "-s", str(outside), "link"])
        assert python(sandbox, CLOSE_AND_NEST)[0] == 0
    assert not sandbox.room.exists()
    assert (outside / "secret").exists()
    assert stat.S_IMODE(outside.stat().st_mode) == 0o777


def test_the_example_of_the_docs_runs(bubblewrap: None, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    exec(page.split("```python\n")[1].split("```")[0], {})
    assert capsys.readouterr().out == "passed\n\n"


def test_the_docs_name_the_limits_that_there_are() -> None:
    page, limits = PAGE.read_text(encoding="utf-8"), Limits()
    sizes = (limits.memory, limits.output, limits.file_size, limits.disk)
    named = [*(f"{size // MIB} MiB" for size in sizes), f"{limits.processes} processes", f"{limits.seconds:.0f} s"]
    assert [name for name in (*named, str(guards.UNPRIVILEGED)) if name not in page] == []


def test_what_watches_can_end_a_command(sandbox: Sandbox) -> None:
    class Cancelled(BaseException):
        pass

    def cancel() -> None:
        raise Cancelled

    seconds = f"60.{os.getpid()}2"
    with pytest.raises(Cancelled):
        run_program(sandbox, ["sleep", seconds], check=cancel)
    assert sleepers(seconds) == []


def test_what_bubblewrap_cannot_make_is_an_error_in_its_words(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(guards.FLAGS, "nonsense", ("--nonsense",))
    with pytest.raises(SandboxError, match="Unknown option --nonsense"):
        run_program(sandbox, ["true"])
    monkeypatch.delitem(guards.FLAGS, "nonsense")
    remove_sandbox(make_sandbox())


@pytest.mark.parametrize("name", ["seconds", "memory", "processes", "output", "disk"])
def test_a_limit_bounds_something(name: str) -> None:
    with pytest.raises(InputError, match=name):
        Limits(**{name: 0})
