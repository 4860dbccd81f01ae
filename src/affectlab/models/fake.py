"""A model without torch, with directions that are planted: for tests, documentation, and reading how the seam works.

Words are tokens. Every word has a random vector; a word that is a cue of an emotion also has that emotion's direction.
A block adds to each token a bounded mix of what stands before it (a causal mean), so context builds up with depth:
    h[0] = embedding,    h[L + 1] = h[L] + tanh(mean(h[L][: t + 1]) @ W[L])
W keeps the planted directions, so that the stream holds, for each emotion, how much of it has been read so far. Logits
are h . embedding / temperature; nothing is cached.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from affectlab.core import Floats, Readout
from affectlab.errors import ActivationError
from affectlab.models.base import (
    Event,
    Identity,
    Model,
    Reason,
    Reducer,
    Row,
    RowEnd,
    Tally,
    TokenEvent,
    check_rows,
)
from affectlab.models.chat import render_plain

CUES: Mapping[str, tuple[str, ...]] = {
    "afraid": ("trembled", "dark", "footsteps", "froze", "shadow"),
    "angry": ("slammed", "shouted", "glared", "fists", "insult"),
    "calm": ("slowly", "breeze", "tea", "quiet", "breathed"),
    "happy": ("laughed", "sunny", "danced", "cheered", "gift"),
    "sad": ("wept", "grave", "empty", "rain", "farewell"),
}
END = "<end>"


def _drawn(key: str, width: int) -> Floats:
    """A unit vector that depends on the key alone."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little")
    vector = np.random.default_rng(seed).standard_normal(width)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class FakeTokenizer:
    """Words and punctuation marks, each hashed to one of `size` ids; the words seen are remembered for decoding.

    Words get ids of their own as long as there are any; after that, a new word shares the id it is hashed to.
    """

    template: str | None = None

    def __init__(self, size: int) -> None:
        self.size = size
        self.words: dict[int, str] = {0: END}
        self._ids: dict[str, int] = {}

    def _id(self, word: str) -> int:
        if word not in self._ids:
            place = 1 + int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little") % (self.size - 1)
            while place in self.words and len(self.words) < self.size:
                place = place % (self.size - 1) + 1
            self.words.setdefault(place, word)
            self._ids[word] = place
        return self._ids[word]

    def encode(self, text: str) -> tuple[int, ...]:
        return self.encode_marked(text)[0]

    def encode_many(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        return [self.encode(text) for text in texts]

    def encode_marked(self, text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
        found = list(re.finditer(r"\w+|[^\w\s]", text))
        return tuple(self._id(match[0]) for match in found), tuple(match.span() for match in found)

    def decode(self, tokens: Sequence[int]) -> str:
        return " ".join(self.words.get(token, f"word{token}") for token in tokens)

    def pieces(self, tokens: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.words.get(token, f"word{token}") for token in tokens)

    def render(self, messages: Sequence[Mapping[str, str]], *, generation: bool) -> str:
        return render_plain(messages, generation=generation)


class FakeModel(Model):
    """The planted model. `direction[e]` is the truth that extraction has to find."""

    def __init__(
        self,
        cues: Mapping[str, Sequence[str]] = CUES,
        *,
        blocks: int = 6,
        width: int = 48,
        vocabulary: int = 4096,
        context: int | None = 2048,
        seed: int = 0,
    ) -> None:
        self.blocks, self.width, self.vocabulary = blocks, width, vocabulary
        self.context, self.budget = context, 4096
        self.tokenizer = FakeTokenizer(vocabulary)
        self.direction = {emotion: _drawn(f"{seed} emotion {emotion}", width) for emotion in cues}
        self.embedding = np.stack([_drawn(f"{seed} word {word}", width) for word in range(vocabulary)])
        for emotion, words in cues.items():
            for word in words:
                self.embedding[self.tokenizer.encode(word)[0]] += 2 * self.direction[emotion]
        keep = np.linalg.qr(np.stack(list(self.direction.values())).T)[0]
        mixing = np.stack(
            [_drawn(f"{seed} block {block} row {row}", width) for block in range(blocks) for row in range(width)]
        )
        self.weights = 0.3 * mixing.reshape(blocks, width, width) + keep @ keep.T
        facts = f"{blocks} {width} {vocabulary} {seed} {sorted((e, tuple(w)) for e, w in cues.items())}"
        named = hashlib.sha256(facts.encode()).hexdigest()[:16]
        self.identity = Identity("fake", "", named, named, named, "")
        self.facts = {"blocks": f"{blocks}, in numpy", "dtype": "float32", "causal": "by construction"}

    def run(self, rows: Sequence[Row], reducer: Reducer | None = None) -> Iterator[Event]:
        check_rows(rows, self, reducer)
        if reducer is not None and rows:
            reducer.begin(range(len(rows)), [len(row.tokens) for row in rows])
            streams = [
                self._streams(row, np.array(row.tokens), Tally(row.steer) if row.steer else None, 0) for row in rows
            ]
            for site in reducer.sites:
                reducer.add(site, np.concatenate([stream[site] for stream in streams]))
            reducer.end()
        for index, row in enumerate(rows):
            yield from self._row(index, row)

    def _streams(self, row: Row, tokens: Any, tally: Tally | None, counted_from: int) -> Floats:
        """The stream after every block, [blocks, tokens, width]; steered tokens from `counted_from` on are counted."""
        hidden = self.embedding[tokens]
        positions = np.arange(len(tokens))
        streams = []
        for block in range(self.blocks):
            before = np.cumsum(hidden, axis=0) / (positions + 1)[:, None]
            hidden = np.asarray(hidden + np.tanh(before @ self.weights[block]), dtype=np.float32)
            if row.steer is not None and block in row.steer.sites:
                hidden = self._steered(row, hidden, block, tally, counted_from)
            streams.append(hidden)
        return np.stack(streams)

    def _steered(self, row: Row, hidden: Floats, block: int, tally: Tally | None, counted_from: int) -> Floats:
        assert row.steer is not None
        positions = np.arange(len(hidden))
        covered = row.steer.tokens.cover(positions, row.marks)
        place = row.steer.sites.index(block)
        steered = hidden + covered[:, None] * row.steer.deltas[place]
        if tally is not None:
            new = covered & (positions >= counted_from)
            tally.tokens += int(new.sum()) if place == 0 else 0
            change = np.linalg.norm(steered[new], axis=1) - np.linalg.norm(hidden[new], axis=1)
            tally.change[place] += float(change.sum())
            tally.moved[place] += float(np.linalg.norm(steered[new] - hidden[new], axis=1).sum())
        return np.asarray(steered, dtype=np.float32)

    def _row(self, index: int, row: Row) -> Iterator[Event]:
        tally = Tally(row.steer) if row.steer else None
        tokens = list(row.tokens)
        streams = self._streams(row, np.array(tokens), tally, 0)
        logprobs = _log_softmax(self._logits(streams[-1]))
        if row.logprobs or row.readout is not None:
            scores = _scores(row.readout, streams) if row.readout else None
            for position, token in enumerate(tokens):
                given = float(logprobs[position - 1, token]) if row.logprobs and position else None
                yield TokenEvent(index, position, token, False, given, None if scores is None else scores[position])
        candidates = tuple(float(logprobs[-1, token]) for token in row.candidates)
        reason: Reason = "given"
        if row.sampling is not None:
            draw = np.random.default_rng(row.sampling.seed)
            for step in range(row.sampling.max_tokens):
                token = _choose(logprobs[-1], row, draw)
                event = TokenEvent(index, len(tokens), token, True, float(logprobs[-1, token]), None)
                tokens.append(token)
                stops = token in row.sampling.stop or (token == 0 and not row.sampling.ignore_end)
                reason = "stop" if stops else "length"
                if stops or step == row.sampling.max_tokens - 1:
                    yield event
                    break
                streams = self._streams(row, np.array(tokens), tally, len(tokens) - 1)
                logprobs = _log_softmax(self._logits(streams[-1, -1:]))
                if row.readout is not None:
                    event = event._replace(scores=_scores(row.readout, streams[:, -1:])[0])
                yield event
        yield RowEnd(index, reason, tally.receipt() if tally else None, candidates)

    def _logits(self, hidden: Floats) -> Floats:
        return np.asarray(hidden @ self.embedding.T, dtype=np.float32)

    def unembed(self, directions: Floats) -> Floats:
        norms = np.linalg.norm(directions, axis=1, keepdims=True)
        return self._logits(np.asarray(directions / np.maximum(norms, 1e-30) * self.width**0.5, dtype=np.float32))


def _scores(readout: Readout, streams: Floats) -> Floats:
    """Readings [tokens, sites, probes] of streams [blocks, tokens, width]."""
    found = readout.apply(streams[list(readout.sites)])
    if not np.isfinite(found).all():
        raise ActivationError("a reading is not finite", where=f"layers {readout.sites}", fix="check the probes")
    return found


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), dtype=np.float32)


def _choose(logprobs: Floats, row: Row, draw: np.random.Generator) -> int:
    assert row.sampling is not None
    if row.sampling.temperature == 0:
        return int(logprobs.argmax())
    scaled = np.exp(_log_softmax(logprobs / np.float32(row.sampling.temperature)).astype(np.float64))
    order = np.argsort(-scaled, kind="stable")
    cumulative = np.cumsum(scaled[order])
    kept = min(int((cumulative < row.sampling.top_p).sum()), len(order) - 1)
    place = int(np.searchsorted(cumulative, draw.random() * cumulative[kept], side="right"))
    return int(order[min(place, kept)])
