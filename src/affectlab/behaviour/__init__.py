"""What the model does when it is steered: items, detectors, a provider for Inspect AI, and a sandbox."""

from importlib.util import find_spec


def inspect_installed() -> bool:
    """Whether Inspect AI, which is an extra, is there. To look for it takes no time, to import it seconds."""
    return find_spec("inspect_ai") is not None
