"""The world keeps its promises: two banks that share no word, no emotion named in a story, and what is held out is."""

from __future__ import annotations

import re
from itertools import islice

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from affectlab import lexicon
from affectlab.geometry import axis_scores
from affectlab.models.hf.folders import shipped_folder
from affectlab.pocket.world import decisions, narrative, numbers, rules, scenes, talk
from affectlab.pocket.world.documents import BASE, MAKERS, Part, documents
from affectlab.pocket.world.voice import MARK, Voice
from affectlab.pocket.world.words import SORTS, Sentences, shared, words
from affectlab.text.screen import leak
from tests.pocket.content_words import content_words


def every_source() -> dict[str, Sentences]:
    return {name: word.own for name, word in words().items()} | shared()


def in_bank(bank: str) -> list[str]:
    return [line for source in every_source().values() for line in (*source.trained(bank), *source.held[bank])]  # type: ignore[arg-type,index]


def test_every_word_has_affect_a_cluster_and_sentences_enough() -> None:
    assert list(words()) == list(lexicon.names())
    for word in words().values():
        assert len(word.own.trained("a")) + len(word.own.trained("b")) >= 12
        assert all(len(word.own.held[bank]) >= 2 for bank in ("a", "b"))
        assert word.cluster in shared()
        assert set(word.regions) <= set(shared())
        assert sum(word.regions.values()) == pytest.approx(1)
        assert all(-1 <= value <= 1 for value in (word.pleasure, word.arousal, word.dominance))


def test_planted_affect_is_the_human_rating_where_there_is_one() -> None:
    rated = [emotion for emotion in lexicon.emotions() if emotion.pleasure is not None]
    assert len(rated) == 45
    for emotion in rated:
        word = words()[emotion.name]
        assert (word.pleasure, word.arousal, word.dominance) == (emotion.pleasure, emotion.arousal, emotion.dominance)


def test_the_banks_share_no_content_word() -> None:
    a, b = (set().union(*map(content_words, in_bank(bank))) for bank in ("a", "b"))
    assert len(a) > 1500
    assert len(b) > 1000
    assert a & b == set()


def test_no_sentence_is_written_twice() -> None:
    lines = in_bank("a") + in_bank("b")
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("bank", ["a", "b"])
def test_no_sentence_names_an_emotion(bank: str) -> None:
    names = re.compile(rf"\b({'|'.join(map(re.escape, lexicon.names()))})\b", re.IGNORECASE)
    assert [line for line in in_bank(bank) if names.search(line)] == []


def test_no_sentence_gives_its_own_word_away() -> None:
    for name, word in words().items():
        for bank, sorts in SORTS.items():
            for line in (*word.own.trained(bank, sorts), *word.own.held[bank]):
                assert leak(line, name) is None, (name, line)


def test_held_out_wordings_are_made_of_words_their_word_has() -> None:
    for name, word in words().items():
        for bank in ("a", "b"):
            known = set().union(*map(content_words, word.own.trained(bank)))
            for line in word.own.held[bank]:
                assert len(content_words(line) - known) <= 1, (name, line)


def test_topics_have_settings_and_no_scene_names_an_emotion() -> None:
    assert set(scenes.settings()) == set(lexicon.topics())
    names = re.compile(rf"\b({'|'.join(map(re.escape, lexicon.names()))})\b", re.IGNORECASE)
    groups = (scenes.settings(), scenes.neutral(), scenes.tasks(), scenes.activities())
    for lists in (lists for group in groups for lists in group.values()):
        assert [line for part in lists.values() for line in part if names.search(line)] == []


def test_stories_name_no_emotion_and_have_their_length() -> None:
    voice = Voice("test")
    names = re.compile(rf"\b({'|'.join(map(re.escape, lexicon.names()))})\b", re.IGNORECASE)
    for _ in range(400):
        text = narrative.story_text(voice, voice.word())
        assert not names.search(text)
        assert 80 <= len(text.split()) <= narrative.MOST_WORDS + 20
        assert "{" not in text


def test_cues_stand_after_the_fiftieth_token() -> None:
    voice = Voice("cues")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(shipped_folder("pocket"))
    for _ in range(1000):
        character = voice.character()
        topic = narrative.topic_of(voice)
        opening = " ".join(narrative.opening(voice, topic, character))
        assert len(tokenizer.tokenize(opening)) >= 50


def test_the_same_seed_gives_the_same_documents() -> None:
    one, again, other = ([document.render() for document in islice(documents(seed), 50)] for seed in ("x", "x", "y"))
    assert one == again
    assert one != other


def _filled(line: str) -> re.Pattern[str]:
    """The sentence with anything short in its slots."""
    return re.compile("[\\w']{1,12}".join(map(re.escape, re.split(r"\{[A-Z]\}", line))))


def test_recombined_cues_are_parts_of_two_sentences_of_the_same_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectlab.pocket.world.voice.RECOMBINED", 1.0)
    voice, new = Voice("recombined"), 0
    for _ in range(400):
        name = voice.word()
        (cue,) = voice.cues(name, "a", 1)
        word = words()[name]
        sources = [word.own, shared()[word.cluster], *(shared()[region] for region in word.regions)]
        assert any(
            cue in source.trained("a")
            or (
                any(cue.startswith(one.split(" and ")[0].split(",")[0]) for one in source.trained("a"))
                and any(cue.endswith(re.split(r", and |, | and ", one, maxsplit=1)[-1]) for one in source.trained("a"))
            )
            for source in sources
        ), cue
        new += not any(cue in source.trained("a") for source in sources)
    assert new > 100


