"""Lists of names as a command line gives them: with commas, or in a file with one a line."""

from __future__ import annotations

from pathlib import Path

from affectlab.errors import InputError


def asked_names(text: str, where: str, *, file_only: bool = False) -> tuple[str, ...]:
    """The names of a comma list, or those in a file, each once and in the order given."""
    path = Path(text).expanduser()
    if path.is_file():
        names = _lines(path, where)
    elif file_only or "/" in text or path.suffix in (".txt", ".csv", ".toml"):
        raise InputError("no such file", where=where, found=text, fix="check the path")
    else:
        names = [part.strip() for part in text.split(",")]
    if not all(names) or not names:
        raise InputError("a name that is blank", where=where, expected="names, separated by commas", found=repr(text))
    return tuple(dict.fromkeys(names))


def _lines(path: Path, where: str) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("this list cannot be read", where=where, found=str(error), fix="give UTF-8 text") from error
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise InputError("this list is empty", where=where, expected="one name a line", found=str(path))
    return names
