"""A file is written whole or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from affectlab.errors import OutputError
from affectlab.files import atomic_write, check_writable


def write_and_raise(path: Path, error: BaseException) -> None:
    with atomic_write(path) as file:
        file.write_text("half")
        raise error


def fill_the_disk(path: Path) -> None:
    with atomic_write(path) as file:
        file.write_text("half")
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"more")


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "a.txt") as file:
        file.write_bytes(b"whole")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_nothing_is_left_when_the_body_raises(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_raise(tmp_path / "a.txt", ZeroDivisionError())
    assert os.listdir(tmp_path) == []


def test_the_old_file_stays_when_the_body_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_and_raise(tmp_path / "a.txt", KeyboardInterrupt())
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    code = "import os, sys; from affectlab.files import atomic_write\n"
    code += "with atomic_write(sys.argv[1]) as file: file.write_text('half'); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.txt")], check=False).returncode == -9
    assert (tmp_path / "a.txt").read_text() == "old"


def test_the_suffix_is_kept_for_writers_that_look_at_it(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "vectors.safetensors") as file:
        assert file.suffix == ".safetensors"
        assert file.parent == tmp_path
        file.touch()


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with atomic_write(tmp_path / "atomic") as file:
        file.write_text("")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic")}
    assert len(modes) == 1


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "a.txt")
    with atomic_write(tmp_path / "link.txt") as file:
        file.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real" / "a.txt").read_text() == "new"


def try_to_write(path: Path) -> None:
    """Both functions refuse with the same line, before anything is written."""
    with pytest.raises(OutputError) as early:
        check_writable(path)
    with pytest.raises(OutputError) as late, atomic_write(path):
        pytest.fail("the body ran")
    assert early.value.line == late.value.line
    raise early.value


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as error:
        try_to_write(tmp_path / "missing" / "a.txt")
    assert error.value.line == (
        f"{tmp_path}/missing/a.txt: cannot write here; expected a path that can be written; "
        f"found no folder '{tmp_path}/missing'; make the folder first"
    )


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="found no folder"):
        try_to_write(tmp_path / "file" / "a.txt")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="expected a file; found a folder"):
        try_to_write(tmp_path)


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(OutputError, match="found a device or a pipe"):
        try_to_write(Path("/dev/null"))


def test_a_name_that_is_too_long_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="File name too long; choose a shorter name"):
        try_to_write(tmp_path / ("x" * 300))


def test_a_name_as_long_as_can_be_is_written(tmp_path: Path) -> None:
    with atomic_write(tmp_path / ("x" * 255)) as file:
        file.touch()
    assert os.listdir(tmp_path) == ["x" * 255]


def test_a_name_that_cannot_exist_is_refused() -> None:
    with pytest.raises(OutputError, match="null"):
        try_to_write(Path("a\0b"))


def test_a_folder_that_takes_no_files_is_refused() -> None:
    with pytest.raises(OutputError, match="cannot write here"):
        try_to_write(Path("/proc/a.txt"))


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left on device; make room on the disk"):
        fill_the_disk(tmp_path / "a.txt")
    assert os.listdir(tmp_path) == []


def test_checking_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    check_writable(tmp_path / "a.txt")
    check_writable(tmp_path / "b.txt")
    assert os.listdir(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"
