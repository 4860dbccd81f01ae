"""Rows end where the model chooses, which is proved; spans are an activity's own tokens; designs are balanced."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from affectlab.core import Bools
from affectlab.errors import InputError
from affectlab.lexicon.items.activities import Opener, general_preferences
from affectlab.models.chat import encode_chat
from affectlab.models.fake import FakeTokenizer
from affectlab.preference.questions import (
    Frame,
    Question,
    Questions,
    asked_about,
    design,
    halves,
    listed,
    part,
    prove_boundary,
)
from tests.models.templates import CASES, tokenizer_of, user
from tests.preference.planted import Planted, items

OPENERS = (Opener("I take (", ("A", "B")), Opener("I take option", (" A", " B")))
ASKED = ["Which? (A) sing. (B) dance."]


class Merging(FakeTokenizer):
    """A tokenizer that writes some letters together as one token."""

    def __init__(self, *merged: str, template: str | None = None) -> None:
        super().__init__(4096)
        self.merged, self.template = merged, template

    def encode_marked(self, text: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
        parts = "|".join([*map(re.escape, self.merged), r"\w+", r"[^\w\s]"])
        found = list(re.finditer(parts, text))
        return tuple(self._id(match[0]) for match in found), tuple(match.span() for match in found)


def test_a_boundary_is_proved_where_the_letter_is_a_token_of_its_own() -> None:
    tokenizer = Merging()
    found = prove_boundary(tokenizer, ASKED, OPENERS, "here")
    assert tokenizer.decode(found.begun) == "I take ("
    assert tokenizer.pieces(found.options) == ("A", "B")
    assert found.opener == OPENERS[0]


@pytest.mark.parametrize("merged", [("(A",), ("(B",), ("A)",), ("B)",), ("take (A",)])
def test_where_the_letter_is_merged_with_its_neighbour_another_opener_is_taken(merged: tuple[str, ...]) -> None:
    tokenizer = Merging(*merged)
    if merged[0].endswith(")"):
        with pytest.raises(InputError, match=re.escape(merged[0])):
            prove_boundary(tokenizer, ASKED, OPENERS, "here")
        return
    found = prove_boundary(tokenizer, ASKED, OPENERS, "here")
    assert found.opener == OPENERS[1]
    assert tokenizer.decode(found.begun) == "I take option"


def test_without_a_proof_it_is_refused_with_what_was_found() -> None:
    with pytest.raises(InputError) as caught:
        prove_boundary(Merging("(A"), ASKED, OPENERS[:1], "some/model")
    assert caught.value.where == "some/model"
    assert "I | take | (A | )" in caught.value.found


def test_two_options_that_are_one_token_are_refused() -> None:
    with pytest.raises(InputError, match="one token for"):
        prove_boundary(Merging(), ASKED, [Opener("I take (", ("A", "A"))], "here")


def test_rows_are_what_the_whole_text_gives_up_to_the_choice() -> None:
    model = Planted()
    questions = Questions(model, items())
    first, second = (items().activities[place].text for place in (3, 17))
    (row,) = questions.rows([Question(2, 3, 17)])
    said = items().questions[2].replace("{A}", first).replace("{B}", second)
    assert row.tokens == model.tokenizer.encode(f"Human: {said}\n\nAssistant: I take (")
    assert row.spans == ()


def test_spans_are_the_tokens_of_the_steered_activities_alone() -> None:
    model = Planted()
    questions = Questions(model, items())
    steered = np.zeros(len(items().activities), dtype=np.bool_)
    steered[[3, 9]] = True
    told = [
        [model.tokenizer.decode(row.tokens[begin:end]) for begin, end in row.spans]
        for row in questions.rows(
            [Question(0, 3, 17), Question(0, 17, 3), Question(1, 3, 9), Question(0, 4, 5)], steered
        )
    ]
    third, ninth = (items().activities[place].text for place in (3, 9))
    assert told == [[third], [third], [third, ninth], []]


def test_an_activity_that_repeats_words_of_the_question_is_found_in_its_own_place() -> None:
    frame = Frame.of(Planted().tokenizer, "Anything")
    tokens, spans = asked_about(Planted(), frame, "Which of these? (A) {A}. (B) {B}.", "Which of these", "these")
    found = [Planted().tokenizer.encode("Which of these"), Planted().tokenizer.encode("these")]
    assert [tokens[begin:end] for begin, end in spans] == found
    assert spans[0][0] > 5
    assert spans[1][0] > spans[0][1]


def test_every_question_of_the_general_register_can_be_asked() -> None:
    model = Planted()
    questions = Questions(model, general_preferences())
    assert model.tokenizer.decode(questions.boundary.begun) == "I would rather do ("
    rows = questions.rows([Question(wording, 0, 63) for wording in range(5)], np.arange(64) == 63)
    last = general_preferences().activities[63].text
    assert {model.tokenizer.decode(row.tokens[slice(*row.spans[0])]) for row in rows} == {last.replace("'", " ' ")}


@pytest.mark.parametrize(("activities", "wordings"), [(64, 5), (32, 4)])
def test_one_wording_a_pair_is_a_balanced_design(activities: int, wordings: int) -> None:
    asked = design(activities, wordings, every=False)
    np.testing.assert_array_equal(asked.sum(axis=0), 1 - np.eye(activities))
    np.testing.assert_array_equal(asked, asked.swapaxes(1, 2))
    met = asked.sum(axis=2)
    assert met.max() - met.min() <= 2
    assert len(listed(asked)) == activities * (activities - 1)


def test_every_wording_is_asked_where_all_are_wanted() -> None:
    asked = design(8, 4, every=True)
    assert asked.sum() == 4 * 56
    assert len(set(listed(asked))) == 4 * 56


def test_halves_are_balanced_over_kinds_and_share_nothing() -> None:
    kinds = [activity.kind for activity in general_preferences().activities]
    one, other = halves(kinds)
    assert (one ^ other).all()
    for kind in set(kinds):
        mine = np.array([each == kind for each in kinds])
        assert one[mine].sum() == other[mine].sum() == 4


def test_a_part_gives_every_activity_as_many_meetings_with_several_kinds() -> None:
    kinds = np.repeat(np.arange(8), 8)
    steered = halves([str(kind) for kind in kinds])[0]
    asked = part(steered, 5, 4)
    again: Bools = asked & (steered[:, None] | steered)
    pairs = np.asarray(again.any(axis=0))
    np.testing.assert_array_equal(pairs, pairs.T)
    assert set(pairs.sum(axis=1)) == {4}
    assert not (pairs & steered[:, None] & steered).any()
    assert min(len(set(kinds[line])) for line in pairs) == 4
    without = asked & ~(steered[:, None] | steered)
    assert without.sum() == 32 * 31
    assert (asked <= design(64, 5, every=False)).all()


def test_a_part_asks_no_more_opponents_than_there_are() -> None:
    steered = np.array([True, False, True, False])
    assert part(steered, 4, 99).sum() == 8 + 2


def test_an_opener_follows_a_template_that_ends_with_a_blank_without_another() -> None:
    template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add %}assistant:\n{% endif %}"
    tokenizer = Merging("\n", " I", template=template)

    def render(messages, *, generation):
        return "".join(f"{m['role']}: {m['content']}\n" for m in messages) + ("assistant:\n" if generation else "")

    tokenizer.render = render  # type: ignore[method-assign]
    found = prove_boundary(tokenizer, ASKED, OPENERS, "here")
    assert tokenizer.pieces(found.begun) == ("I", "take", "(")
    plain = prove_boundary(Merging(" I"), ASKED, OPENERS, "here")
    assert plain.begun != found.begun


def test_items_of_another_register_have_other_rows() -> None:
    few = replace(items(), questions=tuple(f"{question} Well?" for question in items().questions))
    one, other = (Questions(Planted(), each).rows([Question(0, 0, 1)])[0] for each in (items(), few))
    assert one.tokens != other.tokens


def test_a_template_that_depends_on_the_question_is_refused() -> None:
    model = Planted()
    plain = model.tokenizer.render

    def render(messages, *, generation):
        own = " Well:" if generation and messages[0]["content"].startswith("Which") else ""
        return plain(messages, generation=generation) + own

    model.tokenizer.render = render
    with pytest.raises(InputError, match="other things around one question"):
        _ = Questions(model, items()).frame


@pytest.mark.parametrize("name", list(CASES))
def test_under_every_template_rows_are_the_chat_with_its_answer_begun(name: str) -> None:
    model = Planted()
    model.tokenizer = tokenizer_of(CASES[name])
    questions = Questions(model, general_preferences())
    steered = np.arange(64) == 5
    (row,) = questions.rows([Question(3, 5, 40)], steered)
    text = [questions.items.activities[place].text for place in (5, 40)]
    asked = questions.items.questions[3].replace("{A}", text[0]).replace("{B}", text[1])
    begun = "I would rather do (" if CASES[name].last_piece.isspace() else " I would rather do ("
    assert row.tokens == encode_chat(model.tokenizer, [user(asked)], prefill=begun).tokens
    assert [model.tokenizer.decode(row.tokens[slice(*span)]) for span in row.spans] == [text[0]]
    assert model.tokenizer.decode(questions.boundary.options) == "AB"
