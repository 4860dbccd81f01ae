"""What Inspect AI finds of ours, by the entry point `inspect_ai`: models named `affectlab/<model>`, the sandbox
`affectlab_bwrap`, and the tasks, `affectlab/blackmail` and the others."""

from affectlab.behaviour.provider import affectlab
from affectlab.behaviour.sandbox.environment import BubblewrapEnvironment
from affectlab.tasks import blackmail, reward_hacking, sycophancy

__all__ = ["BubblewrapEnvironment", "affectlab", "blackmail", "reward_hacking", "sycophancy"]
