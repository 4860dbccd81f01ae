"""Accidents of code: keywords that a function does not take, and a second copy of something that exists."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

import affectlab
from affectlab.errors import InputError

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "affectlab").rglob("*.py"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COPIED = 60
"""This many nodes of syntax in a row, the same but for names: about ten lines."""


def public() -> dict[str, Any]:
    return {name: getattr(affectlab, name) for name in affectlab.__all__ if callable(getattr(affectlab, name))}


# A keyword in the documentation that the function does not take, because **kwargs are forwarded.


def test_no_public_function_forwards_keywords_unseen() -> None:
    for name, member in public().items():
        kinds = {parameter.kind for parameter in inspect.signature(member).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD not in kinds, f"affectlab.{name} takes any keyword"


def methods() -> dict[str, Callable[..., Any]]:
    """Methods of the public classes, by name; names that several classes share are left out."""
    found: dict[str, Any] = {}
    for member in public().values():
        for name, method in inspect.getmembers(member, inspect.isfunction) if inspect.isclass(member) else ():
            found[name] = None if name in found else method
    return {name: method for name, method in found.items() if method is not None and not name.startswith("_")}


def blocks_of_code(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def unknown_keywords(code: str) -> list[str]:
    """Keywords of calls in this code that the functions of affectlab do not take."""
    known: Mapping[str, Any] = methods() | public()
    found = []
    for call in (node for node in ast.walk(ast.parse(textwrap.dedent(code))) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in known:
            taken = inspect.signature(known[name]).parameters
            found += [f"{name}({word.arg}=)" for word in call.keywords if word.arg and word.arg not in taken]
    return found


def test_every_keyword_in_the_documentation_is_taken() -> None:
    examples = [code for page in PAGES for code in blocks_of_code(page.read_text(encoding="utf-8"))]
    assert examples
    assert [keyword for code in examples for keyword in unknown_keywords(code)] == []


def test_a_keyword_that_is_not_taken_is_found() -> None:
    assert unknown_keywords("affectlab.load('fake', precision='half')") == ["load(precision=)"]
    assert unknown_keywords("vectors.steer('calm', layers=[1], strength=2)") == ["steer(strength=)"]
    assert unknown_keywords("affectlab.load('fake', dtype='float32')") == []


@pytest.mark.parametrize("model", ["fake", "somebody/model"])
def test_a_keyword_that_does_not_exist_is_refused_by_the_call_itself(model: str) -> None:
    load: Callable[..., Any] = affectlab.load
    with pytest.raises(TypeError, match="precision"):
        load(model, precision="half")


@pytest.mark.parametrize("option", [{"dtype": "bfloat16"}, {"device": "cuda:0"}, {"revision": "main"}])
def test_an_option_that_would_change_nothing_is_refused(option: dict[str, str]) -> None:
    load: Callable[..., Any] = affectlab.load
    with pytest.raises(InputError, match="no choice of these"):
        load("fake", **option)


# A second backend added by copying the first.


def shape_of(node: ast.AST) -> str:
    """The syntax of a piece of code without names, so that a copy with other names is a copy."""
    return " ".join(type(part).__name__ for part in ast.walk(node))


def runs_of_statements(tree: ast.AST) -> Iterable[tuple[int, str]]:
    """Every run of statements in a body that is long enough to be a copy, with its first line."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or isinstance(node, ast.Module | ast.ClassDef):
            continue
        for first in range(len(body)):
            nodes = 0
            for last in range(first, len(body)):
                nodes += sum(1 for _ in ast.walk(body[last]))
                if nodes >= COPIED and last > first:
                    yield body[first].lineno, " | ".join(shape_of(part) for part in body[first : last + 1])
                    break


def copies(files: Mapping[str, str]) -> list[tuple[str, ...]]:
    places = defaultdict(list)
    for name, text in files.items():
        for line, shape in runs_of_statements(ast.parse(text)):
            places[shape].append(f"{name}:{line}")
    return [tuple(found) for found in places.values() if len(found) > 1]


def test_nothing_in_the_package_is_there_twice() -> None:
    assert copies({str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in SOURCES}) == []


def test_a_copied_function_is_found_whatever_its_names() -> None:
    original = (ROOT / "src/affectlab/models/batches.py").read_text(encoding="utf-8")
    copied = original.replace("batch", "chunk").replace("longest", "widest")
    assert copies({"batches.py": original}) == []
    assert copies({"batches.py": original, "chunks.py": copied})


def test_backends_share_every_verb() -> None:
    """They implement `run` and `unembed`; generating, scoring and reading are written once, around these."""
    from affectlab.models.fake import FakeModel
    from affectlab.models.hf.model import HFModel

    assert affectlab.Model.__abstractmethods__ == {"run", "unembed"}
    for backend in (FakeModel, HFModel):
        assert issubclass(backend, affectlab.Model)
        assert not {"generate", "score", "choose", "read", "extract", "stream", "collect"} & set(dir(backend))
