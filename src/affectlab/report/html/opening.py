"""The first screen: what was studied and what was found, in three sentences; and how to read the rest."""

from __future__ import annotations

import html
from collections.abc import Sequence

from affectlab.core import Score
from affectlab.report.claims import Claim, ClaimResult, Ruling, Verdict
from affectlab.report.claims.claims import Paper
from affectlab.report.claims.verdicts import SHUFFLED
from affectlab.report.html.bars import strip
from affectlab.report.html.parts import RULINGS, badge
from affectlab.report.html.study import Study
from affectlab.report.organism import ORGANISM

BANNER = (
    f"{ORGANISM} Its emotions were planted by us, and what is found again of them is called planted, never a finding."
)
NAMED = 3
"""How many claims the third sentence names of each kind."""

MEANINGS = {
    Ruling.AGREES: "the whole interval lies beyond what shuffled labels reach, in the paper's direction, and the value "
    "is at least half as far from chance as the paper's",
    Ruling.PLANTED: "it would agree, but we put it into this model ourselves",
    Ruling.UNDECIDED: "neither: the interval leaves it open",
    Ruling.DISAGREES: "the interval leaves no room for agreement",
    Ruling.DESCRIPTIVE: "the number can be had without knowing any emotion label, and shuffled labels give as much",
    Ruling.UNTESTABLE: "there is no number for it, and the claim says why",
}

TERMS = {
    '<i class="key value"></i>value and interval': "The dot is what was found. The line is its 95 % interval: "
    "repeating the study with other words, topics or prompts would mostly land in it.",
    '<i class="key null"></i>null': "What the same measurement gives where there is nothing to find: on stories "
    "whose labels were shuffled, under permuted names, along random directions. The grey band goes from chance (thin "
    "line) to what 95 of 100 such reruns stay within, or to the furthest where only a few could be run, of the kind "
    "that reaches furthest; verdicts go by shuffled labels.",
    '<i class="key baseline"></i>baseline': "What a simpler method gets on the same task, such as counting the words "
    "of a text (bag of words), or averaging what its tokens are to the model one by one, before any has seen another "
    "(token embeddings). A baseline may do well; then little is owed to the model.",
    '<i class="key paper"></i>paper': "What the paper found in its large model, where it gives a number.",
    "reading": "How far a hidden state, the list of numbers that a model computes at a word, points along the vector "
    "of an emotion. As a centred cosine, what is usual in neutral text is taken off first: 1 is along the vector, 0 "
    "across it, −1 against it.",
    "AUC": "The chance that a text of the right kind reads higher than one of another kind: 0.5 is a coin toss, 1 is "
    "never wrong.",
    "r": "A correlation: 1 when two things rise and fall together, 0 when they know nothing of each other, −1 when one "
    "rises as the other falls. Spearman's r compares their orders alone.",
}
"""The parts of a strip, and the names of what is measured, each explained where it first occurs."""


def sentences(study: Study) -> tuple[str, str, str]:
    """What was studied; how the claims fared; which of them stand out."""
    count = sum(1 for result in study.claims if result.score is not None)
    studied = (
        f"We looked inside {study.model} for emotion concepts, directions in its inner states that stand for words "
        f"such as calm or desperate, and tested {count} of {len(study.claims)} claims, most of which a paper makes "
        "of a large model."
    )
    return studied, _fared(study), _standing_out(study)


def _fared(study: Study) -> str:
    unplanted = " though nobody planted it" if study.organism else " with the paper"
    words = {
        Ruling.PLANTED: ("shows again what we planted", "show again what we planted"),
        Ruling.AGREES: (f"agrees{unplanted}", f"agree{unplanted}"),
        Ruling.DISAGREES: ("disagrees", "disagree"),
        Ruling.UNDECIDED: ("stays undecided", "stay undecided"),
        Ruling.DESCRIPTIVE: (
            "describes the model and speaks for no claim",
            "describe the model and speak for no claim",
        ),
        Ruling.UNTESTABLE: ("could not be tested here", "could not be tested here"),
    }
    counts = {ruling: len(study.ruled(ruling)) for ruling in words}
    parts = [f"{count} {words[ruling][count > 1]}" for ruling, count in counts.items() if count]
    return f"Of all {len(study.claims)}, {_joined(parts)}." if parts else "No claim was tested."


def _standing_out(study: Study) -> str:
    held = study.ruled(Ruling.AGREES) + study.ruled(Ruling.PLANTED)
    failed = study.ruled(Ruling.DISAGREES)
    if not held and not failed:
        return "Nothing found here speaks clearly for the paper or against it."
    first = f"What holds: {_named(held)}" if held else "Nothing held"
    return f"{first}; what does not: {_named(failed)}." if failed else f"{first}; nothing speaks against the paper."


def _named(results: Sequence[ClaimResult]) -> str:
    names = [result.claim.name[:1].lower() + result.claim.name[1:] for result in results[:NAMED]]
    rest = len(results) - NAMED
    return _joined([*names, f"{rest} more"] if rest > 0 else names)


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def banner(study: Study) -> str:
    """What must be said before anything found in a planted model."""
    return f'<p class="banner" role="note">{BANNER}</p>' if study.organism else ""


def opening(study: Study) -> str:
    """The three sentences, and the count of each ruling."""
    told = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences(study))
    counts = [(ruling, len(study.ruled(ruling))) for ruling in RULINGS]
    tally = "".join(f"<li><b>{count}</b>{badge(ruling)}</li>" for ruling, count in counts if count)
    return f'<div class="told">{told}</div><ul class="tally">{tally}</ul>'


def legend() -> str:
    """An example of a strip, and what its parts and the verdicts are called."""
    example = Claim("", "", "", "", "", "", "", "", "", True, 1, Paper(0.8, ""), ends=(0.0, 1.0))
    score = Score(
        "example", 0.62, 0.5, 0.74, 40, "words", 0.0, {SHUFFLED: 0.18, "permuted names": 0.15}, {"bag of words": 0.36}
    )
    drawn = strip(ClaimResult(example, score, Verdict(Ruling.AGREES, ""), ""))
    told = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in TERMS.items())
    rules = "".join(f"<li>{badge(ruling)} {meaning}.</li>" for ruling, meaning in MEANINGS.items())
    return (
        f'<div class="sheet example"><p class="label">an example, not a finding</p>{drawn}<dl class="terms">{told}</dl>'
        f"</div><p>One written rule gives each claim its verdict:</p>"
        f'<ul class="rules">{rules}</ul>'
    )
