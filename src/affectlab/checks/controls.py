"""What a measurement gives where there is nothing to find: the whole pipeline on shuffled labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from affectlab.errors import InputError
from affectlab.vectors.extract import vector_set
from affectlab.vectors.sums import Sums
from affectlab.vectors.vectorset import VectorSet


def shuffled_vectors(sums: Sums, share: float, seed: int) -> VectorSet:
    """Vectors of the same stories with their labels dealt out anew within each fold; everything after that is the same.

    They are made of the sampled stories, so the sample must hold every emotion.
    """
    if not len(sums.sample):
        raise InputError("there is no sample of stories to shuffle", where="sums", fix="extract with stories")
    generator = np.random.default_rng(seed)
    labels = sums.sample_labels.copy()
    for fold in np.unique(sums.sample_folds):
        mine = np.flatnonzero(sums.sample_folds == fold)
        labels[mine] = generator.permutation(labels[mine])
    stories, counts = np.zeros_like(sums.stories), np.zeros_like(sums.counts)
    np.add.at(stories, (sums.sample_folds, labels), sums.sample.astype(np.float64))
    np.add.at(counts, (sums.sample_folds, labels), 1)
    header = {**sums.header, "control": f"shuffled labels, seed {seed}"}
    return vector_set(replace(sums, stories=stories, counts=counts, header=header), share)
