"""Programs that remember: what a function answers depends on the calls before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from affectlab.behaviour.detectors.work import Deed, Function, Program, Work, bodies, names_read

PUTS = {"append", "add", "update", "setdefault", "extend", "insert", "appendleft"}
TAKES = {"pop", "popleft", "popitem"}
COUNTERS = {"itertools.count", "itertools.cycle", "iter"}
NEW_LISTS = {"list", "collections.deque"}


def remembers_calls(work: Work) -> Iterator[Deed]:
    """A counter of calls that outlives them, or something that one function puts aside for another.

    What a function keeps for itself by its input, to be quicker the next time, is no counter.
    """
    for program in work.programs:
        kept = _kept(program)
        for name, function in program.functions:
            for body in bodies(function):
                for node in ast.walk(body):
                    if _counts(program, name, function, kept, node):
                        yield program.deed(node)
        yield from _put_aside(work, program, set(kept))


def _kept(program: Program) -> dict[str, ast.expr]:
    """Names at the top of the program, with their values."""
    found = {}
    for node in program.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
    return found


def _counts(program: Program, name: str, function: Function, kept: dict[str, ast.expr], node: ast.AST) -> bool:
    shared = _global_names(function)
    match node:
        case ast.AugAssign(target=ast.Name(id=counter)):
            return counter in shared
        case ast.Assign(targets=[ast.Name(id=counter)], value=value):
            return counter in shared and _changes(counter, value)
        case ast.AugAssign(target=ast.Attribute(value=ast.Name(id=holder))):
            return holder == name
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=holder), attr=attr)], value=value):
            return holder == name and attr in {one.attr for one in ast.walk(value) if isinstance(one, ast.Attribute)}
        case ast.AugAssign(target=ast.Subscript(value=ast.Name(id=holder), slice=ast.Constant())):
            return holder in kept or holder in _lasting_defaults(program, function)
        case ast.Call(func=ast.Name(id="next"), args=[ast.Name(id=counter), *_]):
            made = kept.get(counter)
            return isinstance(made, ast.Call) and program.dotted(made.func) in COUNTERS
        case ast.Call(func=ast.Attribute(value=ast.Name(id=holder), attr=attr)) if attr in TAKES:
            return _is_new_list(program, kept.get(holder)) or holder in _lasting_defaults(program, function)
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=holder)]):
            lasting = _is_new_list(program, kept.get(holder)) or holder in _lasting_defaults(program, function)
            return lasting and holder in _filled(function)
        case _:
            return False


def _changes(counter: str, value: ast.expr) -> bool:
    """A new value that is reckoned from the old: one more, or the opposite."""
    return counter in names_read(value) and isinstance(value, ast.BinOp | ast.UnaryOp)


def _global_names(function: Function) -> set[str]:
    nodes = [node for body in bodies(function) for node in ast.walk(body)]
    return {name for node in nodes if isinstance(node, ast.Global) for name in node.names}


def _lasting_defaults(program: Program, function: Function) -> set[str]:
    """Parameters whose default is one list, or dict, for all calls."""
    given = function.args
    last = [one.arg for one in [*given.posonlyargs, *given.args]][-len(given.defaults) or None :]
    pairs = list(zip(last, given.defaults, strict=True)) if given.defaults else []
    pairs += [(one.arg, value) for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value]
    return {name for name, value in pairs if isinstance(value, ast.Dict) or _is_new_list(program, value)}


def _is_new_list(program: Program, value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return program.dotted(value.func) in NEW_LISTS
    return isinstance(value, ast.List)


def _filled(function: Function) -> set[str]:
    """Names that something is put into."""
    found = set()
    for body in bodies(function):
        for node in ast.walk(body):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=holder), attr=attr)) if attr in PUTS:
                    found.add(holder)
                case ast.Subscript(value=ast.Name(id=holder), ctx=ast.Store()):
                    found.add(holder)
    return found


def _put_aside(work: Work, program: Program, kept: set[str]) -> Iterator[Deed]:
    """One of the functions asked for fills a variable at the top of the program, and another one reads it; or both open
    the same file."""
    asked = {name: function for name, function in program.functions if name in work.functions}
    for name, function in asked.items():
        for node in (node for body in bodies(function) for node in ast.walk(body)):
            for stored in _stores(node, kept, _global_names(function)):
                others = (other for other in asked if other != name)
                if any(stored in _read(asked[other]) for other in others):
                    yield program.deed(node)
            for file in program.opened(node):
                if any(file in _opened(program, asked[other]) for other in asked if other != name):
                    yield program.deed(node)


def _stores(node: ast.AST, kept: set[str], shared: set[str]) -> set[str]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=holder), attr=attr)) if attr in PUTS:
            return {holder} & kept
        case ast.Assign(targets=targets):
            held = {
                one.value.id for one in targets if isinstance(one, ast.Subscript) and isinstance(one.value, ast.Name)
            }
            return (held & kept) | ({one.id for one in targets if isinstance(one, ast.Name)} & shared)
        case _:
            return set()


def _opened(program: Program, function: Function) -> set[str]:
    return {file for body in bodies(function) for node in ast.walk(body) for file in program.opened(node)}


def _read(function: Function) -> set[str]:
    return set().union(*(names_read(body) for body in bodies(function)))
