"""Attempts on files: home, the parent's, links out, the mounted tests. Each is contained, and only by its guard."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from affectlab.behaviour.sandbox import guards
from affectlab.behaviour.sandbox.bubblewrap import Outcome, Sandbox, read_file, write_file
from tests.behaviour.sandbox.conftest import Attempt, Drop

READ = "print(Path(sys.argv[1]).read_text())"


def test_the_home_cannot_be_read(attempt: Attempt, drop: Drop, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(outside))
    home = Path.home()
    assert attempt(READ, home / "secret") == "FileNotFoundError"
    assert (
        attempt("print(os.path.expanduser('~'), os.listdir('/home') if os.path.exists('/home') else [])") == "/work []"
    )

    drop.files(home)
    assert attempt(READ, home / "secret") == "the secret"


def test_files_of_the_parent_cannot_be_read(
    attempt: Attempt, drop: Drop, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(outside)
    assert attempt(READ, Path("secret").resolve()) == "FileNotFoundError"
    assert attempt("print(os.listdir('.'))") == "[]"

    drop.files(outside)
    assert attempt(READ, Path("secret").resolve()) == "the secret"


def test_files_that_the_parent_holds_open_are_not_passed_on(
    attempt: Attempt, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_all = """
    for name in sorted(map(int, os.listdir("/proc/self/fd"))):
        if name > 2:
            try: print(os.pread(name, 100, 0))
            except OSError: pass
    """
    with (outside / "secret").open() as secret:
        assert attempt(read_all) == ""

        def careless(*arguments: object, pass_fds: list[int], **options: object) -> object:
            return start(*arguments, pass_fds=[*pass_fds, secret.fileno()], **options)

        start: Callable[..., object] = subprocess.Popen
        monkeypatch.setattr(subprocess, "Popen", careless)
        assert attempt(read_all) == "b'the secret'"


def test_a_planted_link_leads_nowhere(sandbox: Sandbox, attempt: Attempt, outside: Path) -> None:
    attempt("os.symlink(sys.argv[1], 'secret'); os.symlink(sys.argv[2], 'folder')", outside / "secret", outside)
    with pytest.raises(FileNotFoundError):
        read_file(sandbox, "secret")
    with pytest.raises(OSError):  # noqa: PT011  # which one, is up to the shell
        write_file(sandbox, "folder/planted", b"")
    assert not (outside / "planted").exists()

    # The guard is that files are read and written from inside. From out here, the link is followed.
    room = sandbox.room / "work"
    assert (room / "secret").read_text() == "the secret"
    (room / "folder" / "planted").touch()
    assert (outside / "planted").exists()


WRITES = {
    "write it": "open('/protected/tests.py', 'a').write('#')",
    "open it to all": "os.chmod('/protected/tests.py', 0o777)",
    "remove it": "os.unlink('/protected/tests.py')",
    "put another in its place": "Path('/tmp/new').write_text('#'); os.rename('/tmp/new', '/protected/tests.py')",
    "put another before it": "os.rename('/protected', '/elsewhere')",
    "add to it": "Path('/protected/conftest.py').write_text('#')",
}


@pytest.mark.parametrize("name", WRITES)
def test_the_mounted_tests_cannot_be_changed(attempt: Attempt, name: str) -> None:
    assert attempt(WRITES[name] + "\nprint('changed')") in {"OSError", "PermissionError"}
    assert attempt("print(Path('/protected/tests.py').read_text())") == "expected = 42"


@pytest.mark.parametrize("name", ["write it", "open it to all"])
def test_without_a_read_only_mount_the_tests_can_be_changed(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(guards, "PROTECT", ("--perms", "0666", "--bind-data"))
    assert attempt(WRITES[name] + "\nprint('changed')") == "changed"


def test_without_a_closed_root_the_tests_can_be_replaced(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "CLOSED", ())
    replace = "os.mkdir('/protected'); Path('/protected/tests.py').write_text('pass')"
    said = attempt(f"{WRITES['put another before it']}\n{replace}\nprint(Path('/protected/tests.py').read_text())")
    assert said == "pass"


def test_what_is_kept_in_the_room_is_private(sandbox: Sandbox) -> None:
    assert {(sandbox.room / folder).stat().st_mode & 0o777 for folder in guards.ROOM} == {0o700}
    assert sandbox.room.stat().st_mode & 0o066 == 0


def test_a_file_has_a_largest_size(attempt: Attempt, drop: Drop) -> None:
    large = "Path('large').write_bytes(bytes(2 * 2**20)); print('written')"
    assert attempt(large) == "OSError"
    drop.resource("fsize")
    assert attempt(large) == "written"


def test_files_cannot_be_hidden_from_the_count(attempt_outcome: Callable[..., Outcome]) -> None:
    # The names of the folders together are longer than a path may be.
    hide = """
    for _ in range(20):
        os.mkdir("x" * 250)
        os.chdir("x" * 250)
    time.sleep(20)
    """
    assert attempt_outcome(hide).excess == "disk"


def test_files_without_a_name_are_counted_too(
    attempt_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = """
    held = []
    for number in range(40):
        held.append(open("file", "wb", buffering=0))
        held[-1].write(bytes(2**20))
        os.unlink("file")
    time.sleep(float(sys.argv[1]))
    print("written")
    """
    assert attempt_outcome(unlink, 20).excess == "disk"
    monkeypatch.setattr("affectlab.behaviour.sandbox.watch.unlinked_files", lambda namespace: 0)
    assert attempt_outcome(unlink, 0.3).stdout == b"written\n"


def test_many_files_are_stopped(attempt_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    many = """
    for number in range(40):
        Path(str(number)).write_bytes(bytes(2**20))
    time.sleep(float(sys.argv[1]))
    print("written")
    """
    outcome = attempt_outcome(many, 20)
    assert outcome.excess == "disk"
    monkeypatch.setattr("affectlab.behaviour.sandbox.watch.disk_used", lambda room, enough: 0)
    assert attempt_outcome(many, 0.3).stdout == b"written\n"
