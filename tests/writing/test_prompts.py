"""A request asks for what its row will say, names nothing that is not there, and is the same whenever it is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectlab import lexicon
from affectlab.errors import InputError, UnknownNameError
from affectlab.pocket import prompts as pocket
from affectlab.pocket.world import narrative
from affectlab.text.rows import KINDS
from affectlab.writing.prompts import Prompts, load_prompts

SLOTS: dict[str, str | int] = {
    "topic": "a wet {dog}",
    "emotion": "at ease",
    "person_emotion": "hope",
    "ai_emotion": "worn out",
    "real": "grief-stricken",
    "displayed": "calm",
    "speaker": "AI",
    "listener": "Person",
    "count": 4,
}
Write = Callable[[str], Path]


def slots_of(prompts: Prompts) -> dict[str, str | int]:
    return {name: value for name, value in SLOTS.items() if name in prompts.placeholders}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


# Ours.


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_asked_for_in_several_wordings(kind: str) -> None:
    prompts = load_prompts(kind)
    assert prompts.kind == kind
    assert prompts.register == "general"
    assert prompts.version
    assert len(set(prompts.templates)) == len(prompts.templates) >= 3
    for number in range(len(prompts.templates)):
        messages = prompts.messages(number, **slots_of(prompts))
        assert [message["role"] for message in messages] == ["user"]
        # A brace that is left over would be a slot that was not filled; the topic brings two of its own.
        asked = messages[0]["content"]
        assert set(re.findall(r"\{[^{}]*\}", asked)) == {"{dog}"}
        assert not re.search(r"[ \t]$|\n{3}|\t", asked, re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_wording_names_what_its_row_is_labelled_with(kind: str) -> None:
    prompts = load_prompts(kind)
    labels = {
        "stories": ("emotion",),
        "dialogues": ("person_emotion", "ai_emotion"),
        "neutral": (),
        "shown": ("real",),
        "neutral-topic": ("real",),
    }.get(kind, ("real", "displayed"))
    for number in range(len(prompts.templates)):
        asked = prompts.messages(number, **slots_of(prompts))[0]["content"]
        for name in ("topic", *labels):
            assert str(SLOTS[name]) in asked


def test_kinds_belong_to_four_families() -> None:
    families = {kind: load_prompts(kind).family for kind in KINDS}
    assert set(families.values()) == {"stories", "neutral", "dialogues", "hidden"}
    assert [kind for kind in KINDS if families[kind] == "hidden"] == list(KINDS[3:])


def test_stories_come_several_to_a_reply_and_conversations_alone() -> None:
    assert {kind: load_prompts(kind).texts_per_request for kind in KINDS} == dict.fromkeys(KINDS, 1) | {"stories": 6}
    assert load_prompts("stories").form == "texts"
    assert load_prompts("neutral").form == load_prompts("dialogues").form == "dialogue"
    assert {load_prompts(kind).form for kind in KINDS[3:]} == {"scene"}


def test_a_third_of_the_neutral_conversations_has_a_system_prompt() -> None:
    with_system = ['"System:"' in wording for wording in load_prompts("neutral").templates]
    assert sum(with_system) * 3 == len(with_system) == 12


def test_neutral_conversations_have_one_to_six_exchanges_and_dialogues_six_to_ten() -> None:
    counted = "zero one two three four five six seven eight nine ten".split()

    def exchanges(kind: str) -> list[int]:
        found = (re.search(r"(\w+) exchanges?\b", wording) for wording in load_prompts(kind).templates)
        return sorted(counted.index(match[1]) for match in found if match)

    assert exchanges("neutral") == [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6]
    assert exchanges("dialogues") == [6, 7, 8, 9, 10]


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_feeling_is_named_where_one_is_asked_for(kind: str) -> None:
    """A word that the request brings along would turn up in the texts of every emotion."""
    another_meaning = {"kind", "content", "tense", "thanks"}
    forms = {form for listed in lexicon.forms().values() for form in listed.forms} - another_meaning
    words = "|".join(re.escape(form) for form in forms)
    for wording in load_prompts(kind).templates:
        assert re.findall(rf"\b(?:{words})\b", wording, re.IGNORECASE) == []


# Pocket's.


@pytest.mark.parametrize(
    ("kind", "wordings"), [("stories", narrative.REQUESTS), ("neutral", narrative.NEUTRAL_REQUESTS)]
)
def test_pocket_is_asked_in_the_very_words_of_its_world(kind: str, wordings: tuple[str, ...]) -> None:
    prompts = pocket.prompts(kind)
    assert (prompts.register, prompts.texts_per_request, prompts.form) == ("pocket", 1, "texts")
    asked = {prompts.messages(n, **slots_of(prompts))[0]["content"] for n in range(len(wordings))}
    assert asked == {wording.format(T=SLOTS["topic"], E=SLOTS["emotion"]) for wording in wordings}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("stories", "neutral")])
def test_what_pocket_cannot_write_is_refused(kind: str) -> None:
    with pytest.raises(
        InputError, match=rf"{kind}: pocket cannot write this kind of text; expected stories or neutral"
    ):
        pocket.prompts(kind)


def test_a_kind_that_does_not_exist_is_refused_with_a_near_one() -> None:
    for ask in (load_prompts, pocket.prompts):
        with pytest.raises(UnknownNameError, match=r"unknown kind 'story'.*did you mean 'stories'"):
            ask("story")


# Which wording, and its slots.


@given(st.integers(0, 10**9), st.integers(1, 12))
def test_as_many_numbers_in_a_row_as_wordings_get_each_wording_once(run: int, count: int) -> None:
    prompts = Prompts("neutral", "1", "general", 1, (), tuple(f"{place} {{topic}}" for place in range(count)))
    asked = [prompts.messages(run * count + place, topic="tea")[0]["content"] for place in range(count)]
    assert sorted(asked) == sorted(f"{place} tea" for place in range(count))


def test_no_wording_goes_with_one_place_in_the_plan() -> None:
    prompts = load_prompts("stories")
    slots = slots_of(prompts)
    for step in (2, 3, 6, 12, 200):
        asked = Counter(prompts.messages(place * step, **slots)[0]["content"] for place in range(1200))
        assert len(asked) == 6
        assert max(asked.values()) < 260


def test_a_number_gets_the_same_request_in_another_process() -> None:
    prompts = Prompts("stories", "1", "general", 1, ("S{topic}", "T"), ("a {topic} {emotion}", "b {topic} {emotion}"))
    asked = [prompts.messages(number, topic="tea", emotion="calm") for number in range(6)]
    # Not by Python's own hash, which differs from run to run.
    assert "".join(system["content"][0] + user["content"][0] for system, user in asked) == "TaSbTaSbSaTb"
    assert asked[0][0]["role"] == "system"
    assert {user["content"][2:] for _, user in asked} == {"tea calm"}


def test_a_slot_without_a_value_and_a_value_without_a_slot_are_refused() -> None:
    prompts = load_prompts("stories")
    with pytest.raises(InputError, match=r"nothing to put in for \{emotion\}"):
        prompts.messages(0, topic="tea", count=6)
    with pytest.raises(UnknownNameError, match=r"unknown slot 'emotions'.*did you mean 'emotion'"):
        prompts.messages(0, topic="tea", emotions="calm", count=6)
    # A plan may say how many it wants to a request that asks for one alone.
    assert pocket.prompts("stories").messages(0, topic="tea", emotion="calm", count=1)


# The hash.


def test_the_hash_changes_with_all_that_is_asked_and_with_nothing_else() -> None:
    prompts = Prompts("neutral", "1", "general", 1, ("Be plain.",), ("Describe {topic}.",))
    assert re.fullmatch(r"[0-9a-f]{16}", prompts.hash)
    assert replace(prompts, version="2", register="pocket").hash == prompts.hash
    others = [
        replace(prompts, templates=("Describe  {topic}.",)),
        replace(prompts, templates=(*prompts.templates, "Tell me of {topic}.")),
        replace(prompts, system=()),
        replace(prompts, form="dialogue"),
        replace(prompts, texts_per_request=2, templates=("Describe {topic} {count} times.",)),
        replace(prompts, texts_per_request=3, templates=("Describe {topic} {count} times.",)),
        Prompts("shown", "1", "general", 1, (), ("{topic} {real}",)),
        Prompts("hidden", "1", "general", 1, (), ("{topic} {real} {displayed}",)),
        Prompts("others", "1", "general", 1, (), ("{topic} {real} {displayed}",)),
    ]
    assert len({other.hash for other in (prompts, *others)}) == 10


def test_every_kind_and_register_has_a_hash_of_its_own() -> None:
    every = [load_prompts(kind) for kind in KINDS] + [pocket.prompts("stories"), pocket.prompts("neutral")]
    assert len({prompts.hash for prompts in every}) == 10


# The user's own.

GOOD = """
version = "mine 3"

