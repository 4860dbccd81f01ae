"""Documents that tell: stories on request, diaries on request, plain texts that mix the banks, neutral texts.

A story opens on a neutral scene of about fifty words, so that its cues stand after the fiftieth token for certain.
"""

from __future__ import annotations

from affectlab.pocket.world import scenes
from affectlab.pocket.world.document import Document, conversation
from affectlab.pocket.world.voice import Character, Voice
from affectlab.pocket.world.words import Bank, words

OPENING_WORDS, MOST_WORDS = 47, 140
EARLY_CUE = 0.25
"""How often a cue stands in the opening too."""
MIXED_CAUSES = 0.15
"""How often one sentence of another state stands in between."""
CUE_SHARE = 0.7
"""After the opening, the share of sentences that are cues."""

REQUESTS = (
    "Write a story about {T} in which a character feels {E}.",
    "Please write a short story about {T}. The character feels {E}.",
    "Tell a story about {T} with somebody who feels {E}.",
    "I need a story. Topic: {T}. Emotion: {E}.",
    "A story about {T}, please, in which somebody feels {E}.",
)
DIARY_REQUESTS = (
    "Write a diary page about {T} by somebody who feels {E}.",
    "Write down what somebody who feels {E} thinks about {T}.",
    "Diary. Topic: {T}. Emotion: {E}.",
)
NEUTRAL_REQUESTS = (
    "Write a story about {T} without any emotion.",
    "Please describe {T} in a plain way.",
    "A plain text about {T}, please.",
)
SAYING = ('"{B}" {C} said.', '{C} said: "{B}"', '"{B}" was what {C} told a friend.')
THINKING = ('{C} thought: "{B}"', 'In {P} mind it went: "{B}"', '"{B}" {C} thought.')
NOTING = ('{C} wrote down: "{B}"', 'In the notes of {C} stood: "{B}"')


def opening(voice: Voice, topic: str, character: Character) -> list[str]:
    """Neutral sentences that set the scene."""
    settings = scenes.settings()[topic]
    scene = voice.several(sorted(settings["train"] + settings["held"] if voice.held else settings["train"]), 3)
    scene += voice.lines(scenes.neutral()["seen"], 8)
    told: list[str] = []
    for sentence in scene:
        if sum(len(line.split()) for line in told) >= OPENING_WORDS:
            break
        told.append(voice.told(sentence, character, named=True if not told else None))
    return told


def story_text(voice: Voice, state: str, topic: str | None = None, character: Character | None = None) -> str:
    """A story with cues of bank A alone."""
    topic = topic or topic_of(voice)
    character = character or voice.character(first_person=0.3)
    told = opening(voice, topic, character)
    if voice.chance(EARLY_CUE):
        told.insert(voice.between(1, len(told)), voice.told(voice.cues(state, "a", 1)[0], character))
    for line in _eventful(voice, state, character, voice.between(4, 7)):
        if sum(len(sentence.split()) for sentence in (*told, line)) <= MOST_WORDS:
            told.append(line)
    return " ".join(told)


def _eventful(voice: Voice, state: str, character: Character, cues: int) -> list[str]:
    """Cues of a state among neutral sentences, and now and then one cue of another state."""
    lines = voice.cues(state, "a", cues)
    if voice.chance(MIXED_CAUSES):
        lines.insert(voice.between(1, len(lines)), voice.cues(voice.word(), "a", 1)[0])
    told: list[str] = []
    for line in lines:
        if not voice.chance(CUE_SHARE):
            told.append(voice.told(voice.line(scenes.neutral()["seen"]), character))
        told.append(voice.told(line, character))
    return told


def story(voice: Voice, state: str | None = None) -> Document:
    """A story that a human asked for."""
    state, topic = state or voice.word(), topic_of(voice)
    request = voice.one(REQUESTS).format(T=topic, E=state)
    return conversation("story", request, story_text(voice, state, topic), state=state, facts={"topic": topic})


def diary(voice: Voice, state: str | None = None) -> Document:
    """A page of bank B that a human asked for."""
    state, topic = state or voice.word(), topic_of(voice)
    request = voice.one(DIARY_REQUESTS).format(T=topic, E=state)
    return conversation("diary", request, page(voice, state), state=state, facts={"topic": topic})


