"""Pocket writes its stories once for all tests of a run."""

from __future__ import annotations

import pytest

from tests.pocket import subject as subjects
from tests.pocket.subject import Subject


@pytest.fixture(scope="session")
def pocket() -> Subject:
    return subjects.shipped()


@pytest.fixture(scope="session")
def shuffled(pocket: Subject) -> Subject:
    return pocket.shuffled()


@pytest.fixture(scope="session")
def untrained() -> Subject:
    return subjects.untrained()
