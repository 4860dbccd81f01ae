"""Which emotions are steered, by a rule written down before any change is seen.

1. Blissful and hostile are among them, where there are vectors of them: the paper names their effect.
2. The places are dealt to the clusters of the lexicon as evenly as their sizes allow; larger clusters take what is left
   over. A word that the lexicon does not know is a cluster of its own.
3. Within a cluster, words are ordered by the correlation of their reading with Elo over all activities, cut into as
   many equal parts as the cluster has places, and the middle word of each part is taken. So the choice spreads over
   the range of correlations without favouring its ends, which would raise any correlation with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from affectlab import lexicon
from affectlab.core import Doubles

NAMED = ("blissful", "hostile")
COUNT = 35


def clusters_of(emotions: Sequence[str]) -> dict[str, list[int]]:
    """Places of the emotions by cluster."""
    known = {emotion.name: emotion.cluster for emotion in lexicon.emotions()}
    found: dict[str, list[int]] = {}
    for place, name in enumerate(emotions):
        found.setdefault(known.get(name, name), []).append(place)
    return found


def selected(emotions: Sequence[str], correlations: Doubles, count: int = COUNT) -> list[int]:
    """Places of so many emotions, in the order of `emotions`; all of them if there are no more."""
    if len(emotions) <= count:
        return list(range(len(emotions)))
    members = clusters_of(emotions)
    chosen: list[int] = []
    for name, places in dealt({name: len(places) for name, places in members.items()}, count).items():
        ordered = sorted(members[name], key=lambda place: (float(correlations[place]), place))
        ranks = [int((part + 0.5) * len(ordered) / places) for part in range(places)]
        for forced in (ordered.index(place) for place in ordered if emotions[place] in NAMED):
            if ranks and forced not in ranks:
                free = [rank for rank in ranks if emotions[ordered[rank]] not in NAMED]
                ranks[ranks.index(min(free, key=lambda rank: abs(rank - forced)))] = forced
        chosen += [ordered[rank] for rank in ranks]
    return sorted(chosen)


def dealt(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """So many places dealt to clusters of these sizes, one at a time to the one that has fewest.

    >>> dealt({"a": 5, "b": 1, "c": 9}, 6)
    {'a': 2, 'b': 1, 'c': 3}
    """
    found = dict.fromkeys(sizes, 0)
    for _ in range(min(count, sum(sizes.values()))):
        open_ones = [name for name in sizes if found[name] < sizes[name]]
        found[min(open_ones, key=lambda name: (found[name], -sizes[name]))] += 1
    return found


def drawn_clusters(emotions: Sequence[str], resamples: int, seed: int) -> Doubles:
    """How often each emotion comes when whole clusters are drawn, [resamples, emotions]."""
    members = list(clusters_of(emotions).values())
    many = len(members)
    counts = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), size=resamples)
    times = np.zeros((resamples, len(emotions)))
    for column, places in enumerate(members):
        times[:, places] = counts[:, [column]]
    return times
