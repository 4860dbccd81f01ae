"""The keys and values of tokens that were run, kept in tensors with room for those to come.

Transformers' own cache makes every tensor anew for every token, and again for every row that ends: for a small network
that is half the time of writing. Here a token is written behind the others, and a row that ends makes way for another
by a copy of that one row. Layers that keep something else (a window, a state) stay as they are.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 64
"""Tokens for which there is room when a tensor is made."""


def roomy_cache(config: Any) -> DynamicCache:
    """An empty cache for a network of this configuration."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


class RoomyLayer(DynamicLayer):
    """`keys` and `values` are the beginnings of larger tensors."""

    keys: Any
    values: Any

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rooms: list[Tensor] = []

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Add new tokens; gives all keys and values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states[..., :0, :], value_states[..., :0, :]
            self._rooms = [self.keys, self.values]
        self._rooms[0], self.keys = _added(self._rooms[0], self.keys, key_states)
        self._rooms[1], self.values = _added(self._rooms[1], self.values, value_states)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep these rows, in this order. Those that keep their place are not touched."""
        if not self.get_seq_length():
            return
        for held in (self.keys, self.values):
            places = indices.to(held.device)
            moved = torch.nonzero(places != torch.arange(len(places), device=held.device))[:, 0]
            held[moved] = held[places[moved]]
        self.keys, self.values = self.keys[: len(indices)], self.values[: len(indices)]
        self._rooms = [room[: len(indices)] for room in self._rooms]


def _added(
    room: Float[Tensor, "rows heads room width"],
    held: Float[Tensor, "rows heads tokens width"],
    new: Float[Tensor, "rows heads new width"],
) -> tuple[Tensor, Tensor]:
    """The room, a larger one if need be, and what is held in it with the new tokens behind."""
    tokens, whole = held.shape[-2], held.shape[-2] + new.shape[-2]
    # What is held may have been replaced from outside (`reorder_cache`): then it stands in no room.
    if whole > room.shape[-2] or held.data_ptr() != room.data_ptr() or held.shape[0] != room.shape[0]:
        room = new.new_empty((*new.shape[:-2], whole + ROOM, new.shape[-1]))
        room[..., :tokens, :] = held
    room[..., tokens:whole, :] = new
    return room, room[..., :whole, :]
