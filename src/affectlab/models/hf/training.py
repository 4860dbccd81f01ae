"""Reading a network while it is in training, without leaving a trace."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def undisturbed(network: Any) -> Iterator[None]:
    """Within, the network is in evaluation mode; afterwards every module is in the mode it was in, and the generators
    of random numbers stand where they stood.

    Weights and gradients are touched by nothing that reads, since reading runs in inference mode.
    """
    modes = [(module, module.training) for module in network.modules()]
    devices = {parameter.device for parameter in network.parameters()}
    cuda = [device.index or 0 for device in devices if device.type == "cuda"]
    plain, of_numpy = random.getstate(), np.random.get_state()  # those that shuffle and collate data
    with torch.random.fork_rng(devices=cuda):
        try:
            network.eval()
            yield
        finally:
            random.setstate(plain)
            np.random.set_state(of_numpy)
            for module, mode in modes:
                module.training = mode
            # Within autocast, weights that were cast without gradients would be used again by the next training step.
            torch.clear_autocast_cache()
