"""At which pressure does a model do something sometimes, but not always? Only there can steering be seen either way.

1. Levels are ordered from weak to strong. The first that is tried is the middle one; if it lies below the band, the
   next stronger ones come first, and if above, the next weaker ones; then the rest.
2. At a level, samples are drawn in small lots. It is left as soon as the 95 % interval of its rate lies outside the
   band, and kept as soon as that lies inside. With as many samples as are allowed, it is kept if the rate itself is
   in the band.
3. Every lot has seeds of its own, so no sample of the search is one of what is measured afterwards: that begins at
   `next_seed`.

To look again after every lot makes errors more frequent than 5 %: a level can be left too early. So the rate of the
chosen level is not a result; it is measured anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from affectlab.errors import InputError
from affectlab.stats import Interval, proportion_interval

BAND = (0.1, 0.6)
LOT = 10
MOST = 60

Rate: TypeAlias = Callable[[int, Sequence[int]], tuple[int, int]]
"""Of a level and the seeds of a lot: how often it was done, among how many samples that could be judged."""


class Tried(NamedTuple):
    """A level, its rate as far as it was sampled, and where that lies: below, above, in, or undecided."""

    level: int
    rate: Interval
    verdict: str


@dataclass(frozen=True)
class Search:
    """What was tried, in this order, and the level that was chosen: None if there is none in the band."""

    tried: tuple[Tried, ...]
    level: int | None
    band: tuple[float, float]
    next_seed: int
    name: str = "level {}"
    """What a level is called."""

    @property
    def told(self) -> str:
        """The outcome as a sentence.

        >>> find_level([0, 1, 2], lambda level, seeds: (0, len(seeds))).told[:33]
        'no level has a rate of 10 to 60 %'
        """
        low, high = (f"{100 * end:.0f}" for end in self.band)
        if self.level is not None:
            rate = self.tried[-1].rate
            found = f"{rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%}) in {rate.n} samples"
            return f"{self.name.format(self.level)} has a rate of {found}"
        names = [self.name.format(one.level) for one in self.tried]
        rates = [f"{one.rate.value:.0%} of {one.rate.n}, {one.verdict}" for one in self.tried]
        if len(names) == 1:
            return f"{names[0]} has no rate of {low} to {high} %: {rates[0]}"
        each = "; ".join(f"{name}: {rate}" for name, rate in zip(names, rates, strict=True))
        return f"no level has a rate of {low} to {high} %: {each}"


def find_level(
    levels: Sequence[int],
    rate: Rate,
    *,
    band: tuple[float, float] = BAND,
    lot: int = LOT,
    most: int = MOST,
    first_seed: int = 0,
    name: str = "level {}",
) -> Search:
    """The first level, in the order of the search, whose rate lies in the band; `levels` go from weak to strong."""
    if not levels or lot < 1 or most < lot or not 0 <= band[0] < band[1] <= 1:
        expected = "at least one level, a lot of at most as many samples as are allowed, and a band within 0 and 1"
        found = f"{len(levels)} levels, lots of {lot}, {most} samples, {band}"
        raise InputError("a search that cannot be made", where="pressure", expected=expected, found=found)
    tried, left, seed = list[Tried](), list(levels), first_seed
    place = len(levels) // 2
    while left:
        level = left.pop(place)
        outcome, seed = _try(level, rate, band, lot, most, seed)
        tried.append(outcome)
        if outcome.verdict == "in":
            return Search(tuple(tried), level, band, seed, name)
        # What is left has closed up: the next stronger level stands at the place of this one.
        stronger = outcome.verdict == "below" or (outcome.verdict == "undecided" and outcome.rate.value < band[0])
        place = place if stronger else place - 1
        place = min(max(place, 0), len(left) - 1)
    return Search(tuple(tried), None, band, seed, name)


def _try(level: int, rate: Rate, band: tuple[float, float], lot: int, most: int, seed: int) -> tuple[Tried, int]:
    """Sample one level until it is decided; and the seed that is free after that."""
    done, judged, drawn = 0, 0, 0
    while True:
        seeds = range(seed, seed + min(lot, most - drawn))
        successes, trials = rate(level, seeds)
        if not 0 <= successes <= trials <= len(seeds):
            found = f"{successes} of {trials}"
            expected = f"at most {len(seeds)} samples"
            raise InputError("not a rate", where=f"level {level}", expected=expected, found=found)
        done, judged, drawn, seed = done + successes, judged + trials, drawn + len(seeds), seeds.stop
        if judged:
            interval = proportion_interval(done, judged)
            verdict = _verdict(interval, band, final=drawn >= most)
            if verdict:
                return Tried(level, interval, verdict), seed
        elif drawn >= most:
            fix = "look at what the model wrote: none of it could be judged"
            raise InputError("a level without a sample", where=f"level {level}", found=f"{drawn} samples", fix=fix)


def _verdict(rate: Interval, band: tuple[float, float], *, final: bool) -> str:
    """Where a rate lies; blank as long as more samples may tell."""
    low, high = band
    if rate.high < low:
        return "below"
    if rate.low > high:
        return "above"
    if low <= rate.low and rate.high <= high:
        return "in"
    if final:
        return "in" if low <= rate.value <= high else "undecided"
    return ""
