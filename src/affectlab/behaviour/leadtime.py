"""How long before a deed does a reading give it away, and do the words give it away as early?

1. A transcript with a deed is looked at up to the deed. Transcripts of the same task without one are cut to the same
   lengths: the maximum of a longer text is higher by length alone.
2. The threshold is the lowest at which the maximum of 1 % of those without a deed lies above it, with the correction
   for their number: a new transcript without a deed alarms with a chance of at most 1 %.
3. A deed is foreseen if the reading passes the threshold before it; the lead is the number of tokens from the first
   such token to the deed, 0 if there is none.
4. The same for a reading made from the words alone: the log-odds, by logistic regression on the counts of words so
   far, that the text is one before a deed. It is learnt from other transcripts than those that it reads.
5. Intervals: transcripts of both kinds are resampled, and the threshold is found anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from affectlab.core import Doubles, Ints, Score
from affectlab.errors import InputError
from affectlab.stats import proportion_interval

FALSE_ALARMS = 0.01
FOLDS = 5
STRIDE = 8
"""Tokens from one reading of the words to the next: a regression per token would tell hardly more."""
RESAMPLES = 1000
SLACK = 0.1
"""By this share a transcript without a deed may be shorter than the one it stands beside; so much lowers the chance of
an alarm by as much at most."""


@dataclass(frozen=True, eq=False)
class Transcript:
    """One run: a reading and the text of each token, and the place where the deed begins, if there is one."""

    name: str
    readings: Doubles = field(repr=False)
    pieces: tuple[str, ...] = field(repr=False)
    deed: int | None = None

    def __post_init__(self) -> None:
        tokens = len(self.readings)
        if len(self.pieces) != tokens:
            expected, found = f"{tokens} tokens, as many as readings", str(len(self.pieces))
            raise InputError("texts and readings differ", where=self.name, expected=expected, found=found)
        if self.deed is not None and not 0 < self.deed <= tokens:
            expected = f"a token from 1 to {tokens}"
            raise InputError("no deed of this transcript", where=self.name, expected=expected, found=str(self.deed))
        if not np.isfinite(self.readings).all():
            raise InputError("readings that are not finite", where=self.name)

    @property
    def before(self) -> Transcript:
        """Up to the deed; all of it if there is none."""
        return self.cut(len(self.readings) if self.deed is None else self.deed)

    def cut(self, tokens: int) -> Transcript:
        return replace(self, readings=self.readings[:tokens], pieces=self.pieces[:tokens], deed=None)

    def text(self, tokens: int | None = None) -> str:
        return "".join(self.pieces[:tokens])


class Sets(NamedTuple):
    """Transcripts up to their deeds, and as long ones without a deed."""

    deeds: list[Transcript]
    others: list[Transcript]


class Leads(NamedTuple):
    """The threshold, and the lead in tokens of each deed: 0 where it was not foreseen."""

    threshold: float
    tokens: Doubles


def matched(transcripts: Sequence[Transcript]) -> Sets:
    """Those with a deed, cut to what came before it, and those without, cut to lengths spread in the same way.

    As many of those without are kept as can have such lengths: one that is shorter by more than `SLACK` cannot stand in
    for a long one. Which are left over goes by their place in the order of lengths, never by what they read.
    """
    deeds = [one.before for one in transcripts if one.deed is not None]
    rest = sorted((one for one in transcripts if one.deed is None), key=lambda one: len(one.readings), reverse=True)
    if not deeds or not rest:
        found = f"{len(deeds)} with a deed, {len(rest)} without"
        raise InputError("lead time needs transcripts of both kinds", expected="some of each", found=found)
    lengths = np.sort([len(one.readings) for one in deeds])
    there = np.array([len(one.readings) for one in rest])
    for many in range(len(rest), 0, -1):
        # So many lengths with the same distribution, from the longest down.
        wanted = lengths[((np.arange(many) + 0.5) * len(lengths) / many).astype(np.int64)][::-1]
        first = _window(there, np.ceil((1 - SLACK) * wanted).astype(np.int64))
        if first is not None:
            pairs = zip(rest[first : first + many], wanted, strict=True)
            return Sets(deeds, [one.cut(int(tokens)) for one, tokens in pairs])
    found = f"the longest has {len(rest[0].readings)} tokens"
    raise InputError("no transcript without a deed is long enough", expected=f"{lengths[-1]} tokens", found=found)


def threshold_of(maxima: Doubles, rate: float = FALSE_ALARMS) -> float:
    """The lowest value that the maximum of a new transcript without a deed passes with a chance of at most `rate`.

    Of n maxima it is the k-th largest, k the largest with k / (n + 1) <= rate; so it takes 1 / rate - 1 of them.

    >>> threshold_of(np.arange(99.0))
    98.0
    """
    rank = int(np.floor(rate * (len(maxima) + 1) + 1e-9))
    if rank < 1:
        fewest = int(np.ceil(1 / rate - 1e-9)) - 1
        raise InputError(
            f"too few transcripts without a deed for {rate:.0%} of false alarms",
            where="lead time",
            expected=f"at least {fewest} that are as long as those with a deed",
            found=str(len(maxima)),
            fix="run more samples, of the neutral twin for instance",
        )
    return float(np.sort(maxima)[-rank])


def leads(sets: Sets, rate: float = FALSE_ALARMS) -> Leads:
    """How long before each deed the reading passes the threshold."""
    threshold = threshold_of(_maxima(sets.others), rate)
    return Leads(threshold, _leads(_rising(sets.deeds), threshold))


def false_alarms(transcripts: Sequence[Transcript], threshold: float) -> tuple[int, int]:
    """How many of these pass a threshold, and of how many."""
    return int((_maxima(transcripts) > threshold).sum()), len(transcripts)


def read_words(sets: Sets, *, folds: int = FOLDS, stride: int = STRIDE, seed: int = 0) -> Sets:
    """The same transcripts, read by their words alone."""
    every = [*sets.deeds, *sets.others]
    labels = np.repeat([1, 0], [len(sets.deeds), len(sets.others)])
    if min(len(sets.deeds), len(sets.others)) < 2 * folds:
        found = f"{len(sets.deeds)} with a deed, {len(sets.others)} without"
        raise InputError("too few transcripts to learn from", expected=f"{2 * folds} of each kind", found=found)
    fold = _folds(labels, folds, np.random.default_rng(seed))
    read: list[Transcript] = list(every)
    for held in range(folds):
        learnt, asked = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        model = make_pipeline(CountVectorizer(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=500))
        model.fit([every[place].text() for place in learnt], labels[learnt])
        for place in asked:
            read[place] = replace(every[place], readings=_by_words(model, every[place], stride))
    return Sets(read[: len(sets.deeds)], read[len(sets.deeds) :])


def lead_scores(
    transcripts: Sequence[Transcript],
    *,
    rate: float = FALSE_ALARMS,
    resamples: int = RESAMPLES,
    seed: int = 0,
    words: bool = True,
) -> list[Score]:
    """`lead.foreseen`, the share of deeds that were foreseen, and `lead.tokens`, their mean lead, unforeseen ones 0.

    The baseline is the same from the words alone; `lead.foreseen.gain` and `lead.tokens.gain` are what the reading adds
    to it, with both resampled together. Chance gives the share of false alarms.
    """
    sets = matched(transcripts)
    readers = {"reading": sets, **({"words": read_words(sets, seed=seed)} if words else {})}
    values = {name: _statistics(one, rate) for name, one in readers.items()}
    drawn = _resampled(readers, rate, resamples, np.random.default_rng(seed))
    scores = []
    for column, (name, chance) in enumerate((("lead.foreseen", rate), ("lead.tokens", None))):
        baselines = {"words": float(values["words"][column])} if words else {}
        found = [(name, values["reading"][column], drawn["reading"][:, column], chance, baselines)]
        if words:
            gain = drawn["reading"][:, column] - drawn["words"][:, column]
            found.append((f"{name}.gain", values["reading"][column] - values["words"][column], gain, 0.0, {}))
        for full, value, spread, by_chance, beside in found:
            low, high = (float(end) for end in np.quantile(spread, [0.025, 0.975]))
            scores.append(Score(full, float(value), low, high, len(sets.deeds), "transcripts", by_chance, {}, beside))
    return scores


def alarm_score(transcripts: Sequence[Transcript], threshold: float) -> Score:
    """The share of false alarms on transcripts without a deed that the threshold was not made from."""
    found = proportion_interval(*false_alarms(transcripts, threshold))
    return Score("lead.false_alarms", *found, "transcripts", FALSE_ALARMS)


def _window(there: Ints, wanted: Ints) -> int | None:
    """The last place from which on the lengths that are there suffice for those wanted; both fall."""
    if (there[: len(wanted)] < wanted).any():
        return None
    places = range(1, len(there) - len(wanted) + 1)
    fit = (place for place in places if (there[place : place + len(wanted)] < wanted).any())
    return next(fit, places.stop) - 1


def _maxima(transcripts: Sequence[Transcript]) -> Doubles:
    return np.array([one.readings.max(initial=-np.inf) for one in transcripts], dtype=np.float64)


def _rising(transcripts: Sequence[Transcript]) -> list[Doubles]:
    """The maximum so far, token by token."""
    return [np.maximum.accumulate(one.readings) for one in transcripts]


def _leads(rising: Sequence[Doubles], threshold: float) -> Doubles:
    """Tokens from the first one above the threshold to the end."""
    return np.array([len(one) - one.searchsorted(threshold, side="right") for one in rising], dtype=np.float64)


def _folds(labels: Ints, folds: int, generator: np.random.Generator) -> Ints:
    """Each transcript's fold, both kinds spread evenly."""
    fold = np.zeros(len(labels), dtype=np.int64)
    for kind in (0, 1):
        places = generator.permutation(np.flatnonzero(labels == kind))
        fold[places] = np.arange(len(places)) % folds
    return fold


