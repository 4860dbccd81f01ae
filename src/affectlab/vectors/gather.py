"""The one pass over the texts: every batch runs to the last wanted block and leaves its sums, and nothing else.

A pass can be killed: now and then the sums are saved with the batches already run, and the next start with the same
texts, model, recipe and plan goes on from there, to the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from affectlab.core import Doubles, Ints
from affectlab.errors import ActivationError, InputError
from affectlab.models.base import Model
from affectlab.models.batches import BatchPlan, on_batches, plan_batches, run_batches
from affectlab.vectors.moments import NeutralMoments, TextMeans
from affectlab.vectors.neutral import NeutralSums
from affectlab.vectors.norms import NormSums
from affectlab.vectors.store import load_sums, save_sums
from affectlab.vectors.sums import Keys, Sums, stratified
from affectlab.vectors.texts import UsableTexts

SAMPLE_BYTES = 512 * 2**20
LOOK_TOKENS, LOOK_SHARE = 8192, 32
"""Where the covariance of neutral tokens is sketched, so many are looked at first, or this part of all tokens."""
SAVE_EVERY = 60.0
"""Seconds between checkpoints."""
SAVING_SHARE = 20.0
"""And at least so many times as long as the last one took to save."""


class Progress(NamedTuple):
    """Tokens done and tokens in all."""

    done: int
    total: int


def groups(texts: UsableTexts) -> Ints:
    """Neutral texts first (their first batch fixes the shift), by fold, because a batch leaves one set of sums; then
    stories, of which every text leaves its own mean, so that batches need not keep folds apart."""
    after_neutral = int(texts.folds.max(initial=0)) + 1
    return np.asarray(np.where(texts.labels >= 0, after_neutral, texts.folds))


def _keys(texts: UsableTexts) -> Keys:
    """Rows in an order of their own, the same wherever they stand: 8 bytes of the hash of their ids."""
    hashes = b"".join(hashlib.sha256(str(row_id).encode()).digest()[:8] for row_id in texts.corpus.ids)
    return np.frombuffer(hashes, dtype=">u8").astype(np.uint64)


class Gathering:
    """The sums on their way."""

    def __init__(
        self,
        model: Model,
        texts: UsableTexts,
        sites: tuple[int, ...],
        rank: int,
        header: dict[str, Any],
        plan: BatchPlan,
        checkpoint: str | Path | None,
    ) -> None:
        self.model, self.texts, self.sites, self.rank, self.plan = model, texts, sites, rank, plan
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        self.key = hashlib.sha256(json.dumps([header, plan.as_dict()], sort_keys=True).encode()).hexdigest()
        bytes_each = 4 * len(sites) * model.width
        self.sampled = stratified(_keys(texts), texts.labels, texts.folds, bytes_each, SAMPLE_BYTES)
        self.sums = self._resumed() or self._empty(header)
        self.norms = None if (texts.labels < 0).any() else self.sums.norms
        """Of stories, where there are no neutral texts to take them from."""
        self.encoding = threading.Lock()
        """A tokenizer cannot be used by two threads."""
        self.settled = True
        """Whether the sums hold the batches carried out, and nothing of another one."""

    def run(self, progress: Callable[[Progress], None]) -> Sums:
        """Run what is left of the plan."""
        carried_out = list(self.sums.plan.batches)
        total = int(self.texts.lengths.sum())
        done = self.done
        saved, cost = time.monotonic(), 0.0

        def finished(batch: tuple[int, ...]) -> None:
            nonlocal done, saved, cost
            carried_out.append(batch)
            self.settled = True
            done += int(self.texts.lengths[list(batch)].sum())
            progress(Progress(done, total))
            if self.checkpoint and time.monotonic() - saved > max(SAVE_EVERY, SAVING_SHARE * cost):
                began = time.monotonic()
                self._save(carried_out)
                saved, cost = time.monotonic(), time.monotonic() - began

        left = self.plan.after(sum(len(batch) for batch in carried_out))
        try:
            for neutral, batches in groupby(left.batches, self._is_neutral):
                (self._neutral if neutral else self._stories)(list(batches), finished)
        except KeyboardInterrupt:
            if self.settled:
                self._save(carried_out)
            raise
        self.sums.plan = BatchPlan(tuple(carried_out), self.plan.budget)
        return self.sums

    @property
    def done(self) -> int:
        """Tokens of the batches that are in the sums."""
        return sum(int(self.texts.lengths[list(batch)].sum()) for batch in self.sums.plan.batches)

    def _empty(self, header: dict[str, Any]) -> Sums:
        texts, sites, width = self.texts, len(self.sites), self.model.width
        sampled = self.sampled
        folds = int(texts.folds.max()) + 1
        return Sums(
            emotions=texts.emotions,
            layers=self.sites,
            stories=np.zeros((folds, len(texts.emotions), sites, width)),
            counts=np.zeros((folds, len(texts.emotions)), dtype=np.int64),
            neutral=[None] * folds,
            norms=NormSums(sites),
            sample=np.zeros((len(sampled), sites, width), dtype=np.float32),
            sample_ids=tuple(str(texts.corpus.ids[row]) for row in sampled),
            sample_labels=texts.labels[sampled],
            sample_folds=texts.folds[sampled],
            plan=BatchPlan((), self.plan.budget),
            header=header,
        )

    def _resumed(self) -> Sums | None:
        """The sums of a run that was killed, if it was this run."""
        if self.checkpoint is None or not self.checkpoint.is_file():
            return None
        try:
            sums = load_sums(self.checkpoint)
        except InputError:
            return None
        return sums if sums.belongs_to == self.key else None

    def _save(self, carried_out: Sequence[tuple[int, ...]]) -> None:
        if self.checkpoint:
            self.sums.plan = BatchPlan(tuple(carried_out), self.plan.budget)
            save_sums(self.sums, self.checkpoint, self.key, exact=True)

    def _is_neutral(self, batch: tuple[int, ...]) -> bool:
        return bool(self.texts.labels[batch[0]] < 0)

    def _neutral(self, batches: list[tuple[int, ...]], finished: Callable[[tuple[int, ...]], None]) -> None:
        """Run neutral batches, one after another: the first one fixes the shift."""

        def run(batch: tuple[int, ...]) -> None:
            sums = self._neutral_of(int(self.texts.folds[batch[0]]))
            moments = NeutralMoments(self.sites, self.texts.start, sums, self.sums.norms)
            self._run(self.model, batch, moments)
            self.settled = False
            moments.commit()
            if not np.isfinite(sums.first).all():
                for row in batch:
                    self._means(self.model, (row,))

        run_batches(batches, run, finished)

    def _stories(self, batches: list[tuple[int, ...]], finished: Callable[[tuple[int, ...]], None]) -> None:
        """Run batches of stories, several at once where the model has lanes. They are added in their order, so that the
        sums are the same to the last bit."""
        with closing(on_batches(self.model, batches, self._means)) as found:
            for batch, means in found:
                self.settled = False
                means.commit()
                self._add(batch, means.means)
                finished(batch)

    def _means(self, lane: Model, batch: tuple[int, ...]) -> TextMeans:
        """The mean hidden state of each text, [texts, sites, width], in a reducer that has not been committed."""
        reducer = TextMeans(self.sites, self.texts.start, self.norms)
        self._run(lane, batch, reducer)
        wrong = np.argwhere(~np.isfinite(reducer.means).all(axis=-1))
        if len(wrong):
            row, site = wrong[0]
            raise ActivationError(
                "activations are not finite",
                where=f"text {str(self.texts.corpus.ids[batch[row]])!r}, layer {self.sites[site]}",
                expected="finite numbers",
                found="NaN or infinity",
                fix="load the model in float32 or bfloat16, and check its weights",
            )
        return reducer

    def _add(self, batch: tuple[int, ...], means: Doubles) -> None:
        for row, mean in zip(batch, means, strict=True):
            fold, label = self.texts.folds[row], self.texts.labels[row]
            self.sums.stories[fold, label] += mean
            self.sums.counts[fold, label] += 1
            place = int(np.searchsorted(self.sampled, row))
            if place < len(self.sampled) and self.sampled[place] == row:
                self.sums.sample[place] = mean

    def _neutral_of(self, fold: int) -> NeutralSums:
        found = self.sums.neutral[fold]
        if found is None:
            first = next((other for other in self.sums.neutral if other is not None), None) or self._first_look()
            found = NeutralSums(len(self.sites), self.model.width, self.rank, first.shift, first.test)
            self.sums.neutral[fold] = found
        return found

    def _first_look(self) -> NeutralSums:
        """The test matrix for all neutral sums, from some neutral texts; the hash of their ids decides which, so that
        it does not depend on the plan."""
        look = NeutralSums(len(self.sites), self.model.width, self.rank)
        if look.exact:
            return look
        neutral = np.flatnonzero(self.texts.labels < 0)
        order = sorted(neutral, key=lambda row: hashlib.sha256(str(self.texts.corpus.ids[row]).encode()).digest())
        counted = self.texts.lengths - self.texts.start  # tokens before `start` do not reach the sketch
        wanted = min(LOOK_TOKENS, max(4 * look.rank, int(counted.sum()) // LOOK_SHARE))
        enough = int(np.searchsorted(np.cumsum(counted[order]), wanted)) + 1
        chosen = np.array(order[:enough])

        def run(batch: tuple[int, ...]) -> None:
            moments = NeutralMoments(self.sites, self.texts.start, look, NormSums(len(self.sites)))
            self._run(self.model, chosen[list(batch)].tolist(), moments)
            moments.commit()

        run_batches(plan_batches(self.texts.lengths[chosen], self.plan.budget).batches, run)
        if np.isfinite(look.sketch).all():
            look.test = look.range()
        return look

    def _run(self, lane: Model, batch: Sequence[int], reducer: TextMeans | NeutralMoments) -> None:
        with self.encoding:
            rows = self.texts.rows(batch)
        for _ in lane.run(rows, reducer):
            pass