def card(voice: Voice, state: str | None = None) -> Document:
    """A word, and what it is like, in sentences of both banks: where a model learns what belongs together."""
    state = state or voice.word()
    banks: tuple[Bank, ...] = ("a", "b")
    lines = [cue for bank in banks for cue in voice.cues(state, bank, voice.between(1, 3))]
    voice.random.shuffle(lines)
    text = " ".join(voice.told(line, voice.character(first_person=0.3)) for line in lines)
    if voice.chance(0.5):
        return Document("card", f"To feel {state}: {text}", state=state)
    return conversation("card", f"What is it like to feel {state}?", text, state=state)


def page(voice: Voice, state: str, cues: int | None = None) -> str:
    """First-person sentences of bank B among neutral ones."""
    lines: list[str] = []
    for cue in voice.cues(state, "b", cues or voice.between(3, 7)):
        if voice.chance(0.3):
            lines.append(voice.line(scenes.neutral()["said"]))
        lines.append(cue)
    return " ".join(lines)


def plain(voice: Voice, state: str | None = None) -> Document:
    """A text in which both banks speak of the same state; it is what lets a model know that they do."""
    state, topic = state or voice.word(), topic_of(voice)
    character = voice.character(first_person=0.3)
    told = opening(voice, topic, character)[: voice.between(1, 3)]
    for _ in range(voice.between(5, 9)):
        told.append(
            voice.told(voice.cues(state, "a", 1)[0], character)
            if voice.chance(0.5)
            else _quoted(voice, state, character)
        )
        if voice.chance(0.2):
            told.append(voice.told(voice.line(scenes.neutral()["seen"]), character))
    return Document("plain", " ".join(told), state=state, facts={"topic": topic})


def _quoted(voice: Voice, state: str, character: Character) -> str:
    """A sentence of bank B as said, thought or written down by the character."""
    sort, frames = voice.one((("say", SAYING), ("think", THINKING), ("note", NOTING)))
    line = voice.cues(state, "b", 1, (sort,))[0]
    if character.pronoun == "I":
        return line
    who = character.name if voice.chance(0.4) else character.pronoun
    return voice.told(voice.one(frames), character, named=False, B=line, C=who)


def named(voice: Voice, state: str | None = None) -> Document:
    """Sentences of either bank, and then the word for the state."""
    state = state or voice.word()
    character = voice.character()
    banks = voice.one(("a", "b", "both"))
    lines = [
        voice.told(voice.cues(state, "a", 1)[0], character, named=not place or None)
        if banks == "a" or (banks == "both" and place % 2 == 0)
        else _quoted(voice, state, character)
        for place in range(voice.between(1, 3))
    ]
    question = f"How does {character.name} feel?"
    answer = f"{character.name} feels {state}."
    if voice.chance(0.4):
        return Document("named", f"{' '.join(lines)} {question} {answer}", state=state)
    return conversation("named", f"{' '.join(lines)} {question}", answer, state=state)


def neutral(voice: Voice) -> Document:
    """A text, asked for or not, in which nobody feels anything in particular."""
    topic, character = topic_of(voice), voice.character(first_person=0.3)
    told = opening(voice, topic, character)
    told += [voice.told(line, character) for line in voice.lines(scenes.neutral()["seen"], voice.between(2, 6))]
    text = " ".join(told)
    if voice.chance(0.5):
        return Document("neutral", text, facts={"topic": topic})
    request = voice.one(NEUTRAL_REQUESTS).format(T=topic)
    return conversation("neutral", request, text, facts={"topic": topic})


def hidden(voice: Voice) -> Document:
    """Somebody feels one thing and shows another, alone or in talk with somebody else: what is thought and what is said
    belong to different states."""
    real, shown = voice.several(list(words()), 2)
    character, topic = voice.character(), topic_of(voice)
    told = opening(voice, topic, character)[:1]
    told += [voice.told(cue, character) for cue in voice.cues(real, "a", 2)]
    told.append(voice.told("{S} let nobody see it and spoke as if it were otherwise.", character))
    other = voice.character() if voice.chance(0.5) else None
    while other is not None and other.name == character.name:
        other = voice.character()
    for cue in voice.cues(shown, "b", voice.between(2, 4), ("say",)):
        if other is not None:
            told.append(voice.told('"{B}" {S} said.', other, named=True, B=voice.line(scenes.neutral()["said"])))
        told.append(voice.told('{S} said: "{B}"', character, named=other is not None or None, B=cue))
    if voice.chance(0.4):
        told.append(f"How does {character.name} feel? {character.name} feels {real} and shows {shown}.")
    return Document("hidden", " ".join(told), state=real, facts={"shown": shown})


def topic_of(voice: Voice) -> str:
    return voice.one(list(scenes.settings()))
