"""The stages of a study that ask for causes: what steering changes about preferences, and about behaviour."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from affectlab.behaviour.items.tables import digest
from affectlab.checks.validate import convention_for
from affectlab.errors import InputError
from affectlab.findings import Findings
from affectlab.pocket.activities import preferences_of
from affectlab.pocket.situations import mailboxes
from affectlab.preference import QUICK, nulls_for, prefer
from affectlab.study.settings import Settings
from affectlab.study.stages import Extracted, Show, Shown, Subject, nothing_of
from affectlab.vectors.store import save_extraction

POCKET = "pocket"
EMOTIONS, DIRECTIONS, SETS = 15, 20, 3
"""Of preferences: emotions and random directions that are steered, and vector sets of shuffled labels."""
EXACT_NULLS = 59
"""Null directions of each kind, of the exact log-odds of a deed."""
NAMED_BY = 40
"""Situations of behaviour that name them all: the world makes every one from the same lists."""


def ask_preferences(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """What the model would rather do, and what steering changes about it."""
    items = preferences_of(subject.items.register)
    convention = convention_for(found.vectors)
    how = replace(QUICK, emotions=EMOTIONS, directions=DIRECTIONS, sets=SETS, convention=convention, seed=settings.seed)
    controls = nulls_for(found.vectors, found.sums, how)
    try:
        with show("asking what it likes", unit="choices") as shown:
            return prefer(subject.model, found.vectors, items, how=how, controls=controls, progress=shown.reached)
    except InputError as error:
        return nothing_of("prefer", f"{error.line}.")


def look_at_behaviour(subject: Subject, settings: Settings, found: Extracted, show: Show) -> Findings:
    """Blackmail in pocket's world, steered. In plain English somebody has to grade, who is not known here."""
    if subject.items.register != POCKET:
        why = (
            "Replies in plain English are graded: affectlab behave --grader MODEL -o FILE, then study --behaviour FILE."
        )
        return nothing_of("behave", why)
    try:
        from affectlab.rollouts import How, behave  # noqa: PLC0415 - Inspect takes seconds to load, and is an extra
    except ModuleNotFoundError:
        return nothing_of("behave", 'Inspect AI is not installed: python -m pip install "affectlab[behaviour]".')
    how = How(samples=settings.runs, exact_nulls=EXACT_NULLS, seed=settings.seed)
    with show("steering behaviour", unit="runs") as shown, tempfile.TemporaryDirectory(prefix="affectlab-") as folder:
        vectors = Path(folder) / "vectors.safetensors"
        save_extraction(found.vectors, found.sums, vectors)
        name = subject.model.identity.id
        return behave(name, vectors, how, out=folder, told=_Heard(shown), model=subject.model)


def situations_hash(register: str) -> str:
    """16 hexadecimal digits that name what behaviour is looked at in; none in plain English, where it is not."""
    if register != POCKET:
        return ""
    return digest(*(f"{case.asked}{case.begun}" for case in mailboxes(NAMED_BY)))


class _Heard:
    """Shows what is going on, without the sentences: they stand in the findings."""

    def __init__(self, shown: Shown) -> None:
        self.at, self.reached = shown.at, shown.reached

    def say(self, sentence: str) -> None: ...
