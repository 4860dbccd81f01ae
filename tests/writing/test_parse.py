"""Texts come back out of a reply whole, apart from each other, and without what the writer says around them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectlab.writing.parse import dialogue, scene, stories

KETTLE = (
    "Mira carried the kettle to the window and set it down twice before she filled it. The lid would not close, and "
    "she counted the drops that fell beside the cup until the light in the yard went out."
)
LADDER = (
    "I took the ladder back at noon. The neighbour had painted the door, and the smell of it followed me down the "
    "steps and past the two bicycles that had stood against the wall all winter."
)
FERRY = (
    "At six the ferry left without its lights. Otto walked the deck from end to end, and nobody asked him for his "
    "ticket or his name, and the gulls kept to the other side of the funnel."
)
THREE = [KETTLE, LADDER, FERRY]

# Any list of paragraphs, written in any style, comes back.

WORDS = (
    "the ladder kettle window of garden opened walked slowly her his I back under nobody three winter and then said "
    "door letter carried green before towards quiet bus Otto Mira stood again"
).split()
TRAPS = (
    "1. 2. 3) I. II. 2: Story Person: AI: --- *** **once** *never* _soft_ 10:30 3.5 - * # [2] (and (2) so) sure here"
).split()
"""What looks like a mark, but stands within a paragraph."""


def paragraph(seed: int, words: Sequence[str]) -> str:
    """A paragraph of more than twelve words; drawn from a seed, for drawing every word takes seconds."""
    random = Random(seed)
    told = " ".join(
        random.choice(words) + random.choice(["", "", "", ".", ",", "?", '."']) for _ in range(random.randint(12, 50))
    )
    return f"{random.choice(['She', 'He', 'I', 'Mira'])} walked {told} home{random.choice('.!?…')}"


PARAGRAPHS = st.integers(0, 10**6).map(lambda seed: paragraph(seed, WORDS + TRAPS))
PLAIN = st.integers(0, 10**6).map(lambda seed: paragraph(seed, WORDS))

ROMAN = "I II III IV V VI VII VIII IX X".split()
COUNTED = "One Two Three Four Five Six Seven Eight Nine Ten".split()
ORDERED = "First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth".split()
TITLES = ("The Kettle", "Noon", "What Mira Saw", "A Ladder, Borrowed", "Before the Ferry", "Salt")

Style = Callable[[int, str], str]
"""What is written for a text of a number (from 0) with a title."""

MARKED: dict[str, Style] = {
    "1. text": lambda n, title: f"{n + 1}. ",
    "1) text": lambda n, title: f"{n + 1}) ",
    "(1) text": lambda n, title: f"({n + 1}) ",
    "[1] text": lambda n, title: f"[{n + 1}] ",
    "1: text": lambda n, title: f"{n + 1}: ",
    "1 - text": lambda n, title: f"{n + 1} - ",
    "1\\. text": lambda n, title: f"{n + 1}\\. ",
    "#1: text": lambda n, title: f"#{n + 1}: ",
    "**1.** text": lambda n, title: f"**{n + 1}.** ",
    "**1**. text": lambda n, title: f"**{n + 1}**. ",
    "1": lambda n, title: f"{n + 1}\n",
    "**1**": lambda n, title: f"**{n + 1}**\n\n",
    "### 1": lambda n, title: f"### {n + 1}\n",
    "### 1.": lambda n, title: f"### {n + 1}.\n\n",
    "keycap": lambda n, title: f"{n + 1}\ufe0f\u20e3 ",
    "Story 1: text": lambda n, title: f"Story {n + 1}: ",
    "Story 1": lambda n, title: f"Story {n + 1}\n\n",
    "[Story 1]": lambda n, title: f"[Story {n + 1}]\n",
    "**Story 1**": lambda n, title: f"**Story {n + 1}**\n",
    "**Story 1:** text": lambda n, title: f"**Story {n + 1}:** ",
    "**Story 1**: text": lambda n, title: f"**Story {n + 1}**: ",
    "*Story 1*": lambda n, title: f"*Story {n + 1}*\n\n",
    "## Story 1": lambda n, title: f"## Story {n + 1}\n\n",
    "### **Story #1**": lambda n, title: f"### **Story #{n + 1}**\n",
    "STORY 1": lambda n, title: f"STORY {n + 1}\n",
    "Story 1 of 9": lambda n, title: f"Story {n + 1} of 9\n",
    "Story 1/9:": lambda n, title: f"Story {n + 1}/9: ",
    "Text No. 1:": lambda n, title: f"Text No. {n + 1}:\n",
    "Story One": lambda n, title: f"Story {COUNTED[n]}\n",
    "First story:": lambda n, title: f"{ORDERED[n]} story: ",
    "**The First Story**": lambda n, title: f"**The {ORDERED[n]} Story**\n\n",
    "I.": lambda n, title: f"{ROMAN[n]}.\n",
    "I. text": lambda n, title: f"{ROMAN[n]}. ",
    "ii) text": lambda n, title: f"{ROMAN[n].lower()}) ",
    "**II**": lambda n, title: f"**{ROMAN[n]}**\n\n",
    "Story II:": lambda n, title: f"Story {ROMAN[n]}: ",
    "1. Title": lambda n, title: f"{n + 1}. {title}\n\n",
    "1. **Title** text": lambda n, title: f"{n + 1}. **{title.replace(',', '')}** ",
    "1. **Title**": lambda n, title: f"{n + 1}. **{title}**\n",
    "**1. Title**": lambda n, title: f"**{n + 1}. {title}**\n",
    "**1. Title:** text": lambda n, title: f"**{n + 1}. {title.replace(',', '')}:** ",
    "### 1. Title": lambda n, title: f"### {n + 1}. {title}\n\n",
    "### 1 Title": lambda n, title: f"### {n + 1} {title}\n",
    "### Story 1: Title": lambda n, title: f"### Story {n + 1}: {title}\n",
    "**Story 1: Title**": lambda n, title: f"**Story {n + 1}: {title}**\n\n",
    'Story 1: "Title"': lambda n, title: f'Story {n + 1}: "{title}"\n',
    "### 1, title below": lambda n, title: f"### {n + 1}\n**{title}**\n",
    "1. Story 1: text": lambda n, title: f"{n + 1}. Story {n + 1}: ",
}
UNMARKED: dict[str, Style] = {
    "nothing": lambda n, title: "",
    "- text": lambda n, title: "- ",
    "• text": lambda n, title: "• ",
    "Title": lambda n, title: f"{title}\n\n",
    "**Title**": lambda n, title: f"**{title}**\n",
    "## Title": lambda n, title: f"## {title}\n\n",
    "Title: ...": lambda n, title: f"Title: {title}\n",
    "1. for all": lambda n, title: "1. ",
    "<story>": lambda n, title: "<story>\n",
}
BETWEEN = (
    "\n\n",
    "\n\n\n",
    "\n---\n",
    "\n\n---\n\n",
    "\n\n***\n\n",
    "\n* * *\n",
    "\n\n(152 words)\n\n",
    "\n\n\n===\n\n",
)
PREAMBLES = (
    "",
    "Sure! Here are the stories you asked for:\n\n",
    "Here are 6 short stories about a kettle:\n",
    "Certainly!\n\n",
    "Okay, here's a set of stories, each with its own cause.\n\n---\n\n",
    "# Stories about a kettle\n\n",
    "**Six short stories about a kettle:**\n\n",
    "<think>1. I should plan. Story 1: no.</think>\n\n",
    "Of course. Below are the texts:\n\n",
)
CLOSINGS = (
    "",
    "\n\nLet me know if you would like any changes!",
    "\n\n---\n\nI hope these stories are useful.",
    "\n\n*Each story shows the feeling without naming it.*",
    "\n\n(150 words)",
    "\n\nThe end.\n",
    "\n\nFeel free to ask for more.",
    "\n\n---\n",
)


def written(texts: Sequence[str], style: Style, between: str) -> str:
    return between.join(style(n, TITLES[n % len(TITLES)]) + text for n, text in enumerate(texts))


@settings(deadline=None)
@given(
    st.lists(PARAGRAPHS, min_size=2, max_size=8),
    st.sampled_from(sorted(MARKED)),
    st.sampled_from(BETWEEN),
    st.sampled_from(PREAMBLES),
    st.sampled_from(CLOSINGS),
    st.integers(0, 3),
    st.booleans(),
)
def test_marked_texts_come_back_however_many_were_asked_for(
    texts: list[str], style: str, between: str, preamble: str, closing: str, missing: int, wrapped: bool
) -> None:
    if wrapped:
        texts = [textwrap.fill(text, 70) for text in texts]
    reply = preamble + written(texts, MARKED[style], between) + closing
    if missing and wrapped:
        # A line that looks like the next number is told from a mark by the count alone.
        missing = 0
    assert stories(reply, len(texts) + missing) == texts


@settings(deadline=None)
@given(
    st.lists(PARAGRAPHS, min_size=2, max_size=8),
    st.sampled_from(sorted(UNMARKED)),
    st.sampled_from(BETWEEN),
    st.sampled_from(PREAMBLES),
    st.sampled_from(CLOSINGS),
    st.booleans(),
)
def test_texts_without_marks_come_back(
    texts: list[str], style: str, between: str, preamble: str, closing: str, wrapped: bool
) -> None:
    if wrapped:
        texts = [textwrap.fill(text, 70) for text in texts]
    reply = preamble + written(texts, UNMARKED[style], between) + closing
    assert stories(reply, len(texts)) == texts


@settings(deadline=None)
@given(st.lists(PLAIN, min_size=2, max_size=8), st.sampled_from(sorted(MARKED)))
def test_marks_on_lines_without_blank_ones_are_enough(texts: list[str], style: str) -> None:
    assert stories(written(texts, MARKED[style], "\n"), len(texts)) == texts


@settings(deadline=None)
@given(
    st.lists(st.lists(PARAGRAPHS, min_size=1, max_size=3).map("\n\n".join), min_size=2, max_size=6),
    st.sampled_from(sorted(set(MARKED) - {"1. **Title** text"})),
    st.sampled_from(BETWEEN),
)
def test_marked_texts_may_have_several_paragraphs(texts: list[str], style: str, between: str) -> None:
    assert stories(written(texts, MARKED[style], between), len(texts)) == texts


@settings(deadline=None)
@given(
    st.lists(PARAGRAPHS, min_size=2, max_size=6),
    st.sampled_from(sorted(MARKED | UNMARKED)),
    st.sampled_from(BETWEEN),
    st.data(),
)
def test_of_a_reply_that_was_cut_all_but_the_last_text_come_back(
    texts: list[str], style: str, between: str, data: st.DataObject
) -> None:
    *whole, last = texts
    kept = data.draw(st.integers(1, len(last) - 1))
    reply = written([*whole, last[:kept]], (MARKED | UNMARKED)[style], between)
    assert stories(reply, len(texts), cut=True) == whole


@settings(deadline=None)
@given(
    st.lists(PARAGRAPHS, min_size=1, max_size=4).map("\n\n".join),
    st.sampled_from(sorted(set(MARKED) | {"nothing", "**Title**", "## Title", "Title"})),
    st.sampled_from(PREAMBLES),
    st.sampled_from(CLOSINGS),
)
def test_the_only_text_comes_back_whole(text: str, style: str, preamble: str, closing: str) -> None:
    reply = preamble + written([text], (MARKED | UNMARKED)[style], "") + closing
    assert stories(reply, 1) == [text]
    assert stories(reply, 1, cut=True) == []


@settings(deadline=None)
@given(st.lists(PARAGRAPHS, min_size=1, max_size=9), st.integers(2, 9))
def test_paragraphs_are_neither_split_nor_glued(texts: list[str], count: int) -> None:
    found = stories("\n\n".join(texts), count)
    assert found == (texts if len(texts) <= count else [])


LINES = [
    *("1. ", "2) ", "**Story 1**", "Story 2:", "### 3", "---", "***", "II.", "I. ", "- ", "**Title**", "Sure!", "```"),
    *(
        "Let me know if you like them.",
        "",
        "",
        "",
        "\t",
        "Noon",
        "The end.",
        "<think>",
        "</think>",
        "[1]",
        "# 6 stories",
    ),
    *(
        "She went home.",
        "He said: “No.”",
        "1999. That was the year.",
        "Person: Hello.",
        "AI:",
        "**AI**: *Hello*",
        "\x00",
    ),
]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(["", *WORDS, *THREE]))), st.integers(1, 7), st.booleans()
)
def test_whatever_is_replied_texts_are_whole_lines_in_their_order(
    lines: list[tuple[str, str]], count: int, cut: bool
) -> None:
    reply = "\n".join(mark + text for mark, text in lines)
    found = stories(reply, count, cut=cut)
    assert len(found) <= count
    given_lines = iter(reply.replace("</think>", " ").split("\n"))
    for text in found:
        assert text == text.strip() != ""
        for line in filter(None, text.split("\n")):
            assert any(f" {given_line.strip()}".endswith(f" {line.strip()}") for given_line in given_lines), line
    for turn in dialogue(reply, cut=cut):
        assert turn["content"].strip()


# Replies as they are.

NASTY = {
    "numbers, blank lines": f"1. {KETTLE}\n\n2. {LADDER}\n\n3. {FERRY}",
    "no blank lines": f"1. {KETTLE}\n2. {LADDER}\n3. {FERRY}",
    "some blank lines": f"1. {KETTLE}\n2. {LADDER}\n\n3. {FERRY}",
    "every number is one": f"1. {KETTLE}\n\n1. {LADDER}\n\n1. {FERRY}",
    "every number is one, no blank lines": f"1. {KETTLE}\n1. {LADDER}\n1. {FERRY}",
    "a number is left out": f"1. {KETTLE}\n\n2. {LADDER}\n\n4. {FERRY}",
    "a mark is left out": f"1. {KETTLE}\n\n{LADDER}\n\n3. {FERRY}",
    "only the first is marked": f"1. {KETTLE}\n\n{LADDER}\n\n{FERRY}",
    "the first is not marked": f"{KETTLE}\n\n2. {LADDER}\n\n3. {FERRY}",
    "several styles": f"**Story 1**\n{KETTLE}\n\nStory 2: {LADDER}\n\n### Story Three\n\n{FERRY}",
    "points and brackets": f"1. {KETTLE}\n\n2) {LADDER}\n\n(3) {FERRY}",
    "in a fence": f"Here you go:\n\n```markdown\n### 1\n{KETTLE}\n\n### 2\n{LADDER}\n\n### 3\n{FERRY}\n```",
    "after thoughts": f"<think>\n1. Plan.\n2. Write.\n</think>\n\n1. {KETTLE}\n\n2. {LADDER}\n\n3. {FERRY}",
    "after thoughts whose beginning was in the prompt": f"1. Plan.\n</think>\n{KETTLE}\n\n{LADDER}\n\n{FERRY}",
    "tags": f"<story>\n{KETTLE}\n</story>\n<story>\n{LADDER}\n</story>\n<story>\n{FERRY}\n</story>",
    "numbered tags": f"<story 1>\n{KETTLE}\n</story>\n<story 2>\n{LADDER}\n</story>\n<story 3>\n{FERRY}\n</story>",
    "a number of stories in a heading": f"# 3 Stories\n\n### 1\n{KETTLE}\n\n### 2\n{LADDER}\n\n### 3\n{FERRY}",
    "titles under a heading": f"# Three Stories\n\n## Tea\n{KETTLE}\n\n## Noon\n{LADDER}\n\n## Out\n{FERRY}",
    "carriage returns": f"1. {KETTLE}\r\n\r\n2. {LADDER}\r\n\r\n3. {FERRY}\r\n",
    "lines alone": f"{KETTLE}\n{LADDER}\n{FERRY}",
    "old line ends": f"1. {KETTLE}\r2. {LADDER}\r3. {FERRY}\r",
    "titles above marks": f"**Tea**\n1. {KETTLE}\n\n**Noon**\n2. {LADDER}\n\n**Out**\n3. {FERRY}",
    "counts of words without brackets": f"1. {KETTLE}\nWord count: 38\n\n2. {LADDER}\n\n3. {FERRY}\n\n38 words",
    "titles without blank lines": f"**Tea**\n{KETTLE}\n**Noon**\n{LADDER}\n**Out**\n{FERRY}",
    "plain titles without blank lines": f"Tea\n{KETTLE}\nNoon\n{LADDER}\nOut\n{FERRY}",
    "bullets without blank lines": f"- {KETTLE}\n- {LADDER}\n- {FERRY}",
    "who tells in brackets": f"### 1 (first person)\n{KETTLE}\n\n### 2\n(third person)\n{LADDER}\n\n### 3\n\n{FERRY}",
    "counts of words": f"{KETTLE}\n\n**Word count: 38**\n\n{LADDER}\n\n*(41 words)*\n\n{FERRY}\n\n[~40 words]",
    "quoted": f"> 1. {KETTLE}\n\n> 2. {LADDER}\n\n> 3. {FERRY}",
    "one too many": f"1. {KETTLE}\n\n2. {LADDER}\n\n3. {FERRY}\n\n4. {KETTLE}",
    "written twice": f"1. {KETTLE}\n\n2. {LADDER}\n\n3. {FERRY}\n\n1. {FERRY}\n\n2. {FERRY}\n\n3. {FERRY}",
    "an empty last number": f"1. {KETTLE}\n\n2. {LADDER}\n\n3. {FERRY}\n\n4.",
    "a long preamble": "Certainly! I have written three stories, and each has a cause of its own, as you asked. I took "
    f"care that the people in them are unlike each other:\n\n1. {KETTLE}\n\n2. {LADDER}\n\n3. {FERRY}",
    "a preamble and separators": f"Sure, here they are.\n\n---\n\n{KETTLE}\n\n---\n\n{LADDER}\n\n---\n\n{FERRY}\n\n---",
}


@pytest.mark.parametrize("name", sorted(NASTY))
def test_a_nasty_reply_gives_its_three_texts(name: str) -> None:
    assert stories(NASTY[name], 3) == THREE


@pytest.mark.parametrize("between", ["\n", "\n- ", "\n**Tea**\n", "\n\n", "\n---\n"])
def test_fewer_texts_than_asked_for_are_not_glued(between: str) -> None:
    reply = f"{between}{between.join(THREE)}"
    assert stories(reply, 6) == THREE
    assert stories(f"{reply}{between}He was just", 6, cut=True) == THREE


def test_a_list_within_a_text_stays_in_it() -> None:
    listed = f"{KETTLE} On the wall hung a list:\n1. flour\n2. eggs\n3. milk"
    assert stories(f"Story 1: {listed}\n\nStory 2: {LADDER}\n\nStory 3: {FERRY}", 3) == [listed, LADDER, FERRY]
    assert stories(f"{listed}\n\n{LADDER}\n\n{FERRY}", 3) == [listed, LADDER, FERRY]
    assert stories("1. Take the lid off.\n2. Pour.", 1) == ["1. Take the lid off.\n2. Pour."]


WHOLE = {
    "a line like the number after the last": (
        f"1. {KETTLE}\n\n2. He counted.\n3. That was all.",
        2,
        [KETTLE, "He counted.\n3. That was all."],
    ),
    "a line like a number in the midst of a sentence": (
        f"1. {KETTLE}\n2. He counted to\n3. Then he left.",
        3,
        [KETTLE, "He counted to\n3. Then he left."],
    ),
    "a paragraph like a number": (
        f"1. {KETTLE}\n\n212. That was on the door.\n\n2. {FERRY}",
        2,
        [f"{KETTLE}\n\n212. That was on the door.", FERRY],
    ),
    "a list in a text, where texts are marked": (
        f"Story 1: She read out the list.\n\n1. flour\n\n2. eggs\n\nStory 2: {FERRY}",
        3,
        ["She read out the list.\n\n1. flour\n\n2. eggs", FERRY],
    ),
    "a list in a text, where texts are not marked": (
        f"{KETTLE} {LADDER}\n\n1. flour\n\n2. eggs\n\n{LADDER}\n\n{FERRY}",
        3,
        [],
    ),
    "two paragraphs each, and a text too few": (
        f"1. {KETTLE}\n\n{LADDER}\n\n2. {FERRY}\n\n{LADDER}",
        3,
        [f"{KETTLE}\n\n{LADDER}", f"{FERRY}\n\n{LADDER}"],
    ),
    "two lines each, under titles": (
        f"**Tea**\n{KETTLE}\n{LADDER}\n**Out**\n{FERRY}\n{LADDER}",
        2,
        [f"{KETTLE}\n{LADDER}", f"{FERRY}\n{LADDER}"],
    ),
    "two paragraphs each, between separators": (
        f"{KETTLE}\n\n{LADDER}\n\n---\n\n{FERRY}\n\n{LADDER}",
        2,
        [f"{KETTLE}\n\n{LADDER}", f"{FERRY}\n\n{LADDER}"],
    ),
}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_texts_are_neither_divided_within_nor_run_together(name: str) -> None:
    reply, count, texts = WHOLE[name]
    assert stories(reply, count) == texts


@pytest.mark.parametrize(
    "rest", ["", "\n\n3.", "\n\n### 3\n\nI", "\n\n[3]", "\n\n**Story 3", "\n\n3. He was just about to", "\n\n**3. No"]
)
def test_a_cut_takes_the_last_text_and_no_other(rest: str) -> None:
    reply = f"1. {KETTLE}\n\n2. {LADDER}{rest}"
    assert stories(reply, 3, cut=True) == ([KETTLE, LADDER] if rest else [KETTLE])


def test_the_word_i_alone_at_a_cut_is_no_number() -> None:
    assert stories("## Noon\n\nShe walked home.\n\n## Salt\n\nI", 2, cut=True) == ["She walked home."]


def test_a_break_within_a_marked_text_stays_in_it() -> None:
    broken = f"{KETTLE}\n\n***\n\n{LADDER}"
    assert stories(f"1. {broken}\n\n2. {FERRY}", 2) == [broken, FERRY]


def test_emphasis_within_a_text_is_kept() -> None:
    text = "*No*, she said, **not** that one; and __he__ went to _the other_ shelf, where it was **dark.**"
    assert stories(f"**1. Shelves**\n{text}\n\n**2.** {text}", 2) == [text, text]
    assert stories(text, 1) == [text]


@pytest.mark.parametrize(
    "text",
    [
        f"1987. That was the number on the gate. {KETTLE}",
        f"Sure, said Mira, the story of the kettle is one I know. {KETTLE}",
        f"Here is where the path ended. {KETTLE}",
        f"The note on the door said:\n\n{KETTLE}",
        f"212. That was the number on the gate. {KETTLE}",
        f"She said\nNo more\nand left. {KETTLE}",
        f"**She walked to the gate and past it, and did not turn round at the bridge**\n\n{KETTLE}",
        f"{KETTLE}\n\nThese stories were the only ones that my aunt would tell. {LADDER}",
        f"Sure! Here is the story that my aunt told: {LADDER}\n\n{KETTLE}",
        f"{KETTLE}\n\nI hope you come on Sunday.",
        f"{KETTLE}\n\n“Let me know if you find the lid,” she said.",
    ],
)
def test_what_only_begins_like_a_remark_is_kept(text: str) -> None:
    assert stories(text, 1) == [text]


@pytest.mark.parametrize(
    "reply", ["", "  \n ", "<think>1. A plan", "Sure! Here are three stories:", "---", "### 1", "**Noon**"]
)
@pytest.mark.parametrize("count", [1, 3])
def test_a_reply_without_a_text_gives_none(reply: str, count: int) -> None:
    assert stories(reply, count) == []


def test_more_paragraphs_than_texts_without_any_mark_are_unusable() -> None:
    assert stories("\n\n".join(THREE), 2) == []


# Conversations.

TURNS = st.lists(st.lists(PLAIN, min_size=1, max_size=2).map("\n\n".join), min_size=2, max_size=12).map(
    lambda said: [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]
)
LABELS = {
    "asked for": ("Person", "AI"),
    "Human": ("Human", "Assistant"),
    "User": ("User", "AI"),
    "lower case": ("person", "ai"),
    "capitals": ("PERSON", "AI"),
    "letters": ("A", "B"),
    "speakers": ("Speaker A", "Speaker B"),
}
SAYING = {
    "colon": "{who}: {said}",
    "bold": "**{who}:** {said}",
    "colon outside bold": "**{who}**: {said}",
    "own line": "{who}:\n{said}",
    "bold line": "**{who}**\n\n{said}",
    "heading": "### {who}\n{said}",
    "brackets": "[{who}]: {said}",
    "italic": "*{who}:* {said}",
    "directed": "{who} (turning the page): {said}",
    "bullet": "- {who}: {said}",
    "numbered": "1. {who}: {said}",
    "counted": "{who} 1: {said}",
}


@settings(deadline=None)
@given(
    TURNS,
    st.sampled_from(sorted(LABELS)),
    st.sampled_from(sorted(SAYING)),
    st.sampled_from(["\n\n", "\n", "\n\n---\n\n", "\n\n**Exchange 2**\n\n"]),
    st.sampled_from(["", "Sure! Here is the conversation:\n\n", "**Dialogue**\n\n---\n"]),
    st.sampled_from(["", "\n\n[End of dialogue]", "\n\n---\n\nLet me know if you want another dialogue!"]),
)
def test_turns_come_back(
    turns: list[dict[str, str]], labels: str, saying: str, between: str, preamble: str, closing: str
) -> None:
    names = dict(zip(("user", "assistant"), LABELS[labels], strict=True))
    said = (SAYING[saying].format(who=names[turn["role"]], said=turn["content"]) for turn in turns)
    assert dialogue(preamble + between.join(said) + closing) == turns


@settings(deadline=None)
@given(TURNS, st.data())
def test_of_a_conversation_that_was_cut_all_but_the_last_turn_come_back(
    turns: list[dict[str, str]], data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, len(turns[-1]["content"]) - 1))
    said = [f"{'Person' if turn['role'] == 'user' else 'AI'}: {turn['content']}" for turn in turns]
    reply = "\n\n".join([*said[:-1], said[-1][: len(said[-1]) - len(turns[-1]["content"]) + kept]])
    assert dialogue(reply, cut=True) == (turns[:-1] if len(turns) > 2 else [])


def contents(turns: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in turns]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Person: Hi.\nAI: Hello.", ["Hi.", "Hello."]),
        ("Person: Hi.\n\nGood to see you.\nAI: Hello.\n", ["Hi.\n\nGood to see you.", "Hello."]),
        ("**Person: Hi.**\n\n**AI: Hello.**", ["Hi.", "Hello."]),
        ('Person: "Hi."\nAI: "Hello."', ["Hi.", "Hello."]),
        ('Person: "Hi."\nAI: "Hello" is what they say.', ['"Hi."', '"Hello" is what they say.']),
        ("Person: Hi.\nPerson: It rains.\nAI: Hello.", ["Hi.\n\nIt rains.", "Hello."]),
        ("Person: Hi.\nAssistant: Hello.\nPerson: And?\nAI: Rain.", ["Hi.", "Hello.", "And?", "Rain."]),
        (
            "Person: The file?\nAI: It reads\nUser: admin\nIt ends there.",
            ["The file?", "It reads\nUser: admin\nIt ends there."],
        ),
        ("Person: Code.\nAI: Here:\n```\nAI: 1\nPerson: 2\n```", ["Code.", "Here:\n```\nAI: 1\nPerson: 2\n```"]),
        ("```\nPerson: Hi.\nAI: Hello.\n```", ["Hi.", "Hello."]),
        ("Sure:\n\n```text\nPerson: Hi.\nAI: Hello.\n```", ["Hi.", "Hello."]),
        ("Person: Hi.\nAI: Let me know if you see it.", ["Hi.", "Let me know if you see it."]),
        ("Person: Hi.\nAI: Up there.\nLet me know if you see it.", ["Hi.", "Up there.\nLet me know if you see it."]),
        ("Person: Hi.\nAI: Hello.\nPerson:", ["Hi.", "Hello."]),
        ("Person: How long?\nAI: 120 words.", ["How long?", "120 words."]),
        ("Person: Hi.\nAI: Hello.\n\n(120 words)", ["Hi.", "Hello."]),
        ("<think>Person: x\nAI: y</think>Person: Hi.\nAI: Hello.", ["Hi.", "Hello."]),
        ("Person（旁白）: Hi.\nAI：Hello.", None),
        ("AI: Hello.\nPerson: Hi.", None),
        ("Person: Hi.", None),
        ("Person: Hi.\nAI:\nPerson: Well?\nAI: Yes.", None),
        ("I cannot write this.", None),
        ("", None),
    ],
)
def test_a_conversation_is_read_or_is_unusable(reply: str, expected: list[str] | None) -> None:
    found = dialogue(reply)
    assert [turn["content"] for turn in found] == (expected or [])
    assert [turn["role"] for turn in found] == ["user", "assistant"] * (len(expected or []) // 2)


def test_other_names_can_be_given() -> None:
    reply = "Ana: Hi.\nBo: Hello.\nAna: Rain?\nBo: AI: that is what I read."
    assert contents(dialogue(reply, ("Ana", "Bo"))) == [
        ("user", "Hi."),
        ("assistant", "Hello."),
        ("user", "Rain?"),
        ("assistant", "AI: that is what I read."),
    ]
    assert dialogue(reply) == []


def test_a_system_prompt_comes_first_or_is_text() -> None:
    found = dialogue("System: Answer in short.\n\nPerson: How hot?\nAI: The display says\nSystem: 93 degrees.")
    assert contents(found) == [
        ("system", "Answer in short."),
        ("user", "How hot?"),
        ("assistant", "The display says\nSystem: 93 degrees."),
    ]


@pytest.mark.parametrize(
    "before",
    [
        "Scenario: The AI feels sad. Nobody may know.\n\n",
        "**Scenario:** The AI feels sad. Nobody may know.\n\n---\n\n",
        "### Scenario\n\nThe AI feels sad. Nobody may know.\n\n### Conversation\n\n",
        "Sure! Here is the scene:\n\nScenario: The AI feels sad. Nobody may know.\n\n**Dialogue:**\n",
        "The AI feels sad. Nobody may know.\n\n",
        "**Scenario**: The AI feels sad. Nobody may know.\n\nConversation:\n",
    ],
)
def test_a_scenario_stands_before_its_conversation(before: str) -> None:
    found = scene(f"{before}Person: Hi.\nAI: What a day!")
    assert found.scenario == "The AI feels sad. Nobody may know."
    assert contents(found.turns) == [("user", "Hi."), ("assistant", "What a day!")]


@pytest.mark.parametrize(
    "reply", ["Person: Hi.\nAI: Hello.", "Sure! Here is the scene:\n\nPerson: Hi.\nAI: Hello.", "Scenario: Rain."]
)
def test_without_a_scenario_or_a_conversation_there_is_no_scene(reply: str) -> None:
    assert scene(reply).turns == []
