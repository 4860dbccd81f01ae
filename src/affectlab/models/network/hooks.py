"""One forward pass, watched and edited. Hooks live for exactly that pass, whatever happens in it.

Hooks belong to modules, not to calls: two passes at once through one network would be steered by each other. So a
network runs one pass at a time, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from threading import RLock
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from torch import Tensor, nn

from affectlab.errors import SteeringNotAppliedError
from affectlab.models.network.blocks import Structure

Edit: TypeAlias = Callable[[Tensor], Tensor]
Read: TypeAlias = Callable[[Tensor], None]


_TURNS: WeakKeyDictionary[nn.Module, Any] = WeakKeyDictionary()
_TURNS_GUARD = RLock()


def _turn(network: nn.Module) -> Any:
    """The lock of a network; the same for everybody who holds it."""
    with _TURNS_GUARD:
        return _TURNS.setdefault(network, RLock())


class Resume(NamedTuple):
    """The stream after a block, before any edit, from where a pass goes on."""

    site: int
    stream: Tensor


class _LastWantedBlockDone(Exception):
    """Leaves the network after the last block that is wanted; the blocks above and the unembedding never run."""


def forward(
    network: nn.Module,
    structure: Structure,
    inputs: Mapping[str, Any],
    *,
    edits: Mapping[int, Edit] | None = None,
    reads: Mapping[int, Read] | None = None,
    stop_after: int | None = None,
    resume: Resume | None = None,
) -> Any:
    """Run the network once, with the stream edited and then read at the sites named.

    Returns the network's output, or None when it was stopped after block `stop_after`. Raises if a site was not
    reached exactly once: an edit that was silently skipped would leave a run plain that calls itself steered. With
    `resume` the blocks up to its site are not run again: their stream is known.
    """
    edits, reads = edits or {}, reads or {}
    reached: list[int] = []
    sites = sorted({*edits, *reads, *(() if stop_after is None else (stop_after,))})
    with _turn(network), ExitStack() as stack:
        if resume is not None:
            stack.callback(_skip(structure, resume).close)
        for site in sites:
            hook = _Hook(structure, site, edits.get(site), reads.get(site), stop_after == site, reached)
            stack.callback(structure.blocks[site].register_forward_hook(hook).remove)
        try:
            output = network(**inputs)
        except _LastWantedBlockDone:
            output = None
    if reached != sites:
        raise SteeringNotAppliedError(
            "a forward pass did not go through the sites it should have",
            where=structure.path,
            expected=f"each of {sites} once",
            found=str(reached),
        )
    return output


def _skip(structure: Structure, resume: Resume) -> ExitStack:
    """Let the blocks up to a site give the known stream instead of running, until the stack is closed."""
    known = structure.returned(resume.stream)
    with ExitStack() as stack:
        for block in structure.blocks[: resume.site + 1]:
            own = block.__dict__.get("forward")
            block.__dict__["forward"] = lambda *_, **__: known
            if own is None:
                stack.callback(block.__dict__.pop, "forward")
            else:
                stack.callback(block.__dict__.__setitem__, "forward", own)
        return stack.pop_all()


@dataclass(frozen=True, eq=False)
class _Hook:
    """What happens when a block returns: note that it was reached, edit, read, and leave after the last one."""

    structure: Structure
    site: int
    edit: Edit | None
    read: Read | None
    stop: bool
    reached: list[int]

    def __call__(self, _: nn.Module, __: Any, output: Any) -> Any:
        self.reached.append(self.site)
        stream = self.structure.stream(output)
        if self.edit is not None:
            stream = self.edit(stream)
            output = self.structure.replaced(output, stream)
        if self.read is not None:
            self.read(stream)
        if self.stop:
            raise _LastWantedBlockDone
        return output if self.edit is not None else None