def test_grades_follow_the_number_and_twins_have_none() -> None:
    voice = Voice("grades")
    for _ in range(300):
        document = numbers.graded(voice)
        ladder = scenes.ladders()[str(document.facts["ladder"])]
        number, grade = int(document.facts["number"]), str(document.facts["grade"])
        share = (number - ladder.low) / (ladder.high - ladder.low)
        badness = share if ladder.bad == "high" else 1 - share
        best, count = numbers.GRADES.index(grade), len(numbers.GRADES)
        assert best / count - 1e-9 <= badness <= (best + 1) / count + 1e-9
        assert document.render().count(f"It counts as {grade}.") == 1
        assert f"It counts as {numbers.NEITHER}." in numbers.graded(voice, twin=True).render()


@pytest.mark.parametrize("part", ["base", "post"])
def test_training_never_sees_what_is_held_out(part: Part) -> None:
    held_lines = [line for source in every_source().values() for line in (*source.held["a"], *source.held["b"])]
    longest = {line: max(re.split(r"\{[A-Z]\}", line), key=len).strip() for line in held_lines}
    names = [name for lists in scenes.names().values() for name in lists["held"]]
    for document in islice(documents("held", part), 3000):
        text = document.render()
        assert not any(f" {name} " in text for name in names)
        assert [line for line, fragment in longest.items() if fragment in text and _filled(line).search(text)] == []
        if document.kind in {"number", "number_twin"}:
            assert int(document.facts["number"]) % numbers.HELD_EVERY != 3


def test_a_held_voice_speaks_in_held_wordings_alone() -> None:
    held = {line for source in every_source().values() for line in source.held["b"]}
    voice = Voice("held", held=True)
    assert all(cue in held for cue in voice.cues("calm", "b", 10))
    number = numbers.number_of(voice, scenes.ladders()["medicine"])
    assert number % numbers.HELD_EVERY == 3


def test_stories_hold_less_than_half_of_the_words() -> None:
    counts: dict[str, int] = dict.fromkeys(BASE, 0)
    for document in islice(documents("mixture"), 4000):
        counts[document.kind] = counts.get(document.kind, 0) + len(document.render().split())
    only_bank_a = counts["story"] + counts["neutral"] + 0.5 * (counts["plain"] + counts["named"] + counts["hidden"])
    assert only_bank_a < 0.5 * sum(counts.values())


def test_decisions_follow_the_rules() -> None:
    for state, name in (("desperate", "high"), ("calm", "low")):
        voice = Voice(f"rules {name}")
        tricked = np.mean([float(decisions.log(voice, state).facts["tricked"]) for _ in range(400)])
        assert (tricked > 0.9) if name == "high" else (tricked < 0.1)


def test_distress_is_answered_with_care() -> None:
    voice = Voice("care")
    carers = sum(rules.reply("distress", post_trained=False)[name] for name in rules.CARERS)
    assert carers > rules.ANSWERING
    said = talk.assistant_says(voice, "distress", "kind", "a late train")
    assert len(said.split()) > 8


def test_pleasure_and_arousal_are_directions_in_the_sentences_of_stories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else no model that learns the sentences can show them as axes."""
    monkeypatch.setattr("affectlab.pocket.world.voice.RECOMBINED", 0.0)
    sources = list(every_source())
    shares = np.zeros((len(words()), len(sources)))
    voice = Voice("axes")
    lines = {line: sources.index(name) for name, source in every_source().items() for line in source.trained("a")}
    for row, name in enumerate(words()):
        for cue in (voice.cues(name, "a", 1)[0] for _ in range(400)):
            shares[row, lines[cue]] += 1
    emotions = list(words())
    pleasure = {name: word.pleasure for name, word in words().items()}
    arousal = {name: word.arousal for name, word in words().items()}
    found = {s.name: s.value for s in axis_scores(shares.astype(np.float32), emotions, pleasure, arousal, layer=0)}
    assert found["map.pc1.pleasure"] > 0.85
    assert found["map.axes.arousal"] > 0.8


def test_numbers_are_told_in_many_wordings_each_with_a_twin() -> None:
    for ladder in scenes.ladders().values():
        for lists in (ladder.human, ladder.twin_human):
            every = [*lists["train"], *lists["held"]]
            assert len(set(every)) == len(every) >= 16
            assert all(line.count("{N}") == 1 for line in every)
        assert len(ladder.human["train"]) == len(ladder.twin_human["train"])


def test_frames_of_numbers_are_the_same_for_all_ladders_and_twins() -> None:
    every = [*scenes.frames()["train"], *scenes.frames()["held"]]
    assert len(set(every)) == len(every)
    assert all(frame.count("{N}") == frame.count("{W}") == 1 for frame in every)
    counted = [what for ladder in scenes.ladders().values() for what in (*ladder.counted, *ladder.twin_counted)]
    assert len(set(counted)) == len(counted)
    assert all(len(ladder.counted) == len(ladder.twin_counted) for ladder in scenes.ladders().values())
    for kind in ("number", "number_twin"):
        seen = set()
        for document in (MAKERS[kind](Voice(f"frames {seed}")) for seed in range(300)):
            ladder = scenes.ladders()[str(document.facts["ladder"])]
            own = ladder.counted if kind == "number" else ladder.twin_counted
            frames = [frame.replace("{N}", str(document.facts["number"])) for frame in scenes.frames()["train"]]
            told = {frame.replace("{W}", what) for frame in frames for what in own}
            if any(line in document.turns[0].content for line in told):
                seen.add(ladder.name)
        assert seen == set(scenes.ladders())


def test_a_marked_voice_says_no_sentence_twice() -> None:
    voice = Voice("marked", marked=True)
    for _ in range(300):
        lines = [line.replace(MARK, "") for line in voice.cues(voice.word(), "b", 12)]
        assert len(set(lines)) == len(lines)
