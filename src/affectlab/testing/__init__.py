"""For people who write a backend or test against a small model: the conformance suite, and tiny models in `tiny`."""

from affectlab.testing.conformance import Check, check_model

__all__ = ["Check", "check_model"]