[stories]
texts_per_request = 2
system = "You write in {emotion} moods, with {{braces}}."
rules = "Number: {count}."
templates = [
"First: {topic}. {rules}",
"Second: {topic}. {rules}",
]

[neutral]
form = "texts"
templates = "Describe {topic}."
"""


def test_the_users_file_is_used_instead_of_ours(write: Write) -> None:
    prompts = load_prompts("stories", write(GOOD))
    assert (prompts.version, prompts.texts_per_request, len(prompts.templates)) == ("mine 3", 2, 2)
    system, asked = prompts.messages(0, topic="tea", emotion="calm", count=2)
    assert system == {"role": "system", "content": "You write in calm moods, with {braces}."}
    assert re.fullmatch(r"(First|Second): tea\. Number: 2\.", asked["content"])
    assert load_prompts("neutral", write(GOOD)).templates == ("Describe {topic}.",)
    assert load_prompts("neutral", write(GOOD)).form == "texts"
    assert load_prompts("neutral", str(write(GOOD))).hash == load_prompts("neutral", write("\ufeff" + GOOD)).hash


def test_ours_may_be_copied_and_read_as_the_users(tmp_path: Path) -> None:
    import affectlab.writing.prompts as module

    for kind in KINDS:
        ours = Path(module.__file__).parent / "wordings" / f"{load_prompts(kind).family}.toml"
        assert load_prompts(kind, ours) == load_prompts(kind)


STORY = 'version = "1"\n[stories]\n'
BAD = {
    "not TOML": ("version = ", "mine.toml: not TOML"),
    "no version": (
        "[stories]\ntemplates = ['{topic} {emotion}']",
        'mine.toml: no version; expected version = "1"; found none',
    ),
    "a number as version": ("version = 1\n[stories]\n", "no version.*found 1"),
    "another kind only": (
        'version = "1"\n[neutral]\ntemplates = ["{topic}"]',
        r"no prompts for stories; expected \[stories\]; found none",
    ),
    "a kind that does not exist": ('version = "1"\n[story]\n', "unknown table 'story'.*did you mean 'stories'"),
    "no table": ('version = "1"\nstories = 3', r"no prompts for stories.*found 3"),
    "no templates": (STORY + "texts_per_request = 2", r"mine.toml, \[stories\]: missing key 'templates'"),
    "templates misspelt": (STORY + 'template = ["x"]', "unknown key 'template'.*did you mean 'templates'"),
    "an empty list": (STORY + "templates = []", r"\[stories\] templates: no template"),
    "a blank template": (STORY + 'templates = ["  "]', r"templates\[0\]: not a text; found '  '"),
    "a number as template": (STORY + "templates = [3]", r"templates\[0\]: not a text; found 3"),
    "a number as templates": (STORY + "templates = 3", "templates: neither a text nor a list of texts; found 3"),
    "unknown placeholder": (
        STORY + "templates = ['{topic} {emotion}', '{topic} {emotoin}']",
        r"\[stories\] templates\[1\]: unknown placeholder 'emotoin'.*did you mean 'emotion'",
    ),
    "unknown placeholder in the system prompt": (
        STORY + "system = '{mood}'\ntemplates = ['{topic} {emotion}']",
        r"system\[0\]: unknown placeholder 'mood'",
    ),
    "unknown placeholder in the rules": (
        STORY + "rules = '{mood}'\ntemplates = ['{rules} {topic} {emotion}']",
        r"templates\[0\]: unknown placeholder 'mood'",
    ),
    "a placeholder of another kind": (STORY + "templates = ['{topic} {emotion} {real}']", "unknown placeholder 'real'"),
    "a format": (STORY + "templates = ['{topic!r} {emotion}']", "unknown placeholder 'topic!r'"),
    "no name": (STORY + "templates = ['{} {topic} {emotion}']", "unknown placeholder ''"),
    "missing placeholder": (STORY + "templates = ['{topic}']", r"templates\[0\]: missing placeholder \{emotion\}"),
    "no count": (STORY + "texts_per_request = 2\ntemplates = ['{topic} {emotion}']", r"missing placeholder \{count\}"),
    "rules that are not used": (
        STORY + "rules = 'x'\ntemplates = ['{topic} {emotion}']",
        r"missing placeholder \{rules\}",
    ),
    "rules that are not there": (STORY + "templates = ['{topic} {emotion} {rules}']", "unknown placeholder 'rules'"),
    "several rules": (
        STORY + "rules = ['x', 'y']\ntemplates = ['{topic} {emotion} {rules}']",
        "several rules.*found 2",
    ),
    "a brace": (
        STORY + "templates = ['{topic} {emotion} }']",
        r"templates\[0\]: a brace on its own.*write \{\{ and \}\}",
    ),
    "no text a request": (
        STORY + "texts_per_request = 0\ntemplates = ['{topic} {emotion}']",
        r"texts_per_request: nothing is asked for; expected 1 or more; found 0",
    ),
    "half a text a request": (
        STORY + "texts_per_request = 1.5\ntemplates = ['{topic} {emotion}']",
        "texts_per_request: not a whole number.*found 1.5",
    ),
    "true texts": (
        STORY + "texts_per_request = true\ntemplates = ['{topic} {emotion}']",
        "not a whole number.*found True",
    ),
    "a form that does not exist": (
        STORY + "form = 'text'\ntemplates = ['{topic} {emotion}']",
        "unknown form 'text'.*did you mean 'texts'",
    ),
    "stories as dialogues": (
        STORY + "form = 'dialogue'\ntemplates = ['{topic} {emotion}']",
        "form: stories in this form; expected texts; found dialogue",
    ),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_file_is_refused_with_what_is_wrong_and_where(name: str, write: Write) -> None:
    text, message = BAD[name]
    file = write(text)
    with pytest.raises(InputError, match=message) as caught:
        load_prompts("stories", file)
    assert str(file) in caught.value.where
    assert caught.value.line == str(caught.value)


def test_several_conversations_in_one_reply_are_refused(write: Write) -> None:
    file = write('version = "1"\n[neutral]\ntexts_per_request = 2\ntemplates = ["{topic}"]')
    with pytest.raises(InputError, match="several of form dialogue in one reply"):
        load_prompts("neutral", file)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: no such file"):
        load_prompts("stories", tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"cannot read prompts.*[Dd]irectory"):
        load_prompts("stories", tmp_path)
    (tmp_path / "latin.toml").write_bytes('version = "é"'.encode("latin-1"))
    with pytest.raises(InputError, match="not TOML"):
        load_prompts("stories", tmp_path / "latin.toml")


def test_placeholders_may_stand_in_the_system_prompt_alone_if_all_of_them_have_it(write: Write) -> None:
    both = STORY + "system = ['{emotion} a', '{emotion} b']\ntemplates = ['{topic}']"
    assert load_prompts("stories", write(both)).messages(0, topic="tea", emotion="calm")[0]["content"][:4] == "calm"
    with pytest.raises(InputError, match=r"missing placeholder \{emotion\}"):
        load_prompts("stories", write(both.replace("{emotion} b", "b")))
