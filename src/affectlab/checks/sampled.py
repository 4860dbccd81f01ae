"""The sampled stories of an extraction, and what is measured on readings of them.

Four measures, each a number per story, averaged over the stories of an emotion (of a cluster), then over these:
    auc      the share of the other emotions' stories in the same fold that read lower for this story's emotion
    top1     1 where its own emotion reads highest, else 0
    top5     1 where it is among the five highest
    cluster  1 where the highest emotion is of its own cluster
Topics are resampled where they are known, else folds of topics. For the AUC a topic counts twice, with its stories as
what is compared and as what they are compared with, since both change when other topics are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from affectlab import lexicon
from affectlab.checks.accuracy import TOP, right_among, right_cluster
from affectlab.checks.embeddings import mean_embeddings
from affectlab.core import Doubles, Floats, Ints
from affectlab.errors import InputError
from affectlab.models.base import Model
from affectlab.stats import Interval, bootstrap_sums
from affectlab.text import Corpus
from affectlab.vectors.sums import Sums

MEASURES = ("auc", "top1", "top5", "cluster")
MOST = 8000
"""With more sampled stories than this, equally many per emotion and fold are used: comparing grows with the square."""


@dataclass(frozen=True, eq=False)
class Stories:
    """What is known of sampled stories besides their states, each in the order of `Sums.sample_ids`."""

    topics: tuple[str, ...] | None = None
    texts: tuple[str, ...] | None = None
    embeddings: Floats | None = field(default=None, repr=False)
    """[sampled stories, width]: the mean embedding of each story's tokens (`mean_embeddings`)"""


UNKNOWN = Stories()


def stories_of(corpus: Corpus, sums: Sums, model: Model) -> Stories:
    """Topics, texts and embeddings of the sampled stories, from the corpus that was extracted and its model."""
    places = {str(name): place for place, name in enumerate(corpus.ids)}
    if missing := [name for name in sums.sample_ids if name not in places]:
        raise InputError(
            "these are not the texts that were extracted",
            where="corpus",
            expected=f"a story of the id {missing[0]!r}",
            found=f"{len(missing)} sampled stories missing",
            fix="give the corpus that the vectors come from",
        )
    rows = [places[name] for name in sums.sample_ids]
    texts = tuple(corpus.text(row) for row in rows)
    embeddings = mean_embeddings(model, texts, int(sums.header["recipe"]["start"]))
    return Stories(tuple(str(corpus.topics[row]) for row in rows), texts, embeddings)


@dataclass(frozen=True, eq=False)
class Sample:
    """The stories that are read: which of the sampled ones, their emotions and folds, and what is resampled."""

    emotions: tuple[str, ...]
    clusters: tuple[str, ...] | None
    """Of every emotion; None where one of them is not a word of the lexicon."""
    rows: Ints
    labels: Ints
    folds: Ints
    units: Ints
    """The topic, or the fold, of every story."""
    unit: str


def sample_of(sums: Sums, stories: Stories = UNKNOWN) -> Sample:
    """The stories of an extraction that checks read."""
    rows = _evenly(sums.sample_labels, sums.sample_folds, MOST)
    named = list(stories.topics) if stories.topics is not None else sums.sample_folds.tolist()
    _, units = np.unique([named[row] for row in rows], return_inverse=True)
    of = {emotion.name: emotion.cluster for emotion in lexicon.emotions()}
    return Sample(
        sums.emotions,
        tuple(of[name] for name in sums.emotions) if set(sums.emotions) <= set(of) else None,
        rows,
        sums.sample_labels[rows],
        sums.sample_folds[rows],
        units.astype(np.int64),
        "topics" if stories.topics is not None else "folds of topics",
    )


