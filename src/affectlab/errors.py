"""What can go wrong, as a tree. Every error says what, where, expected, found, and what to do.

AffectlabError
├── UserError                 the caller can mend it; the command line exits with 2
│   ├── InputError            a file, a row, an option or a value that cannot be used
│   │   ├── CorpusError       labelled texts that break the schema or are too few
│   │   ├── ExpressionError   a steering expression that does not parse
│   │   ├── TooFewError       what was given can be used, and is too little for what was asked
│   │   ├── UnknownNameError  a name that does not exist; a near one is offered
│   │   └── ContextError      more tokens than the model can see
│   ├── OutputError           a path that cannot be written
│   ├── ModelError            a model that cannot be loaded
│   │   ├── UnsupportedModelError  its blocks could not be proved to be where we think they are
│   │   └── ModelMismatchError     vectors of one model used on another
│   ├── ActivationError       activations that are not finite
│   ├── DeviceMemoryError     a batch that does not fit; met with smaller ones as long as there are any
│   └── SteeringError         steering that would touch nothing, or cannot be done as asked
└── OurError                  a promise of ours that did not hold; the command line exits with 1
    ├── SteeringNotAppliedError    a site that should have been steered or read was never reached
    └── ConformanceError           a backend that breaks the contract of `Model`
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

FIELDS = ("what", "where", "expected", "found", "fix")


class AffectlabError(Exception):
    """Root of all errors raised on purpose. `fields` is what `--json` prints."""

    def __init__(self, what: str, *, where: str = "", expected: str = "", found: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.found = found
        self.fix = fix
        super().__init__(self.line)

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; the classes below have signatures of their own.
        return _rebuilt, (type(self), self.fields)

    @property
    def fields(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in FIELDS}

    def move(self, where: str) -> None:
        """Say where it is in the words of its reader, who may know an option and not a parameter."""
        self.where = where
        self.args = (self.line,)

    @property
    def line(self) -> str:
        """The whole error on one line."""
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.found:
            parts.append(f"found {self.found}")
        if self.fix:
            parts.append(self.fix)
        return "; ".join(" ".join(part.splitlines()) for part in parts)


def _rebuilt(kind: type[AffectlabError], fields: dict[str, str]) -> AffectlabError:
    error = kind.__new__(kind)
    AffectlabError.__init__(error, **fields)
    return error


class UserError(AffectlabError):
    """Something the caller can mend."""


class InputError(UserError):
    """A file, a row, an option or a value that cannot be used."""


class CorpusError(InputError):
    """Labelled texts that break the schema, or are too few for what was asked."""


class TooFewError(InputError):
    """What was given can be used, and is too little for what was asked of it."""


class ExpressionError(InputError):
    """A steering expression that does not parse."""


class ContextError(InputError):
    """More tokens than the model can see."""


class UnknownNameError(InputError):
    """A name that does not exist, with the nearest names that do."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        names = sorted(known)
        lower = {other.lower(): other for other in names}
        near = [lower[other] for other in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)]
        fix = f"did you mean {' or '.join(repr(other) for other in near)}?" if near else ""
        shown = ", ".join(names[:8]) + (f", ... ({len(names)} in all)" if len(names) > 8 else "")
        expected = f"one of {shown}" if names else f"no {kind} at all: there are none"
        super().__init__(f"unknown {kind} {name!r}", where=where, expected=expected, fix=fix)


class OutputError(UserError):
    """A path that cannot be written."""


class ModelError(UserError):
    """A model that cannot be loaded."""


class UnsupportedModelError(ModelError):
    """The blocks of this model could not be proved to be where we think they are."""


class ModelMismatchError(ModelError):
    """Vectors of one model, used on another."""


class ActivationError(UserError):
    """Activations that are not finite."""


class DeviceMemoryError(UserError):
    """A batch that does not fit into the device's memory."""


class SteeringError(UserError):
    """Steering that would touch nothing, or that cannot be done as asked."""


class OurError(AffectlabError):
    """A promise of ours that did not hold."""


class SteeringNotAppliedError(OurError):
    """A site that should have been steered or read was never reached."""


class ConformanceError(OurError):
    """A backend that breaks the contract of `Model`."""
