"""Where the decoder blocks of a Transformers model are, and in what form they hand on the residual stream.

1. Candidates are the module lists as long as the configuration says the model is deep.
2. One forward pass records what every block of a candidate receives and returns.
3. The candidate is right if what we read after block L is, bit for bit, what block L + 1 receives. Three forms of
   output are understood: a tensor, a tuple that begins with it, and hidden and residual apart (the stream is their
   sum).
Nothing is guessed from class names. `proof` then shows that reading and editing there do what they should.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor, nn

from affectlab.errors import UnsupportedModelError

Form: TypeAlias = Literal["tensor", "tuple", "apart"]


@dataclass(frozen=True, eq=False)
class Structure:
    """The decoder blocks of a network, in order, and the form of what they return."""

    blocks: tuple[nn.Module, ...]
    path: str
    form: Form
    width: int

    def stream(self, output: Any) -> Float[Tensor, "batch tokens width"]:
        """The residual stream in what a block returned."""
        found: Tensor
        if self.form == "tensor":
            found = output
        elif self.form == "tuple":
            found = output[0]
        else:
            found = output[0] + output[1]
        return found

    def replaced(self, output: Any, stream: Float[Tensor, "batch tokens width"]) -> Any:
        """What the block should have returned for the stream to be this."""
        if self.form == "tensor":
            return stream
        if self.form == "tuple":
            return type(output)((stream, *output[1:])) if type(output) in (tuple, list) else (stream, *output[1:])
        return (stream, torch.zeros_like(output[1]), *output[2:])

    def returned(self, stream: Float[Tensor, "batch tokens width"]) -> Any:
        """What a block would have returned that did nothing but give this stream."""
        if self.form == "tensor":
            return stream
        return (stream,) if self.form == "tuple" else (stream, torch.zeros_like(stream))


class Seen(NamedTuple):
    """One call of one block: the tensors it received that could be a stream, and all that it returned."""

    block: int
    received: tuple[Tensor, ...]
    returned: Any


def find_structure(network: nn.Module, depth: int, width: int, tokens: Tensor) -> Structure:
    """Find the blocks by running the network once per candidate list. Raises UnsupportedModelError if none holds."""
    tried = []
    for path, blocks in _candidates(network, depth):
        seen = _trace(network, blocks, tokens)
        form, reason = _form(seen, depth, (tokens.shape[0], tokens.shape[1], width))
        if form is not None:
            return Structure(tuple(blocks[:depth]), path, form, width)
        tried.append(f"{path}: {reason}")
    raise UnsupportedModelError(
        "the decoder blocks were not found",
        where=type(network).__name__,
        expected=f"a list of {depth} blocks that pass on a stream of width {width} from one to the next",
        found="; ".join(tried) or f"no module list of {depth} or more",
        fix="please report the architecture",
    )


def _candidates(network: nn.Module, depth: int) -> Iterator[tuple[str, Sequence[nn.Module]]]:
    """Lists may be longer: some models carry blocks for predictions further ahead, which a plain pass must not call."""
    for path, module in network.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) >= depth:
            yield path, list(module)


def stream_like(values: Any, shape: tuple[int, ...]) -> tuple[Tensor, ...]:
    """The tensors of this shape among the arguments of a call or the parts of its result."""
    if isinstance(values, Tensor):
        values = (values,)
    return tuple(value for value in values if isinstance(value, Tensor) and tuple(value.shape) == shape)


def _trace(network: nn.Module, blocks: Sequence[nn.Module], tokens: Tensor) -> list[Seen]:
    """All calls of the blocks. Tensors are copied at once: a network may go on in the same memory."""
    received: dict[int, tuple[Tensor, ...]] = {}
    calls: list[Seen] = []
    with ExitStack() as stack:
        for index, block in enumerate(blocks):

            def before(_: nn.Module, args: Any, kwargs: Any, index: int = index) -> None:
                received[index] = tuple(v.clone() for v in (*args, *kwargs.values()) if isinstance(v, Tensor))

            def after(_: nn.Module, __: Any, output: Any, index: int = index) -> None:
                calls.append(Seen(index, received[index], _copied(output)))

            stack.callback(block.register_forward_pre_hook(before, with_kwargs=True).remove)
            stack.callback(block.register_forward_hook(after).remove)
        with torch.inference_mode():
            network(input_ids=tokens, use_cache=False)
    return calls


def _copied(output: Any) -> Any:
    if isinstance(output, Tensor):
        return output.clone()
    return tuple(_copied(part) for part in output) if isinstance(output, tuple | list) else output


def _form(seen: list[Seen], depth: int, shape: tuple[int, int, int]) -> tuple[Form | None, str]:
    if [call.block for call in seen] != list(range(depth)):
        return None, "its members are not called once each, in order"
    for form in ("tensor", "tuple", "apart"):
        if all(_hands_on(form, a, b, shape) for a, b in pairwise(seen)) and _fits(form, seen[-1].returned, shape):
            return form, ""
    return None, "what one returns is not what the next receives"


def _fits(form: str, returned: Any, shape: tuple[int, int, int]) -> bool:
    if form == "tensor":
        return isinstance(returned, Tensor) and tuple(returned.shape) == shape
    if not isinstance(returned, tuple | list):
        return False
    leading = stream_like(returned[:2], shape)
    return len(leading) == 2 if form == "apart" else len(stream_like(returned[:1], shape)) == 1


def _hands_on(form: str, before: Seen, after: Seen, shape: tuple[int, int, int]) -> bool:
    if not _fits(form, before.returned, shape):
        return False
    received = stream_like(after.received, shape)
    sent = (before.returned,) if form == "tensor" else tuple(before.returned[: 2 if form == "apart" else 1])
    if form == "tuple" and len(received) > 1 and len(stream_like(before.returned[:2], shape)) == 2:
        return False
    return len(received) >= len(sent) and all(
        torch.equal(ours.cpu(), theirs.cpu()) for ours, theirs in zip(sent, received, strict=False)
    )
