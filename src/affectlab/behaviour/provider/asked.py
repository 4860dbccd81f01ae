"""What `-M name=value` asks for: vectors, what is added, what is read, and how the model is loaded.

vectors=FILE                    a vectors file of this very model
steer="0.05*desperate"          what is added; tokens=all|prompt|reply|turn|"from N" and layers=3-5 say where
read=calm,desperate             whose readings are recorded at every token (`all`: of every emotion)
read_layers=5, convention=cosine|projection|centred        where they are read, and how
form=clean|raw                  which vectors are meant
dtype, device, revision, trust_remote_code                 how the model is loaded
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from affectlab.core import Convention, Readout, Steer, Tokens, parse_mix
from affectlab.errors import AffectlabError, ExpressionError, InputError, UnknownNameError
from affectlab.vectors.store import load_vectors
from affectlab.vectors.vectorset import VectorForm, VectorSet

LOADING = ("dtype", "device", "revision", "trust_remote_code")
STEERING, READING = ("tokens", "layers"), ("read_layers", "convention")
ARGUMENTS = ("vectors", "steer", "read", "form", *STEERING, *READING, *LOADING)
FORMS = ("clean", "raw")

Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Asked:
    """What a model is asked to do besides answering, the same for every call."""

    loading: Mapping[str, Any]
    vectors: VectorSet | None = None
    steer: Steer | None = None
    readout: Readout | None = None
    emotions: tuple[str, ...] = ()
    convention: Convention = Convention.COSINE


def asked(arguments: Mapping[str, Any]) -> Asked:
    """Read the arguments; every one is used, or refused."""
    for name in arguments:
        if name not in ARGUMENTS:
            raise UnknownNameError("argument", name, ARGUMENTS, where="-M")
    given = {name: _text(name, value) for name, value in arguments.items() if name != "trust_remote_code"}
    given = {name: value for name, value in given.items() if value}
    loading: dict[str, Any] = {name: given[name] for name in LOADING if name in given}
    if arguments.get("trust_remote_code"):
        loading["trust_remote_code"] = True
    _check_together(given)
    vectors = load_vectors(given["vectors"]) if "vectors" in given else None
    # As it was when they were made. Named in any case, so that it is one model with vectors and without.
    loading.setdefault("dtype", vectors.header["model"]["dtype"] if vectors else "float32")
    if vectors is None:
        return Asked(loading)
    names = _emotions(vectors, given["read"]) if "read" in given else ()
    steer, readout = _steer(vectors, given), _readout(vectors, given, names)
    return Asked(loading, vectors, steer, readout, names, Convention(given.get("convention", Convention.COSINE)))


def _text(name: str, value: Any) -> str:
    """A value as it was written: Inspect reads 4 as a number and a,b as a list."""
    parts = value if isinstance(value, list | tuple) else [value]
    if value is None or value is False:
        return ""
    for part in parts:
        if not isinstance(part, str | int | float):
            raise InputError(
                "an argument is a text",
                where=f"-M {name}",
                expected="a file name, an expression, a list of names",
                found=type(part).__name__,
                fix="write vectors to a file and name it; Inspect keeps models apart by the texts they are given",
            )
    return ",".join(str(part) for part in parts).strip()


def _check_together(given: Mapping[str, str]) -> None:
    """Raise for an argument that means nothing without another."""
    needs = (
        dict.fromkeys(("steer", "read"), "vectors") | dict.fromkeys(STEERING, "steer") | dict.fromkeys(READING, "read")
    )
    for name, other in needs.items():
        if name in given and other not in given:
            raise InputError(
                "this has no meaning alone", where=f"-M {name}", expected=f"-M {other} beside it", found=given[name]
            )
    if not {"steer", "read"} & set(given):
        for name in {"vectors", "form"} & set(given):
            raise InputError("nothing is done with them", where=f"-M {name}", expected="-M steer or -M read beside it")


def _steer(vectors: VectorSet, given: Mapping[str, str]) -> Steer | None:
    if "steer" not in given:
        return None
    mix = _at("steer", lambda: parse_mix(given["steer"], where="-M steer", bare=False))
    tokens = _at("tokens", lambda: Tokens.parse(given.get("tokens", "all")))
    if tokens.kind == "spans":
        expected = "all, prompt, reply, turn, or 'from N'"
        raise InputError("a conversation has no spans", where="-M tokens", expected=expected, found=given["tokens"])
    layers = _at("layers", lambda: vectors.choose_layers(given.get("layers")))
    found = _at("steer", lambda: vectors.steer(mix, layers=layers, tokens=tokens, form=_form(given)))
    if not found.deltas.any():
        raise ExpressionError("this adds nothing", where="-M steer", expected="something to add", found=given["steer"])
    return found


def _readout(vectors: VectorSet, given: Mapping[str, str], names: tuple[str, ...]) -> Readout | None:
    if not names:
        return None
    layers = _at("read_layers", lambda: vectors.choose_layers(given.get("read_layers")))
    known = [convention.value for convention in Convention]
    if (convention := given.get("convention", Convention.COSINE)) not in known:
        raise UnknownNameError("convention", convention, known, where="-M convention")
    form = _form(given)
    return _at(
        "convention",
        lambda: vectors.readout(layers=layers, convention=Convention(convention), emotions=names, form=form),
    )


def _emotions(vectors: VectorSet, text: str) -> tuple[str, ...]:
    if text == "all":
        return vectors.emotions
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in vectors.emotions:
            raise UnknownNameError("emotion", name, vectors.emotions, where="-M read")
    return names


def _form(given: Mapping[str, str]) -> VectorForm | None:
    form = given.get("form")
    if form is not None and form not in FORMS:
        raise UnknownNameError("form", form, FORMS, where="-M form")
    return cast("VectorForm | None", form)


def _at(argument: str, ask: Callable[[], Found]) -> Found:
    """Ask; what is wrong is wrong with this argument."""
    try:
        return ask()
    except AffectlabError as error:
        error.move(f"-M {argument}")
        raise
