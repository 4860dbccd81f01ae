"""What Inspect AI finds of ours, by the entry point `inspect_ai`: models named `affectlab/<model>`, and the sandbox
`affectlab_bwrap`."""

from affectlab.behaviour.provider import affectlab
from affectlab.behaviour.sandbox.environment import BubblewrapEnvironment

__all__ = ["BubblewrapEnvironment", "affectlab"]