def _evenly(labels: Ints, folds: Ints, most: int) -> Ints:
    """All stories, or if they are more than `most` the first few of each emotion in each fold."""
    if len(labels) <= most:
        return np.arange(len(labels))
    _, cells = np.unique(labels * (int(folds.max()) + 1) + folds, return_inverse=True)
    order = np.argsort(cells, kind="stable")
    place_in_cell = np.arange(len(order)) - np.searchsorted(cells[order], cells[order])
    return np.sort(order[place_in_cell < max(1, most // (int(cells.max()) + 1))])


def rightness(readings: Floats, labels: Ints, sample: Sample) -> dict[str, Doubles]:
    """Every measure of every story, [stories], by readings [stories, emotions] and the labels given."""
    found = {
        "auc": placements(readings, labels, sample.folds),
        "top1": right_among(readings, labels, 1),
        "top5": right_among(readings, labels, TOP),
    }
    return found if sample.clusters is None else {**found, "cluster": right_cluster(readings, labels, sample.clusters)}


def placements(readings: Floats, labels: Ints, folds: Ints) -> Doubles:
    """For each story the share of its fold's stories of other emotions that read lower for its own, ties half."""
    found = np.full(len(labels), np.nan)
    for fold in np.unique(folds):
        mine = np.flatnonzero(folds == fold)
        lower, other = _compared(readings[mine], labels[mine])
        found[mine] = _ratio(lower.sum(axis=0), other.sum(axis=0))
    return found


def values_of(right: Mapping[str, Doubles], labels: Ints, sample: Sample) -> dict[str, float]:
    """Each measure, averaged over stories within groups, then over groups."""
    return {
        name: float(np.nanmean(_group_means(each, groups_of(name, labels, sample)))) for name, each in right.items()
    }


def emotion_means(right: Doubles, labels: Ints, emotions: int) -> Doubles:
    """A measure of each emotion, NaN for one without a story."""
    found = np.full(emotions, np.nan)
    means = _group_means(right, labels)
    found[: len(means)] = means
    return found


def groups_of(name: str, labels: Ints, sample: Sample) -> Ints:
    """The group of every story, within which a measure is averaged first."""
    if name != "cluster" or sample.clusters is None:
        return labels
    _, of = np.unique(sample.clusters, return_inverse=True)
    return np.asarray(of[labels], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Measured:
    """A measure by what is resampled: sums and counts [units, parts, 2, groups]; its value adds up over parts, less
    `offset`."""

    sums: Doubles = field(repr=False)
    offset: float = 0.0

    def __call__(self, total: Doubles) -> Doubles:
        """The value where this is the sum over units, [..., parts, 2, groups]."""
        shares = _ratio(total[..., 0, :], total[..., 1, :])
        there = total[..., 1, :] > 0
        means = np.where(there, shares, 0.0).sum(axis=-1) / np.maximum(there.sum(axis=-1), 1)
        return np.asarray(means.sum(axis=-1) - self.offset)

    @property
    def value(self) -> float:
        """The value of all units."""
        return float(self(self.sums.sum(axis=0)))

    def interval(self, *, resamples: int = 2000, seed: int = 0) -> Interval:
        return bootstrap_sums(self.sums, self, resamples, seed)

    def above(self, other: Measured, *, seed: int = 0) -> Interval:
        """The margin over another measurement of the same stories; both are resampled together."""

        def margin(total: Doubles) -> Doubles:
            return self(total[..., 0, :, :, :]) - other(total[..., 1, :, :, :])

        return bootstrap_sums(np.stack([self.sums, other.sums], axis=1), margin, seed=seed)


def measured(name: str, readings: Floats, sample: Sample) -> Measured:
    """A measure of readings [stories, emotions], ready to be resampled."""
    right = rightness(readings, sample.labels, sample)[name]
    groups = groups_of(name, sample.labels, sample)
    own = _by_unit(right, groups, sample)
    if name != "auc":
        return Measured(own[:, None])
    both = np.stack([own, _as_the_others(readings, sample, own.shape[-1])], axis=1)
    return Measured(both, Measured(both[:, 1:]).value)


def _by_unit(right: Doubles, groups: Ints, sample: Sample) -> Doubles:
    """[units, 2, groups]: sums of a measure, and how many stories."""
    found = np.zeros((int(sample.units.max()) + 1, 2, int(groups.max()) + 1))
    there = np.isfinite(right)
    np.add.at(found[:, 0], (sample.units[there], groups[there]), right[there])
    np.add.at(found[:, 1], (sample.units[there], groups[there]), 1.0)
    return found


def _as_the_others(readings: Floats, sample: Sample, emotions: int) -> Doubles:
    """The same comparisons by the topic of the story of another emotion: [units, 2, emotions]."""
    found = np.zeros((int(sample.units.max()) + 1, 2, emotions))
    for fold in np.unique(sample.folds):
        mine = np.flatnonzero(sample.folds == fold)
        lower, other = _compared(readings[mine], sample.labels[mine])
        of = np.zeros((len(mine), emotions))
        of[np.arange(len(mine)), sample.labels[mine]] = 1.0
        share = _ratio(lower @ of, other @ of)
        np.add.at(found[:, 0], sample.units[mine], np.nan_to_num(share))
        np.add.at(found[:, 1], sample.units[mine], np.isfinite(share))
    return found


def _compared(readings: Floats, labels: Ints) -> tuple[Doubles, Doubles]:
    """Whether story j reads lower than story i for i's emotion (ties half), and whether it is of another: [j, i]."""
    columns = readings[:, labels]
    own = np.diagonal(columns)
    other = labels[:, None] != labels[None, :]
    lower = (columns < own) + 0.5 * (columns == own)
    return lower * other, other.astype(np.float64)


def _group_means(right: Doubles, groups: Ints) -> Doubles:
    there = np.isfinite(right)
    sums = np.bincount(groups[there], weights=right[there]).astype(np.float64)
    return _ratio(sums, np.bincount(groups[there]).astype(np.float64))


def _ratio(sums: Doubles, counts: Doubles) -> Doubles:
    """NaN where nothing was counted."""
    return np.asarray(np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0))


def names_by_chance(readings: Floats, sample: Sample, count: int, seed: int = 0) -> dict[str, Doubles]:
    """Every measure with the names of the emotions permuted, so many times."""
    generator = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for _ in range(count):
        labels = generator.permutation(len(sample.emotions))[sample.labels]
        for name, value in values_of(rightness(readings, labels, sample), labels, sample).items():
            found.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in found.items()}


def chances(sample: Sample) -> dict[str, float]:
    """What guessing gives. A guess is of a cluster as often as it has words, so its mean over clusters is one in so
    many, whatever their sizes."""
    emotions = len(sample.emotions)
    found = {"auc": 0.5, "top1": 1 / emotions, "top5": min(TOP, emotions) / emotions}
    return found if sample.clusters is None else {**found, "cluster": _guess(sample.clusters)}


def _guess(clusters: Sequence[str]) -> float:
    sizes = np.unique(list(clusters), return_counts=True)[1]
    return float((sizes / sizes.sum()).mean())
