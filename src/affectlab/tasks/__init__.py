"""Behaviour tasks for Inspect AI: blackmail, reward hacking, sycophancy and harshness (docs/behaviour.md).

    inspect eval affectlab/blackmail --model affectlab/pocket

Each has a register for models that read plain English and one in pocket's world, behind the same name.
"""

from affectlab.tasks.blackmail import blackmail
from affectlab.tasks.reward_hacking import reward_hacking
from affectlab.tasks.sycophancy import sycophancy

__all__ = ["blackmail", "reward_hacking", "sycophancy"]
