"""An error says what, where, expected, found and what to do, on one line; the tree drawn is the tree there is."""

import inspect
import re
from types import ModuleType

import pytest

from affectlab import errors
from affectlab.errors import AffectlabError, InputError, OurError, UnknownNameError, UserError

DRAWN = re.compile(r"^(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w*Error)\b")


def classes_defined(module: ModuleType) -> dict[str, type]:
    return {
        name: item
        for name, item in vars(module).items()
        if inspect.isclass(item) and item.__module__ == module.__name__
    }


def tree_drawn(docstring: str) -> dict[str, str]:
    """Each name in the drawing with the name that it hangs from."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in docstring.splitlines():
        if found := DRAWN.match(line):
            depth = len(found["branch"]) // 4
            path[depth:] = [found["name"]]
            parents[found["name"]] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    defined = {name: item.__bases__[0].__name__ for name, item in classes_defined(errors).items()}
    assert tree_drawn(errors.__doc__ or "") == defined
    assert all(len(item.__bases__) == 1 for item in classes_defined(errors).values())


def test_every_error_says_in_its_docstring_what_it_means() -> None:
    assert all(item.__doc__ for item in classes_defined(errors).values())


def test_an_error_is_the_callers_or_ours_and_never_both() -> None:
    for item in classes_defined(errors).values():
        if item is not AffectlabError:
            assert issubclass(item, UserError) != issubclass(item, OurError)


def test_the_line_holds_all_five_fields_in_order() -> None:
    error = InputError("unknown field 'mood'", where="rows.jsonl:3", expected="emotion", found="mood", fix="rename it")
    assert error.line == "rows.jsonl:3: unknown field 'mood'; expected emotion; found mood; rename it"
    assert str(error) == error.line


def test_the_line_leaves_out_what_is_not_known() -> None:
    assert InputError("the corpus is empty").line == "the corpus is empty"


def test_the_fields_are_what_json_prints() -> None:
    error = InputError("a", where="b", expected="c", found="d", fix="e")
    assert error.fields == {"what": "a", "where": "b", "expected": "c", "found": "d", "fix": "e"}


@pytest.mark.parametrize("breaks", ["two\nlines", "a\r\nb", "tab\tand   spaces", "\n", "paragraph\u2029break"])
def test_an_error_is_one_line_whatever_it_quotes(breaks: str) -> None:
    error = InputError(f"cannot read {breaks}", where=breaks, expected=breaks, found=breaks, fix=breaks)
    assert len(error.line.splitlines()) == 1


def test_an_unknown_name_offers_the_near_ones() -> None:
    error = UnknownNameError("emotion", "desparate", ["calm", "desperate", "sad"])
    assert error.fix == "did you mean 'desperate'?"
    assert error.what == "unknown emotion 'desparate'"
    assert error.expected == "one of calm, desperate, sad"


def test_an_unknown_name_far_from_all_offers_none_but_lists_some() -> None:
    error = UnknownNameError("emotion", "xylophone", [f"emotion {letter}" for letter in "abcdefghijkl"])
    assert error.fix == ""
    assert error.expected.endswith("(12 in all)")


def test_an_unknown_name_is_an_input_error_with_the_place_it_stood_in() -> None:
    error = UnknownNameError("emotion", "clam", ["calm"], where="--steer")
    assert isinstance(error, InputError)
    assert error.line.startswith("--steer: unknown emotion 'clam'")
