"""Pocket writes its stories once for all tests of a run, in however many workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pocket import subject as subjects
from tests.pocket.subject import Subject


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run see."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def pocket(shared: Path) -> Subject:
    return subjects.shipped(shared)


@pytest.fixture(scope="session")
def shuffled(pocket: Subject) -> Subject:
    return pocket.shuffled()


@pytest.fixture(scope="session")
def untrained(shared: Path) -> Subject:
    return subjects.untrained(shared)
