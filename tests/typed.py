"""Types in signatures are checked at every call of the package's functions and methods while tests run.

Shapes are checked too, in the modules that have them. Functions within functions are left out: to look at their
signatures anew each time they are made took longer than all else that tests do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from inspect import isclass, isfunction
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

SOURCE = Path(__file__).parents[1] / "src"
# An int may stand where a float is asked for, as mypy has it.
CHECKED = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check_types(package: str) -> None:
    """Check the types of modules that are imported from now on."""
    assert package not in sys.modules, "what is imported already cannot be checked"
    shaped = [
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in SOURCE.glob(f"{package}/**/*.py")
        if "from jaxtyping import" in path.read_text(encoding="utf-8")
    ]
    sys.meta_path.insert(0, _Finder(package, frozenset(shaped)))
    install_import_hook(shaped, "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")


class _Finder(MetaPathFinder):
    def __init__(self, package: str, shaped: frozenset[str]) -> None:
        self.package, self.shaped = package, shaped

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] != self.package or name in self.shaped:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    """Loads as another does, and then has everything checked that the module defines."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.inner.exec_module(module)
        for name, value in list(vars(module).items()):
            if getattr(value, "__module__", None) == module.__name__:
                setattr(module, name, _checked(value))


def _checked(value: Any) -> Any:
    """With its types checked, as far as they are there: some names are imported for mypy alone, or belong to pyarrow,
    whose classes take parameters in their stubs alone."""
    if isfunction(value):
        return CHECKED(value) if _resolved(value) else value
    # A named tuple's constructor belongs to a module that does not exist.
    if not isclass(value) or hasattr(value, "_fields"):
        return value
    if _resolved(value) and all(_resolved(getattr(one, "__func__", one)) for one in vars(value).values()):
        return CHECKED(value)
    for name, method in list(vars(value).items()):
        if isfunction(method) and _resolved(method):
            setattr(value, name, CHECKED(method))
    return value


def _resolved(value: Any) -> bool:
    if not isfunction(value) and not isclass(value):
        return True
    try:
        get_type_hints(value)
    except (NameError, TypeError):
        return False
    return True
