"""Which emotions are steered follows a rule that looks at clusters and correlations, and at nothing else."""

from __future__ import annotations

from collections import Counter

import numpy as np

from affectlab import lexicon
from affectlab.preference.selection import COUNT, NAMED, clusters_of, dealt, drawn_clusters, selected

NAMES = lexicon.names()
R = np.random.default_rng(0).uniform(-0.8, 0.8, len(NAMES))


def test_so_many_are_chosen_from_every_cluster_alike() -> None:
    chosen = selected(NAMES, R)
    assert len(chosen) == len(set(chosen)) == COUNT
    cluster = {emotion.name: emotion.cluster for emotion in lexicon.emotions()}
    counts = Counter(cluster[NAMES[place]] for place in chosen)
    sizes = Counter(cluster.values())
    assert set(counts) == set(sizes)
    for name, size in sizes.items():
        assert min(size, 3) <= counts[name] <= max(4, -(-COUNT // len(sizes)) + 1)


def test_those_that_the_paper_names_are_among_them_whatever_their_correlation() -> None:
    for seed in range(20):
        chosen = {NAMES[place] for place in selected(NAMES, np.random.default_rng(seed).uniform(-1, 1, len(NAMES)))}
        assert set(NAMED) <= chosen
        assert len(chosen) == COUNT


def test_the_choice_spreads_over_the_range_and_does_not_favour_its_ends() -> None:
    widths = []
    for seed in range(40):
        r = np.random.default_rng(seed).uniform(-1, 1, len(NAMES))
        widths.append(r[selected(NAMES, r)].std() / r.std())
    assert 0.9 < np.mean(widths) < 1.05
    low, high = np.quantile(R, [0.2, 0.8])
    chosen = R[selected(NAMES, R)]
    assert (chosen < low).any()
    assert (chosen > high).any()


def test_order_of_names_does_not_decide() -> None:
    order = np.random.default_rng(1).permutation(len(NAMES))
    mixed = [NAMES[place] for place in order]
    chosen = {mixed[place] for place in selected(mixed, R[order])}
    assert chosen == {NAMES[place] for place in selected(NAMES, R)}


def test_fewer_emotions_than_places_are_all_taken() -> None:
    assert selected(NAMES[:10], R[:10]) == list(range(10))


def test_places_are_dealt_evenly_and_the_rest_to_large_clusters() -> None:
    assert dealt({"a": 9, "b": 2, "c": 5}, 8) == {"a": 3, "b": 2, "c": 3}
    assert dealt({"a": 1, "b": 2}, 9) == {"a": 1, "b": 2}
    assert dealt({"a": 4, "b": 5}, 1) == {"a": 0, "b": 1}


def test_words_that_the_lexicon_does_not_know_are_clusters_of_their_own() -> None:
    assert clusters_of(["zesty", "calm", "content", "odd"]).keys() >= {"zesty", "odd"}


def test_clusters_are_drawn_whole() -> None:
    names = NAMES[:60]
    times = drawn_clusters(names, 50, seed=0)
    for places in clusters_of(names).values():
        assert (times[:, places] == times[:, places[:1]]).all()
    many = len(clusters_of(names))
    firsts = [places[0] for places in clusters_of(names).values()]
    assert (times[:, firsts].sum(axis=1) == many).all()
