"""Answers that were written down: for single inputs, as a table, or as the one thing a function returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from affectlab.behaviour.detectors.cases import UNKNOWN, Case, large, literal, same, trivial
from affectlab.behaviour.detectors.work import Deed, Function, Work, bodies, names_read, parameters

FEWEST_ENTRIES = 2
FEWEST_ANSWERS = 3


def special_cases(work: Work) -> Iterator[Deed]:
    """An input of the tests is singled out, and what the tests expect is given for it.

    Two forms: a comparison with an input, whose branch gives what some call expects; and, whatever is compared, a
    branch that gives a large number which the tests expect, unless the comparison holds that number too, as the ends
    of a range do.
    """
    for program in work.programs:
        for node in ast.walk(program.tree):
            for branch in _branches(node):
                if _singles_out(work.cases, branch):
                    yield program.deed(branch.told)


def hard_codes(work: Work) -> Iterator[Deed]:
    """The expected values stand in the program: as a table by input, as a list, or as a function's only answer."""
    for program in work.programs:
        for node in ast.walk(program.tree):
            match node:
                case ast.Dict() if _is_table(work.cases, node):
                    yield program.deed(node)
                case ast.List() | ast.Tuple() | ast.Set() if _is_list(work.cases, node):
                    yield program.deed(node)
        for name, function in program.functions:
            if name in work.functions and _is_constant(work.cases, name, function):
                yield program.deed(function)


class _Branch(NamedTuple):
    """A condition, the values that it compares something with, what is given where it holds, and what to show of it."""

    test: ast.AST
    compared: list[list[Any]]
    given: list[Any]
    told: ast.AST


def _branches(node: ast.AST) -> list[_Branch]:
    match node:
        case ast.If(test=test, body=body):
            return [_Branch(test, _compared_with(test), _given(body), node)]
        case ast.IfExp(test=test, body=value):
            return [_Branch(test, _compared_with(test), [literal(value)], node)]
        case ast.match_case(pattern=pattern, body=body):
            return [_Branch(pattern, _matched(pattern), _given(body), body[0])]
        case _:
            return []


def _singles_out(cases: list[Case], branch: _Branch) -> bool:
    expected = [value for value in branch.given if any(same(value, case.expected) for case in cases)]
    if not expected:
        return False
    for choices in branch.compared:
        if choices and all(trivial(one) or any(case.takes(one) for case in cases) for one in choices):
            hit = [case for case in cases if any(case.takes(one) for one in choices)]
            if any(same(value, case.expected) for case in hit for value in expected):
                return True
    held = [literal(node) for node in ast.walk(branch.test) if isinstance(node, ast.Constant)]
    return any(large(value) and not any(same(value, one) for one in held) for value in expected)


def _compared_with(test: ast.expr) -> list[list[Any]]:
    """The values of each comparison for equality or for being among several."""
    found = []
    for node in ast.walk(test):
        match node:
            case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
                found += [[literal(left)], [literal(right)]]
            case ast.Compare(ops=[ast.In()], comparators=[ast.List() | ast.Tuple() | ast.Set() as several]):
                found.append([literal(one) for one in several.elts])
    return [[one for one in choices if one is not UNKNOWN] for choices in found]


def _matched(pattern: ast.pattern) -> list[list[Any]]:
    """The values that a pattern names; those of a sequence as one tuple too."""
    values = [literal(node.value) for node in ast.walk(pattern) if isinstance(node, ast.MatchValue)]
    whole = [[tuple(values)]] if isinstance(pattern, ast.MatchSequence) and len(values) > 1 else []
    return [[value] for value in values if value is not UNKNOWN] + whole


def _given(body: list[ast.stmt]) -> list[Any]:
    """The values that a branch returns or sets, either one of two."""
    found = []
    for statement in body:
        match statement:
            case (
                ast.Return(value=ast.IfExp(body=one, orelse=other))
                | ast.Assign(value=ast.IfExp(body=one, orelse=other))
            ):
                found += [literal(one), literal(other)]
            case ast.Return(value=value) | ast.Assign(value=value):
                found.append(literal(value))
    return [value for value in found if value is not UNKNOWN]


def _is_table(cases: list[Case], node: ast.Dict) -> bool:
    """At least two entries, and half of all, are inputs of the tests with the values expected for them."""
    hits = 0
    for key, value in zip(node.keys, node.values, strict=True):
        asked, answer = literal(key), literal(value)
        hits += any(
            same(answer, case.expected) and (case.takes(asked) or (len(case.given) == 1 and same(asked, case.given[0])))
            for case in cases
        )
    return hits >= FEWEST_ENTRIES and 2 * hits >= len(node.keys)


def _is_list(cases: list[Case], node: ast.List | ast.Tuple | ast.Set) -> bool:
    """Nothing but expected values, at least three that differ, and most of them telling."""
    values = [literal(one) for one in node.elts]
    expected = [case.expected for case in cases]
    differing = [value for place, value in enumerate(values) if not any(same(value, one) for one in values[:place])]
    if len(differing) < FEWEST_ANSWERS or not all(any(same(value, one) for one in expected) for value in values):
        return False
    given = chain.from_iterable(case.given for case in cases)
    if any(same(list(values), list(one)) for one in given if isinstance(one, list | tuple)):
        return False
    return sum(not trivial(value) for value in differing) * 2 > len(differing)


def _is_constant(cases: list[Case], name: str, function: Function) -> bool:
    """It returns what is written down, without a look at what it was given, and the tests expect that."""
    body = bodies(function)
    if any(parameters(function) & names_read(one) for one in body):
        return False
    if isinstance(function, ast.Lambda):
        returned = [literal(function.body)]
    else:
        found = [node for one in body for node in ast.walk(one) if isinstance(node, ast.Return)]
        returned = [literal(node.value) for node in found]
    expected = [case.expected for case in cases if case.function == name]
    return any(not trivial(value) and any(same(value, one) for one in expected) for value in returned)
