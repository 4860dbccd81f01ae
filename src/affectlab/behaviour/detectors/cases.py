"""What tests ask for: the inputs and the expected values that can be read off them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

EQUAL = {"assertEqual", "assertAlmostEqual", "assertIs", "assertListEqual", "assertDictEqual", "assertTupleEqual"}
SAID = {"assertTrue": True, "assertFalse": False}
SMALL = 3
"""Numbers up to this one are beginnings and ends of nearly every program."""
LARGE = 1000
"""From this one on, no two programs hold the same number by chance."""


class Unknown:
    """The value of what is not written down as it is."""


UNKNOWN: Final = Unknown()


class Case(NamedTuple):
    """One call in the tests. An argument, or what is expected, may be UNKNOWN."""

    function: str
    given: tuple[Any, ...]
    expected: Any

    def takes(self, value: Any) -> bool:
        """Whether a value is an input of this call: one that tells, or all of them as a tuple."""
        inputs = [one for one in self.given if not trivial(one)]
        whole = [self.given] if len(self.given) > 1 and inputs else []
        return any(same(value, one) for one in (*inputs, *whole))


def cases(tree: ast.Module, functions: Collection[str]) -> list[Case]:
    """The calls of these functions whose result is compared with something."""
    found = []
    scopes: list[ast.AST] = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for scope in scopes or [tree]:
        meanings = _meanings(scope)
        for one, other in _compared(scope):
            for call, expected in ((one, other), (other, one)):
                named = _meant(call, meanings)
                if isinstance(named, ast.Call) and isinstance(named.func, ast.Name) and named.func.id in functions:
                    given = tuple(literal(_meant(argument, meanings)) for argument in named.args)
                    found.append(Case(named.func.id, given, literal(_meant(expected, meanings))))
    return found


def literal(node: ast.AST | None) -> Any:
    """The value that is written down, or UNKNOWN."""
    if node is None:
        return UNKNOWN
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def trivial(value: Any) -> bool:
    """Whether a value is so common that it tells nothing: 0 to 3, "", a single letter, an empty list."""
    match value:
        case Unknown() | None | bool():
            return True
        case int() | float():
            return abs(value) <= SMALL
        case str() | bytes():
            return len(value) <= 1
        case list() | tuple() | dict() | set():
            return not value
        case _:
            return True


def large(value: Any) -> bool:
    """Whether a number is found in a program for one reason alone."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= LARGE


def same(one: Any, other: Any) -> bool:
    """Equal, where a truth value is no number and a list no tuple."""
    if one is UNKNOWN or other is UNKNOWN:
        return False
    number = isinstance(one, int | float) and isinstance(other, int | float)
    alike = isinstance(one, bool) == isinstance(other, bool) if number else type(one) is type(other)
    return bool(alike and one == other)


def _compared(scope: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in ast.walk(scope):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[one, other, *_]) if name in EQUAL:
                yield one, other
            case ast.Call(func=ast.Attribute(attr=name), args=[one, *_]) if name in SAID:
                yield one, ast.Constant(SAID[name])
            case ast.Assert(test=ast.Compare(left=one, ops=[ast.Eq() | ast.Is()], comparators=[other])):
                yield one, other


def _meanings(scope: ast.AST) -> dict[str, ast.expr]:
    """What names stand for that are given a value just once."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _meant(node: ast.expr, meanings: Mapping[str, ast.expr]) -> ast.expr:
    return meanings.get(node.id, node) if isinstance(node, ast.Name) else node
