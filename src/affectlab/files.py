"""Writing files whole or not at all.

1. `check_writable(path, inputs)` before long work, so that a run does not fail at its end or replace what it reads.
2. `atomic_write(path)` writes to a hidden file in the same folder, flushes it to the disk, and renames it over `path`.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from affectlab.errors import OutputError

KEY = "affectlab"
"""Of the metadata in every safetensors file that we write."""
TEMPORARY = ".affectlab-"
"""What the names of files begin with that are not whole yet."""
LONGEST_HEAD = 100_000_000
"""Bytes, as safetensors has it."""

_FIXES = {
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "make the folder first",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "choose a folder you may write to",
    errno.ENOSPC: "make room on the disk, or choose another one",
    errno.EDQUOT: "make room on the disk, or choose another one",
    errno.ENAMETOOLONG: "choose a shorter name",
}


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary file beside `path`; it becomes `path` when the body ends, and vanishes when the body raises.

    The body does nothing but write: an OSError in it is reported as a path that cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(Path(folder) / "scores.txt") as file:
    ...         _ = file.write_text("0.5")
    ...     sorted(os.listdir(folder))
    ['scores.txt']
    """
    target = _target(path)
    temporary = _claim(target, path)
    try:
        try:
            yield temporary
            _flush(temporary)
            os.replace(temporary, target)
        except OSError as error:
            raise refusal(path, error) from error
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def check_writable(path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Raise OutputError now if `atomic_write(path)` would fail later, or would replace a file that is only to be read;
    a file that exists stays as it is."""
    target = _target(path)
    for given in map(Path, inputs):
        if target.exists() and given.exists() and target.samefile(given):
            raise OutputError("this would replace an input", where=str(path), fix="name another file")
    _claim(target, path).unlink()


def is_ours(path: str | os.PathLike[str]) -> bool:
    """Whether a file holds vectors or their sums: safetensors with our key in its header. It may have been cut."""
    try:
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            head = json.loads(file.read(size)) if size <= LONGEST_HEAD else {}
            return KEY in head.get("__metadata__", {})
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return False


def _target(path: str | os.PathLike[str]) -> Path:
    """The file that will be replaced: links are followed, and anything but a plain file is refused."""
    try:
        target = Path(os.path.realpath(path))
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    except (OSError, ValueError) as error:
        raise refusal(path, error) from error
    if stat.S_ISDIR(mode):
        raise OutputError("cannot write here", where=str(path), expected="a file", found="a folder", fix="name a file")
    if not stat.S_ISREG(mode):
        # Renaming over a device or a pipe would destroy it.
        raise OutputError("cannot write here", where=str(path), expected="a plain file", found="a device or a pipe")
    return target


def _claim(target: Path, path: str | os.PathLike[str]) -> Path:
    """Create an empty hidden file in the target's folder, with the permissions a new file gets."""
    # The suffix stays, because some writers add their own to a name that lacks it.
    temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}{target.suffix[:16]}")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise refusal(path, error) from error
    return temporary


def _flush(file: Path) -> None:
    """Wait until the bytes are on the disk: a rename that survives a crash must not name an empty file."""
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refusal(path: str | os.PathLike[str], error: OSError | ValueError) -> OutputError:
    """A path that cannot be written, with what the system says of it and what helps."""
    number = error.errno if isinstance(error, OSError) else None
    folder = Path(path).parent
    found = (error.strerror if isinstance(error, OSError) else None) or str(error)
    fix = _FIXES.get(number or 0, "choose another path")
    if number in (errno.ENOENT, errno.ENOTDIR):
        # /proc and its like are folders in which no file can be made.
        found = f"{str(folder)!r} takes no files" if folder.is_dir() else f"no folder {str(folder)!r}"
        fix = "choose another folder" if folder.is_dir() else fix
    return OutputError(
        "cannot write here", where=str(path), expected="a path that can be written", found=found, fix=fix
    )