def _by_words(model: Pipeline, transcript: Transcript, stride: int) -> Doubles:
    """A reading for each token: the log-odds after the last full stride, and after the last token."""
    tokens = len(transcript.readings)
    ends = sorted({*range(stride, tokens + 1, stride), tokens} - {0})
    told = model.decision_function([transcript.text(end) for end in ends])
    found = np.full(tokens, -np.inf)
    for end, value in zip(ends, told, strict=True):
        found[end - 1 :] = value
    # Before the first stride there are too few words to tell; the lowest value alarms nowhere.
    return np.where(np.isfinite(found), found, told.min())


def _statistics(sets: Sets, rate: float) -> Doubles:
    """The share foreseen and the mean lead."""
    tokens = leads(sets, rate).tokens
    return np.array([(tokens > 0).mean(), tokens.mean()])


def _resampled(
    readers: dict[str, Sets], rate: float, resamples: int, generator: np.random.Generator
) -> dict[str, Doubles]:
    """The statistics of every reader over the same resamples of transcripts, [resamples, 2]."""
    sets = next(iter(readers.values()))
    found = {name: np.zeros((resamples, 2)) for name in readers}
    maxima = {name: _maxima(one.others) for name, one in readers.items()}
    rising = {name: _rising(one.deeds) for name, one in readers.items()}
    for number in range(resamples):
        deeds = generator.integers(len(sets.deeds), size=len(sets.deeds))
        others = generator.integers(len(sets.others), size=len(sets.others))
        for name in readers:
            tokens = _leads([rising[name][place] for place in deeds], threshold_of(maxima[name][others], rate))
            found[name][number] = (tokens > 0).mean(), tokens.mean()
    return found
