"""What is shown at load, by running the network, before a single number is believed.

1. What is read after block L is what block L + 1 receives (shown while the blocks were found).
2. An edit that adds nothing changes nothing, bit for bit.
3. An edit after block L leaves every block before L bit-identical, is what block L + 1 receives, and changes the
   logits.
4. A later token changes nothing at earlier positions: the model is causal.
5. Where the final norm and the unembedding are, and whether logits are capped or scaled after it (for `doctor`;
   nothing else relies on it).
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from affectlab.errors import UnsupportedModelError
from affectlab.models.network.blocks import Structure, stream_like
from affectlab.models.network.hooks import Edit, forward

LENGTH = 6


def tolerance(dtype: torch.dtype) -> float:
    """How far streams may differ, relative to their norm, where equality is not exact (kernels pick other tilings)."""
    return max(1e-5, 3 * torch.finfo(dtype).eps)


def proof_tokens(vocabulary: int) -> Tensor:
    """A few tokens spread over the vocabulary, the same ones every time."""
    ids = torch.linspace(0.15, 0.85, LENGTH, dtype=torch.float64) * (vocabulary - 1)
    return ids.long()[None]


def prove(network: nn.Module, structure: Structure, tokens: Tensor) -> dict[str, str]:
    """Run the proofs and return what they found, or raise UnsupportedModelError."""
    with torch.inference_mode():
        plain = _streams(network, structure, tokens)
        _prove_identity(network, structure, tokens, plain)
        _prove_causal(network, structure, tokens, plain)
        _prove_edits(network, structure, tokens)
        return {
            "blocks": f"{len(structure.blocks)} at {structure.path}, returned as {_FORMS[structure.form]}",
            "reads": "equal to what the next block receives, at every block",
            "edits": "an empty edit changes nothing; an edit leaves earlier blocks bit-identical, at every block",
            "causal": "a later token changes nothing before it",
            **_tail(network, structure, tokens),
        }


_FORMS = {"tensor": "a tensor", "tuple": "the first of a tuple", "apart": "hidden and residual apart"}


class _Pass(NamedTuple):
    """What one forward pass showed: the stream read after every block, as every block but the first received it, and
    the logits."""

    streams: list[Tensor]
    received: dict[int, Tensor]
    logits: Tensor


def _streams(network: nn.Module, structure: Structure, tokens: Tensor, edits: dict[int, Edit] | None = None) -> _Pass:
    kept: dict[int, Tensor] = {}
    received: dict[int, Tensor] = {}
    shape = (*tokens.shape, structure.width)
    reads = {
        site: (lambda h, site=site: kept.__setitem__(site, h.detach().cpu().clone())) for site in _sites(structure)
    }
    with ExitStack() as stack:
        for site in _sites(structure)[1:]:

            def before(_: nn.Module, args: Any, kwargs: Any, site: int = site) -> None:
                received[site] = _received(structure, stream_like((*args, *kwargs.values()), shape))

            stack.callback(structure.blocks[site].register_forward_pre_hook(before, with_kwargs=True).remove)
        output = forward(network, structure, {"input_ids": tokens, "use_cache": False}, edits=edits, reads=reads)
    return _Pass([kept[site] for site in _sites(structure)], received, output.logits.detach().cpu().clone())


def _received(structure: Structure, given: tuple[Tensor, ...]) -> Tensor:
    """The stream in what a block was given."""
    stream = given[0] + given[1] if structure.form == "apart" else given[0]
    return stream.detach().cpu().clone()


def _sites(structure: Structure) -> range:
    return range(len(structure.blocks))


def _refuse(structure: Structure, what: str, site: int | None = None) -> UnsupportedModelError:
    where = structure.path if site is None else f"{structure.path}.{site}"
    return UnsupportedModelError(
        what, where=where, fix="this architecture cannot be read or steered exactly; report it"
    )


def _prove_identity(network: nn.Module, structure: Structure, tokens: Tensor, plain: _Pass) -> None:
    edits: dict[int, Edit] = {site: (lambda h: h + torch.zeros_like(h)) for site in _sites(structure)}
    edited = _streams(network, structure, tokens, edits)
    for site, (ours, theirs) in enumerate(zip(edited.streams, plain.streams, strict=True)):
        if not torch.equal(ours, theirs):
            raise _refuse(structure, "an edit that adds nothing changes the stream", site)
    if not torch.equal(edited.logits, plain.logits):
        raise _refuse(structure, "an edit that adds nothing changes the logits")


def _prove_causal(network: nn.Module, structure: Structure, tokens: Tensor, plain: _Pass) -> None:
    other = tokens.clone()
    other[:, -1] = tokens[:, 0]
    streams = _streams(network, structure, other).streams
    for site, (ours, theirs) in enumerate(zip(streams, plain.streams, strict=True)):
        if (ours - theirs)[:, :-1].float().norm() > tolerance(theirs.dtype) * theirs[:, :-1].float().norm():
            raise _refuse(
                structure, "a later token changes earlier positions: this is not a causal language model", site
            )


def _prove_edits(network: nn.Module, structure: Structure, tokens: Tensor) -> None:
    """All blocks in one batch, a row per block; where rows disturb each other (experts), block by block."""
    depth = len(structure.blocks)
    if depth > 1 and _edits_hold(network, structure, tokens.expand(depth, -1), tuple(range(depth))) is None:
        return
    for site in range(depth):
        failure = _edits_hold(network, structure, tokens, (site,))
        if failure is not None:
            raise _refuse(structure, failure, site)


def _edits_hold(network: nn.Module, structure: Structure, tokens: Tensor, edited: tuple[int, ...]) -> str | None:
    """Row i of the batch is edited after block edited[i]. Returns what went wrong, if anything."""
    plain = _streams(network, structure, tokens)
    deltas = {}
    for row, site in enumerate(edited):
        delta = torch.zeros_like(plain.streams[site])
        delta[row] = plain.streams[site][row].roll(1, dims=-1)
        deltas[site] = delta
    found = _streams(network, structure, tokens, {site: _adding(delta) for site, delta in deltas.items()})
    for row, site in enumerate(edited):
        if not all(torch.equal(found.streams[before][row], plain.streams[before][row]) for before in range(site)):
            return "an edit changes blocks before it"
        following = found.received.get(site + 1)
        if following is not None and not torch.equal(following[row], plain.streams[site][row] + deltas[site][row]):
            return "an edit is not what the next block receives"
        if torch.equal(found.logits[row], plain.logits[row]):
            return "an edit never reaches the logits"
    return None


def _adding(delta: Tensor) -> Edit:
    return lambda stream: stream + delta.to(stream.device)


def _tail(network: nn.Module, structure: Structure, tokens: Tensor) -> dict[str, str]:
    """Name the module that first receives the last stream, and compare its unembedding with the logits."""
    inside = {module for block in structure.blocks for module in block.modules()}
    last, receivers, unembedded = _LastStream(), [], []
    unembedding = getattr(network, "get_output_embeddings", lambda: None)()
    with ExitStack() as stack:
        stack.callback(structure.blocks[-1].register_forward_hook(last.keep(structure)).remove)
        for name, module in network.named_modules():
            if module in inside or name == "":
                continue

            def before(_: nn.Module, args: Any, kwargs: Any, name: str = name) -> None:
                if last.is_first_of((*args, *kwargs.values())):
                    receivers.append(name)

            stack.callback(module.register_forward_pre_hook(before, with_kwargs=True).remove)
        if unembedding is not None:
            stack.callback(unembedding.register_forward_hook(lambda _, __, out: unembedded.append(out)).remove)
        logits = network(input_ids=tokens, use_cache=False).logits
    norm = next((name for name in receivers if network.get_submodule(name) is not unembedding), "none")
    as_they_come = bool(unembedded) and torch.equal(unembedded[-1].to(logits), logits)
    return {
        "final norm": norm,
        "unembedding": _unembedding_name(network, unembedding),
        "logits": "as the unembedding gives them" if as_they_come else "capped, scaled or cast after the unembedding",
    }


class _LastStream:
    """What the last block returned, once it has."""

    stream: Tensor | None = None

    def is_first_of(self, values: Any) -> bool:
        if self.stream is None:
            return False
        given = stream_like(values, tuple(self.stream.shape))
        return bool(given) and torch.equal(given[0], self.stream.to(given[0].device))

    def keep(self, structure: Structure) -> Any:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            self.stream = structure.stream(output)

        return hook


def _unembedding_name(network: nn.Module, unembedding: nn.Module | None) -> str:
    if unembedding is None:
        return "not named by the model"
    name = next(name for name, module in network.named_modules() if module is unembedding)
    inputs = getattr(network, "get_input_embeddings", lambda: None)()
    tied = inputs is not None and getattr(inputs, "weight", None) is getattr(unembedding, "weight", 0)
    return f"{name}, tied to the embeddings" if tied else name
