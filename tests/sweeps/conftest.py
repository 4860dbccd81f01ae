"""The fake model and its vectors, as for checks."""

from tests.checks.conftest import fake, found

__all__ = ["fake", "found"]
