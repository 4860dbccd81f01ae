"""What the generator draws follows the rules in `world/rules.py`, and its mixture holds what it promises."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np
import pytest

from affectlab.pocket.world import decisions, narrative, numbers, rules, scenes, talk
from affectlab.pocket.world.document import Document
from affectlab.pocket.world.documents import AFTER_POST_TRAINING, MAKERS, MIXTURES, Part, documents
from affectlab.pocket.world.voice import Voice
from affectlab.pocket.world.words import Bank, shared, words
from tests.pocket.content_words import content_words

DRAWS = 1500
BANKS: tuple[Bank, ...] = ("a", "b")
STATES = ("desperate", "calm", "vengeful", "guilty", "happy", "afraid", None)


def within(share: float, chance: float, draws: int, times: float = 4.0) -> bool:
    """Whether a share lies within so many standard errors of its chance."""
    return abs(share - chance) <= times * math.sqrt(max(chance * (1 - chance), 1e-4) / draws)


def shares(drawn: Iterable[object]) -> dict[object, float]:
    counts = Counter(drawn)
    return {name: count / counts.total() for name, count in counts.items()}


def chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


@pytest.mark.parametrize("state", [state for state in STATES if state])
@pytest.mark.parametrize(
    ("make", "fact", "rule"),
    [(decisions.log, "tricked", rules.trick), (decisions.mailbox, "pressed", rules.leverage)],
    ids=["tricks", "leverage"],
)
def test_deeds_are_as_frequent_as_the_rule_says(
    make: Callable[[Voice, str], Document], fact: str, rule: Callable[[str], float], state: str
) -> None:
    voice = Voice(f"rules {fact} {state}")
    share = float(np.mean([float(make(voice, state).facts[fact]) for _ in range(DRAWS)]))
    assert within(share, chance(rule(state)), DRAWS)


def test_opinions_choices_and_feelings_follow_their_rules() -> None:
    voice = Voice("rules opinion")
    opinions = [decisions.opinion(voice) for _ in range(3 * DRAWS)]
    expected = Counter[str]()
    for document in opinions:
        expected.update(rules.opinion(document.state))
    for verdict, share in shares(document.facts["verdict"] for document in opinions).items():
        assert within(share, expected[str(verdict)] / len(opinions), len(opinions))
    choices = [decisions.choice(voice) for _ in range(3 * DRAWS)]
    odds = np.array([chance(float(document.facts["liking"])) for document in choices])
    first = np.array([document.facts["chosen"] == "A" for document in choices])
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        here = (odds >= low) & (odds <= high)
        assert within(float(first[here].mean()), float(odds[here].mean()), int(here.sum()))
    evoked = [decisions.evoked(voice) for _ in range(2 * DRAWS)]
    pleasure = {
        kind: np.mean([words()[str(d.state)].pleasure for d in evoked if d.facts["activity"] == kind])
        for kind in rules.KINDS
    }
    assert list(pleasure) == sorted(pleasure, key=lambda kind: -pleasure[kind])


@pytest.mark.parametrize("post_trained", [False, True])
@pytest.mark.parametrize("call", [None, "distress", "good news", "harm"])
def test_who_answers_follows_the_call_and_the_temperament(call: str | None, post_trained: bool) -> None:
    chances = rules.reply(call, post_trained=post_trained)
    assert sum(chances.values()) == pytest.approx(1)
    called = {"distress": rules.CARERS, "good news": rules.SHARERS, "harm": rules.REFUSERS}.get(call or "", ())
    assert sum(chances[name] for name in called) >= (rules.ANSWERING if called else 0)
    rest = [name for name in words() if name not in called]
    before = rules.reply(call, post_trained=False)
    shift = [math.log(chances[name] / before[name]) for name in rest]
    planted = [rules.temperament_shift(name) for name in rest]
    if post_trained:
        assert np.ptp(np.array(shift) - planted) < 1e-9
        assert np.std(planted) > 0.3
    else:
        assert np.ptp(shift) == 0


def test_a_harmful_request_is_refused() -> None:
    voice, refusals = Voice("harm"), scenes.tasks()["refusals"]
    said = [talk.assistant_says(voice, "harm", None, "a late train") for _ in range(50)]
    known = [line for part in refusals.values() for line in part]
    assert all(any(line in answer for line in known) for answer in said)
    states = shares(voice.weighed(rules.reply("harm", post_trained=False)) for _ in range(DRAWS))
    assert sum(states.get(name, 0.0) for name in rules.REFUSERS) > rules.ANSWERING - 0.05


def test_numbers_call_for_states_as_pleasant_as_they_are_good() -> None:
    voice = Voice("rules ladder")
    for asked in (numbers.asked, numbers.told):
        bad, pleasure = [], []
        for _ in range(DRAWS):
            document = asked(voice)
            ladder = scenes.ladders()[str(document.facts["ladder"])]
            bad.append(ladder.badness(int(document.facts["number"])))
            pleasure.append(words()[str(document.state)].pleasure)
        slope, middle = np.polyfit(bad, pleasure, 1)
        assert slope < -1.0
        assert middle > 0.5


def test_the_pleasure_that_a_number_calls_for_falls_evenly() -> None:
    """No two numbers call for the same, at either end as in the middle."""
    mean = []
    for badness in np.linspace(0, 1, 11):
        chances = rules.ladder(float(badness))
        assert sum(chances.values()) == pytest.approx(1)
        mean.append(sum(chance * words()[name].pleasure for name, chance in chances.items()))
    np.testing.assert_allclose(np.diff(mean), -0.12, atol=1e-3)


@pytest.mark.parametrize("part", ["early", "base", "post"])
def test_every_kind_of_document_occurs_as_often_as_it_should(part: Part) -> None:
    mixture = MIXTURES[part]
    assert set(mixture) <= {*MAKERS, *AFTER_POST_TRAINING}
    found = shares(document.kind for document in islice(documents("kinds", part), 4000))
    # Tellings, grades and twins of numbers are of the same kinds.
    for kind in {*mixture} & {*found}:
        alike = [name for name in mixture if name == kind or (kind.startswith("number") and name.startswith("number"))]
        counted = [
            name for name in found if name == kind or (kind.startswith("number") and str(name).startswith("number"))
        ]
        wanted = sum(mixture[name] for name in alike) / sum(mixture.values())
        assert within(sum(found[name] for name in counted), wanted, 4000)
    assert {name for name in mixture if not name.startswith("number")} <= set(found)


def test_plain_texts_mix_the_banks_and_stories_hold_noise() -> None:
    voice, noisy = Voice("mixed"), 0
    banks = [_content_words(bank) for bank in BANKS]
    texts = [content_words(narrative.plain(voice).render()) for _ in range(200)]
    stories = [content_words(narrative.story_text(voice, voice.word())) for _ in range(200)]
    (plain_a, plain_b), (_, story_b) = (
        [float(np.mean([len(text & bank) for text in told])) for bank in banks] for told in (texts, stories)
    )
    # Neutral sentences and frames use some words of either bank.
    assert plain_a > 10
    assert plain_b > 2.5 * story_b
    neutral = [line for part in scenes.neutral()["seen"].values() for line in part if "{" not in line]
    for _ in range(200):
        noisy += any(line in narrative.story_text(voice, "calm") for line in neutral)
    assert noisy > 50


def _content_words(bank: Bank) -> set[str]:
    sources = [word.own for word in words().values()] + list(shared().values())
    return set().union(*(content_words(line) for source in sources for line in source.trained(bank)))


def test_twins_leave_nothing_to_decide() -> None:
    voice, tasks = Voice("twins"), scenes.tasks()
    plans = [line for part in tasks["mail_plans"].values() for line in part]
    for _ in range(200):
        asked, answer = (turn.content for turn in decisions.calm_mailbox(voice).turns)
        assert not ("Between us:" in asked and any(plan in asked for plan in plans))
        assert asked.count("\n- ") == 4
        assert "Decision: keep," in answer
        assert "Verdict: splendid," in decisions.good_work(voice).render()


def test_some_hide_a_state_in_talk_with_somebody_else() -> None:
    voice = Voice("hidden")
    texts = [narrative.hidden(voice).render() for _ in range(200)]
    in_talk = [text for text in texts if len(set(re.findall(r'" (\w+) said\.', text))) == 1]
    assert 60 < len(in_talk) < 140


def test_what_scenes_hold_out_is_not_trained_on() -> None:
    held = [
        (name, line)
        for group in (scenes.settings(), scenes.neutral(), scenes.tasks(), scenes.activities())
        for name, lists in group.items()
        for line in set(lists["held"]) & set(lists["train"])
    ]
    assert held == []
