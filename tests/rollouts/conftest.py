"""Pocket with vectors of four emotions, as for the provider; what Inspect writes goes away afterwards."""

from tests.behaviour.provider.conftest import nothing_is_left_in_the_home_folder, pocket
from tests.behaviour.sandbox.conftest import bubblewrap
from tests.tasks.conftest import what_takes_longer_than_our_samples

__all__ = ["bubblewrap", "nothing_is_left_in_the_home_folder", "pocket", "what_takes_longer_than_our_samples"]
