"""Small networks written by hand, each handing on its stream in a way of its own. They know nothing of affectlab."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

WIDTH, VOCABULARY, DEPTH = 16, 258, 3


class Config(SimpleNamespace):
    """As much of a configuration as is asked for."""

    def __init__(self, **changes: Any) -> None:
        sizes = {"num_hidden_layers": DEPTH, "hidden_size": WIDTH, "vocab_size": VOCABULARY}
        super().__init__(**{**sizes, "max_position_embeddings": 128, "is_encoder_decoder": False, **changes})

    def get_text_config(self, decoder: bool = False) -> Config:
        return self

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


class Mixing(nn.Module):
    """A causal mean of what stands before, put through a matrix: what a block adds to the stream."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Linear(WIDTH, WIDTH)

    def forward(self, stream: Tensor, seen: Tensor) -> Tensor:
        counts = seen.cumsum(dim=1).clamp(min=1)
        mean = (stream * seen[..., None]).cumsum(dim=1) / counts[..., None]
        return torch.tanh(self.matrix((mean + 0.5 * stream).to(stream.dtype)))


class Block(nn.Module):
    """Returns a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.mixing = Mixing()

    def forward(self, stream: Tensor, seen: Tensor) -> Any:
        return stream + self.mixing(stream, seen)


class TupleBlock(Block):
    """Returns a tuple, as blocks with attention weights do."""

    def forward(self, stream: Tensor, seen: Tensor) -> Any:
        return super().forward(stream, seen), seen


class ListBlock(Block):
    def forward(self, stream: Tensor, seen: Tensor) -> Any:
        return [super().forward(stream, seen)]


class InPlaceBlock(Block):
    """Adds to the tensor it was given, and returns that."""

    def forward(self, stream: Tensor, seen: Tensor) -> Any:
        stream += self.mixing(stream, seen)
        return stream


class ApartBlock(Block):
    """Returns hidden and residual apart; the stream is their sum, and the next block adds them up."""

    def forward(self, hidden: Tensor, seen: Tensor, residual: Tensor | None = None) -> Any:
        residual = hidden if residual is None else hidden + residual
        return self.mixing(residual, seen), residual


class Network(nn.Module):
    """Embedding, blocks, final norm, unembedding. Subclasses pass the stream on in their own way."""

    block: type[Block] = Block

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.config = Config(**changes)
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(self.block() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    @property
    def dtype(self) -> torch.dtype:
        return self.head.weight.dtype

    def get_input_embeddings(self) -> nn.Module:
        return self.embedding

    def get_output_embeddings(self) -> nn.Module:
        return self.head

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, use_cache: bool = False) -> Any:
        seen = (torch.ones_like(input_ids) if attention_mask is None else attention_mask).float()
        stream = self.pass_on(self.embedding(input_ids), seen)
        return SimpleNamespace(logits=self.head(self.norm(stream)))

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for layer in self.layers:
            stream = layer(stream, seen)
        return stream


class InPlace(Network):
    block: type[Block] = InPlaceBlock


class Tuples(Network):
    block: type[Block] = TupleBlock

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for layer in self.layers:
            stream = layer(stream, seen)[0]
        return stream


class Lists(Tuples):
    block: type[Block] = ListBlock


class Apart(Network):
    block = ApartBlock

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        residual: Any = None
        for layer in self.layers:
            stream, residual = layer(stream, seen, residual)
        summed: Tensor = stream + residual
        return summed


class OnceOnly(nn.ModuleList):
    """A list of blocks that can be iterated over once."""

    spent = False

    def __iter__(self) -> Any:
        blocks = [] if self.spent else list(self._modules.values())
        self.spent = True
        return iter(blocks)


class LayersOnce(Network):
    def __init__(self) -> None:
        super().__init__()
        self.layers = OnceOnly(self.layers)
        self.layers.spent = False

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for place in range(DEPTH):
            stream = self.layers[place](stream, seen)
        return stream


class TwoLists(Network):
    """Norms before every block, in a list as long as that of the blocks, and found before it."""

    def __init__(self) -> None:
        super().__init__()
        layers = self.layers
        del self.layers
        self.adapters = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH))
        self.before = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(DEPTH))
        self.layers = layers

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for norm, layer in zip(self.before, self.layers, strict=True):
            stream = layer(stream, seen) + 0 * norm(stream)
        return stream


class MoreLayers(Network):
    """One more block than the model is deep, for predictions further ahead, which a plain pass never calls."""

    def __init__(self) -> None:
        super().__init__()
        self.layers.append(Block())

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for layer in list(self.layers)[:DEPTH]:
            stream = layer(stream, seen)
        return stream


class Altered(Network):
    """Passes on something else than the block returned."""

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for layer in self.layers:
            stream = 1.1 * layer(stream, seen)
        return stream


class AlteredInPlace(Network):
    """The same, in the memory of what the block returned."""

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for layer in self.layers:
            stream = layer(stream, seen).mul_(1.1)
        return stream


class TokensFirstBlock(Block):
    def forward(self, stream: Tensor, seen: Tensor) -> Any:
        return super().forward(stream.transpose(0, 1), seen).transpose(0, 1)


class TokensFirst(Network):
    """[tokens, batch, width] between blocks."""

    block = TokensFirstBlock

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        return super().pass_on(stream.transpose(0, 1), seen).transpose(0, 1)


class FlatBlock(Block):
    def forward(self, stream: Tensor, seen: Tensor) -> Any:
        return super().forward(stream.view(*seen.shape, WIDTH), seen).flatten(0, 1)


class Flat(Network):
    """[batch x tokens, width] between blocks."""

    block = FlatBlock

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        shape = stream.shape
        for layer in self.layers:
            stream = layer(stream, seen)
        return stream.view(shape)


class Looped(Network):
    """Runs its blocks twice."""

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        return super().pass_on(super().pass_on(stream, seen), seen)


class Shared(Network):
    """One block in three places."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([self.layers[0]] * DEPTH)


class DeadEnd(Network):
    """Predicts from the embeddings alone: no edit ever reaches the logits."""

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        super().pass_on(stream, seen)
        return stream


class SeesAhead(Network):
    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        return super().pass_on(stream + stream.mean(dim=1, keepdim=True), seen)


class MemoryBlock(Block):
    """Hands on a second stream that is no residual."""

    def forward(self, stream: Tensor, seen: Tensor, memory: Tensor | None = None) -> Any:
        assert memory is not None
        stream = super().forward(stream, seen) + 0.1 * torch.tanh(memory)
        return stream, memory + stream


class WithMemory(Network):
    block = MemoryBlock

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        memory = stream
        for layer in self.layers:
            stream, memory = layer(stream, seen, memory)
        return stream


class TwoFacedBlock(Block):
    """Returns the stream twice."""

    def forward(self, stream: Tensor, seen: Tensor) -> Any:
        stream = super().forward(stream, seen)
        return stream, stream.clone()


class TwoFaced(Network):
    """Passes on half of the one and half of the other: an edit of one of them counts half."""

    block = TwoFacedBlock

    def pass_on(self, stream: Tensor, seen: Tensor) -> Tensor:
        for layer in self.layers:
            one, other = layer(stream, seen)
            stream = 0.5 * one + 0.5 * other
        return stream


class Capped(Network):
    """Logits are capped behind the unembedding, which is tied to the embeddings."""

    def __init__(self) -> None:
        super().__init__()
        self.head.weight = self.embedding.weight

    def forward(self, *args: Any, **options: Any) -> Any:
        logits = super().forward(*args, **options).logits
        return SimpleNamespace(logits=3 * torch.tanh(logits / 3))
