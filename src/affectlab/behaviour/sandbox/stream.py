"""Feeds and reads a running process, and stops when there is too much of something. Memory here stays bounded."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import IO, NamedTuple

from affectlab.behaviour.sandbox.limits import Limits
from affectlab.behaviour.sandbox.watch import INTERVAL, Excess

CHUNK = 65_536


class Said(NamedTuple):
    """What a process wrote, at most `limits.output` bytes in all, and why it was left before its end, if it was."""

    stdout: bytes
    stderr: bytes
    excess: Excess | None


class _Pipes:
    """The process's three pipes and its end, as one thing to wait for."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes) -> None:
        self.said: dict[int, bytearray] = {}
        self._left = memoryview(stdin)
        self._selector = selectors.DefaultSelector()
        for pipe in (process.stdout, process.stderr):
            self.said[self._watch(pipe, selectors.EVENT_READ)] = bytearray()
        if process.stdin:
            self._watch(process.stdin, selectors.EVENT_WRITE)
        self._end = os.pidfd_open(process.pid)
        self._selector.register(self._end, selectors.EVENT_READ)

    def _watch(self, pipe: IO[bytes] | None, event: int) -> int:
        assert pipe is not None
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, event)
        return pipe.fileno()

    @property
    def open(self) -> bool:
        """Is there something left to wait for?"""
        return bool(self._selector.get_map())

    @property
    def size(self) -> int:
        return sum(map(len, self.said.values()))

    def move(self) -> None:
        """Wait a little for something to read or to write, and do it."""
        for key, _ in self._selector.select(INTERVAL / 2):
            if key.fd == self._end:
                self._selector.unregister(key.fileobj)
            elif key.fd in self.said:
                self._read(key)
            else:
                self._write(key)

    def _read(self, key: selectors.SelectorKey) -> None:
        if chunk := os.read(key.fd, CHUNK):
            self.said[key.fd] += chunk
        else:
            self._selector.unregister(key.fileobj)

    def _write(self, key: selectors.SelectorKey) -> None:
        try:
            self._left = self._left[os.write(key.fd, self._left[:CHUNK]) :]
        except BrokenPipeError:  # it does not want to hear the rest
            self._left = self._left[:0]
        if not self._left:
            self._selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]  # the pipe given to _watch

    def close(self) -> None:
        self._selector.close()
        os.close(self._end)


def follow(process: subprocess.Popen[bytes], stdin: bytes, limits: Limits, watch: Callable[[], Excess | None]) -> Said:
    """Feed and read the process until it has ended and all it wrote is read, or there is too much of something."""
    ends = time.monotonic() + limits.seconds
    excess: Excess | None = None
    pipes = _Pipes(process, stdin)
    try:
        while pipes.open and excess is None:
            pipes.move()
            if pipes.size > limits.output:
                excess = "output"
            elif time.monotonic() > ends:
                excess = "time"
            else:
                excess = watch()
    finally:
        pipes.close()
    stdout, stderr = pipes.said.values()
    room = max(0, limits.output - len(stdout))
    return Said(bytes(stdout[: limits.output]), bytes(stderr[:room]), excess)
