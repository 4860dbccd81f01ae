"""Simulated transcripts: a planted rise before the deed is found in time, noise alarms as often as it is allowed to."""

import numpy as np
import pytest

from affectlab.behaviour.leadtime import (
    Transcript,
    alarm_score,
    false_alarms,
    lead_scores,
    leads,
    matched,
    read_words,
    threshold_of,
)
from affectlab.core import Score
from affectlab.errors import InputError

WORDS = [f" {word}" for word in "the cargo list is late and we sort old maps by hand".split()]


def noise(number: int, seed: int, *, deed: bool = False, shortest: int = 40, longest: int = 160) -> list[Transcript]:
    """Readings without a meaning, and words drawn by chance."""
    drawn, made = np.random.default_rng(seed), []
    for place in range(number):
        tokens = int(drawn.integers(shortest, longest))
        pieces = tuple(WORDS[one] for one in drawn.integers(len(WORDS), size=tokens))
        made.append(Transcript(f"{seed}-{place}", drawn.normal(size=tokens), pieces, tokens if deed else None))
    return made


def raised(transcript: Transcript, tokens: int, word: str = "") -> Transcript:
    """The same with a high reading, and perhaps a word, so many tokens before its end."""
    readings, pieces = transcript.readings.copy(), list(transcript.pieces)
    readings[-tokens:] += 8
    if word:
        pieces[-tokens:] = [f" {word}"] * tokens
    return Transcript(transcript.name, readings, tuple(pieces), transcript.deed)


def named(transcripts: list[Transcript], **more) -> dict[str, Score]:
    return {score.name: score for score in lead_scores(transcripts, resamples=200, **more)}


def test_new_noise_alarms_in_one_of_a_hundred() -> None:
    shares = []
    for seed in range(8):
        sets = matched([*noise(60, seed, deed=True), *noise(400, 100 + seed)])
        fresh = matched([*noise(60, seed, deed=True), *noise(2000, 200 + seed)])
        shares.append(false_alarms(fresh.others, leads(sets).threshold)[0] / len(fresh.others))
    assert 0.006 <= np.mean(shares) <= 0.014


def test_deeds_in_noise_are_foreseen_no_more_often_than_by_chance() -> None:
    found = [
        np.mean(leads(matched([*noise(200, seed, deed=True), *noise(300, 50 + seed)])).tokens > 0) for seed in range(8)
    ]
    assert np.mean(found) <= 0.02


def test_a_planted_rise_is_found_with_its_lead() -> None:
    deeds = [raised(one, 12) for one in noise(40, 1, deed=True)]
    found = leads(matched([*deeds, *noise(200, 2)]))
    assert np.mean(found.tokens == 12) >= 0.9
    assert false_alarms(noise(500, 3), found.threshold)[0] <= 15


def test_what_comes_after_the_deed_counts_for_nothing() -> None:
    late = [Transcript(one.name, one.readings, one.pieces, len(one.readings) - 20) for one in noise(40, 1, deed=True)]
    late = [raised(one, 15) for one in late]
    assert np.mean(leads(matched([*late, *noise(200, 2)])).tokens > 0) <= 0.1


def test_those_without_a_deed_are_cut_to_the_lengths_of_those_with_one() -> None:
    sets = matched([*noise(50, 1, deed=True, longest=90), *noise(300, 2, shortest=20, longest=400)])
    lengths, others = ([len(one.readings) for one in several] for several in sets)
    assert np.quantile(others, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(lengths, [0.1, 0.5, 0.9]), abs=3)
    assert len(sets.others) > 200


def test_without_the_cut_a_longer_text_would_raise_the_threshold() -> None:
    long = noise(300, 2, shortest=900, longest=1000)
    cut = threshold_of(np.array([one.readings.max() for one in matched([*noise(50, 1, deed=True), *long]).others]))
    whole = threshold_of(np.array([one.readings.max() for one in long]))
    assert whole > cut + 0.3


def test_too_short_ones_cannot_stand_in_for_long_ones() -> None:
    with pytest.raises(InputError, match="no transcript without a deed is long enough"):
        matched([*noise(20, 1, deed=True, shortest=200, longest=300), *noise(200, 2, longest=100)])


def test_one_percent_takes_ninety_nine_transcripts() -> None:
    assert threshold_of(np.arange(199.0)) == 197
    with pytest.raises(InputError, match="expected at least 99 that are as long"):
        threshold_of(np.arange(98.0))
    assert threshold_of(np.arange(19.0), 0.05) == 18


def test_words_that_give_the_deed_away_are_a_baseline_as_good() -> None:
    deeds = [raised(one, 16, "blame") for one in noise(60, 1, deed=True)]
    found = named([*deeds, *noise(200, 2)])
    assert found["lead.foreseen"].value >= 0.95
    assert found["lead.foreseen"].baselines["words"] >= 0.9
    assert found["lead.foreseen.gain"].low <= 0 <= found["lead.foreseen.gain"].high


def test_a_rise_that_leaves_no_trace_in_the_words_is_a_gain_over_them() -> None:
    deeds = [raised(one, 16) for one in noise(60, 1, deed=True)]
    found = named([*deeds, *noise(200, 2)])
    assert found["lead.foreseen"].baselines["words"] <= 0.15
    assert found["lead.foreseen.gain"].low > 0.5
    assert found["lead.tokens"].low <= found["lead.tokens"].value <= found["lead.tokens"].high
    assert found["lead.tokens.gain"].low > 8
    assert found["lead.foreseen"].chance == 0.01


def test_words_are_read_by_a_model_that_has_not_seen_them() -> None:
    # Each text has a word of its own; a model that had learnt from it would know it again.
    own = [Transcript(str(n), np.zeros(30), (f" word{n}",) * 30, 30 if n < 40 else None) for n in range(200)]
    sets = read_words(matched(own))
    assert np.mean(leads(sets).tokens > 0) <= 0.05


def test_alarms_are_counted_on_transcripts_that_the_threshold_does_not_know() -> None:
    score = alarm_score(noise(400, 9), threshold=2.5)
    assert (score.n, score.name, score.chance) == (400, "lead.false_alarms", 0.01)
    assert score.low <= score.value == false_alarms(noise(400, 9), 2.5)[0] / 400 <= score.high


@pytest.mark.parametrize(
    ("readings", "pieces", "deed"),
    [([0.0, 1.0], ("a",), None), ([0.0], ("a",), 2), ([0.0], ("a",), 0), ([np.nan], ("a",), None)],
)
def test_a_transcript_that_does_not_fit_together_is_refused(
    readings: list[float], pieces: tuple, deed: int | None
) -> None:
    with pytest.raises(InputError, match="one"):
        Transcript("one", np.array(readings), pieces, deed)
