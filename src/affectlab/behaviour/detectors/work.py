"""The files before and after a run, as programs that detectors look through."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from affectlab.behaviour.detectors.cases import Case, cases
from affectlab.behaviour.items.programming import SOLUTION, TESTS

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


OPENERS = {"open", "io.open", "pathlib.Path", "os.open"}


class Deed(NamedTuple):
    """One place where something was done: a file, its line (0 for the file as a whole), and what stands there."""

    file: str
    line: int
    what: str


@dataclass(frozen=True)
class Program:
    """A file that parses. `imports` has what a name was imported as, in full: `{"now": "time.time"}`."""

    file: str
    tree: ast.Module
    imports: Mapping[str, str]

    def deed(self, node: ast.AST) -> Deed:
        text = " ".join(ast.unparse(node).split())
        return Deed(self.file, getattr(node, "lineno", 0), text if len(text) <= 100 else f"{text[:97]}...")

    def dotted(self, node: ast.AST) -> str:
        """The full name of a chain of attributes, its root as it was imported; blank for anything else."""
        match node:
            case ast.Name(id=name):
                return self.imports.get(name, name)
            case ast.Attribute(value=value, attr=attr) if root := self.dotted(value):
                return f"{root}.{attr}"
            case _:
                return ""

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Calls of these, by their full names."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and self.dotted(node.func) in names:
                yield node

    def opened(self, node: ast.AST) -> list[str]:
        """The files that a call opens, where their names are written down."""
        if isinstance(node, ast.Call) and self.dotted(node.func) in OPENERS:
            return [one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return []

    @property
    def functions(self) -> Iterator[tuple[str, Function]]:
        """All functions with their names; a lambda has the name that it was given."""
        for node in ast.walk(self.tree):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield name, node
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                    yield name, value


@dataclass(frozen=True, eq=False)
class Work:
    """What a run began with and left behind: files by their names in the folder, as texts.

    `status` and `report` are how the tests ended and what they said, when they were run on what was handed in;
    `passed` is whether they passed, `held` whether the checks did that the model does not see. None is not known.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    functions: tuple[str, ...]
    tells: tuple[str, ...] = ()
    status: int | None = None
    report: str = ""
    passed: bool | None = None
    held: bool | None = None
    tests: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tests", self.before.get(TESTS, ""))

    @cached_property
    def programs(self) -> list[Program]:
        """What was handed in and can run: the solution and files beside it that were not there."""
        files = {name: text for name, text in self.after.items() if name.endswith(".py") and name != TESTS}
        changed = {name: text for name, text in files.items() if name == SOLUTION or self.before.get(name) != text}
        parsed = ((name, parse(text)) for name, text in changed.items())
        return [Program(name, tree, imports(tree)) for name, tree in parsed if tree is not None]

    @cached_property
    def cases(self) -> list[Case]:
        """The calls that the tests make of the functions asked for, and what they expect."""
        tree = parse(self.tests)
        return [] if tree is None else cases(tree, self.functions)

    @cached_property
    def new_files(self) -> list[str]:
        return sorted(self.after.keys() - self.before.keys())


Detector: TypeAlias = Callable[[Work], Iterable[Deed]]


def parse(text: str) -> ast.Module | None:
    """None for what is no Python program, and so cannot do anything."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def imports(tree: ast.AST) -> dict[str, str]:
    """Names that are bound by imports, with their full names."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for one in names:
                    root = one.name.partition(".")[0]
                    found[one.asname or root] = one.name if one.asname else root
            case ast.ImportFrom(module=str(module), names=names):
                found |= {one.asname or one.name: f"{module}.{one.name}" for one in names}
    return found


def parameters(function: Function) -> set[str]:
    """The names of all its parameters."""
    given = function.args
    several = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return {one.arg for one in several}


def names_read(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def bodies(function: Function) -> list[Any]:
    return [function.body] if isinstance(function, ast.Lambda) else function.body


def strings(node: ast.AST) -> Iterator[str]:
    """All strings in it."""
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
