"""The page of a study, put together from its parts.

1. What was studied and what was found, in three sentences.
2. How to read a number here.
3. A table of all claims.
4. What became of the texts that were written.
5. A section for each question: its claims with strip, verdict, figure and numbers; then the figures no claim has shown.
   After the question of meaning, the passages that read highest.
6. Every score, and how to reproduce them.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from importlib.resources import files
from itertools import count

from plotly.offline import get_plotlyjs

from affectlab.core import Score
from affectlab.report.claims import ClaimResult, Group, groups
from affectlab.report.claims.numbers import shown
from affectlab.report.figures.fit import WIDE
from affectlab.report.figures.saving import page_script
from affectlab.report.html.bars import strip
from affectlab.report.html.opening import banner, legend, opening
from affectlab.report.html.parts import badge, claims_table, figure, numbers, scores_table
from affectlab.report.html.passages import KEY, STAGE, TITLE, passages_section
from affectlab.report.html.study import FigureBlock, Study
from affectlab.report.template import filled

STAGES = {
    "study": "All of it at once",
    "write": "Writing",
    "write stories": "Writing stories",
    "write neutral": "Writing neutral texts",
    "extract": "Extraction",
    "validate": "Checks",
    "snippets": "Passages",
    "map": "Map",
    "compare": "Temperament",
    "prefer": "Preferences",
    "behave": "Behaviour",
    "reward_hacking": "Reward hacking",
    "sycophancy": "Sycophancy",
}
WRITTEN = (
    "The vectors are made of texts, and tested on texts of the same kind on other topics. Each was screened first: a "
    "text that names its emotion, is too short, breaks off, copies another or is no prose is rejected, and asked for "
    "again a few times at most. Only what was accepted is read."
)
PASSAGES_AFTER = "meaning"
"""The group of claims that the passages follow."""
TITLES = {
    "claims": "All claims",
    "how": "How to read this page",
    "more": "More figures",
    "numbers": "Every number",
    "again": "Do it again",
    "written": "What was read?",
}


def render(study: Study) -> str:
    """The report: one file that needs no network."""
    shelf = _Shelf(study)
    sections = _sections(study, shelf)
    rest = {"more": _rest(shelf)}
    parts = {
        "title": html.escape(study.title),
        "model": html.escape(study.model),
        "banner": banner(study),
        "opening": opening(study),
        "contents": _contents(sections | rest),
        "legend": legend(),
        "claims": claims_table(study.claims),
        "sections": "".join((sections | rest).values()),
        "numbers": _numbers(study),
        "again": _again(study),
        "page_style": _own("report.css"),
        "script": _own("report.js"),
        "wide": str(WIDE),
        "plotly": get_plotlyjs(),
        "draw": page_script(),
    }
    return filled("html/report.html", parts)


class _Shelf:
    """The figures of a study, each of which is shown once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.left = [(stage, block) for stage, blocks in study.figures.items() for block in blocks]
        self.numbers = count()

    def take(self, block: FigureBlock | None) -> str:
        """A figure, if it has not been shown."""
        if block is None or all(one is not block for _, one in self.left):
            return ""
        self.left = [(stage, one) for stage, one in self.left if one is not block]
        return figure(block, next(self.numbers))

    def rest(self, stage: str | None = None) -> Iterator[str]:
        """What is left, of one stage or of all."""
        for owner, block in list(self.left):
            if stage in (None, owner):
                yield self.take(block)


def _sections(study: Study, shelf: _Shelf) -> dict[str, str]:
    """Sections by their keys, in the order of the page."""
    asked = [group for group in groups() if study.of(group.key)]
    found = {"written": _written("".join(shelf.rest("write")))}
    for group in asked:
        found[group.key] = _group(study, group, shelf)
        if group.key == PASSAGES_AFTER:
            found[KEY] = passages_section(study, "".join(shelf.rest(STAGE)))
    return found if KEY in found else {**found, KEY: passages_section(study, "".join(shelf.rest(STAGE)))}


def _written(figures: str) -> str:
    """What became of the texts when they were written; nothing where that is not known."""
    if not figures:
        return ""
    lead = f'<p class="lead">{WRITTEN}</p>'
    return f'<section id="written"><h2>{TITLES["written"]}</h2>{lead}<div class="sheet more">{figures}</div></section>'


def _group(study: Study, group: Group, shelf: _Shelf) -> str:
    told = "".join(_claim(study, result, shelf) for result in study.of(group.key))
    last = [one for one in groups() if one.stage == group.stage and study.of(one.key)][-1]
    more = "".join(shelf.rest(group.stage)) if group is last else ""
    more = f'<div class="sheet more">{more}</div>' if more else ""
    return f'<section id="{group.key}"><h2>{group.title}</h2><p class="lead">{group.lead}</p>{told}{more}</section>'


def _claim(study: Study, result: ClaimResult, shelf: _Shelf) -> str:
    claim = result.claim
    block = study.figure(claim) if result.score is not None else None
    drawn = shelf.take(block)
    if block is not None and not drawn:
        drawn = f'<p class="see"><a href="#figure-{html.escape(block.key)}">See the figure above</a></p>'
    details = ""
    if result.score is not None:
        every = study.stages[claim.stage].scores
        details = f"<details><summary>All numbers</summary>{numbers(result, every)}{_also(study, result)}</details>"
    again = f"<details><summary>Do it again</summary>{_command(result.command)}{_made_of(study)}</details>"
    return (
        f'<article class="claim sheet" id="claim-{claim.key}">'
        f"<header><h3>{html.escape(claim.name)}</h3>{badge(result.verdict.ruling)}</header>"
        f'<p class="said">{html.escape(claim.claim)}</p>{strip(result)}'
        f'<p class="why">{html.escape(result.verdict.reason)}{_caution(result)}</p>'
        f'<p class="meaning"><b>{html.escape(claim.measure)}</b>: {html.escape(claim.meaning)}</p>'
        f"{drawn}{details}{again}</article>"
    )


def _caution(result: ClaimResult) -> str:
    """What a reader should know who sees a high number and not the baseline that is as high."""
    score, sign = result.score, result.claim.direction
    if score is None:
        return ""
    near = score.low if sign > 0 else score.high
    as_good = {name: value for name, value in score.baselines.items() if sign * value >= sign * near}
    if not as_good:
        return ""
    named = ", ".join(f"{html.escape(name)} {shown(value)}" for name, value in as_good.items())
    return f' <span class="caution">Not surely above a baseline: {named}.</span>'


def _also(study: Study, result: ClaimResult) -> str:
    findings = study.stages.get(result.claim.stage)
    others = [] if findings is None else [one for one in findings.scores if _belongs(one, result)]
    if not others:
        return ""
    return f"<h4>Also measured</h4>{scores_table(others, f'also-{result.claim.key}')}"


def _belongs(score: Score, result: ClaimResult) -> bool:
    named = any(fnmatchcase(score.name, pattern) for pattern in result.claim.also)
    return named and score.name != result.claim.metric


def _rest(shelf: _Shelf) -> str:
    left = "".join(shelf.rest())
    return f'<section id="more"><h2>More figures</h2><div class="sheet more">{left}</div></section>' if left else ""


def _contents(sections: Mapping[str, str]) -> str:
    titles = {**TITLES, KEY: TITLE, **{group.key: group.title for group in groups()}}
    listed = ["how", "claims", *(key for key, text in sections.items() if text), "numbers", "again"]
    return "".join(f'<li><a href="#{key}">{titles[key]}</a></li>' for key in listed)


def _numbers(study: Study) -> str:
    tables = [
        f"<details><summary>{html.escape(STAGES.get(stage, stage))}: {_counted(findings.scores)}</summary>"
        f"{scores_table(findings.scores, f'scores-{html.escape(stage)}')}</details>"
        for stage, findings in study.stages.items()
        if findings.scores
    ]
    return "".join(tables) or "<p>No stage gave a score.</p>"


def _counted(scores: Sequence[Score]) -> str:
    return "1 score" if len(scores) == 1 else f"{len(scores)} scores"


def _again(study: Study) -> str:
    commands = "".join(
        f"<div><dt>{html.escape(STAGES.get(stage, stage))}</dt><dd>{_command(command)}</dd></div>"
        for stage, command in study.commands.items()
    )
    return f'<dl class="commands">{commands}</dl>{_hashes(study)}'


def _made_of(study: Study) -> str:
    """The hashes in a line, for each claim."""
    told = "; ".join(f"{html.escape(name)} <code>{html.escape(value)}</code>" for name, value in study.hashes.items())
    return f'<p class="made">Made of: {told}.</p>' if told else ""


def _hashes(study: Study) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(name)}</th><td><code>{html.escape(value)}</code></td></tr>"
        for name, value in study.hashes.items()
    )
    return f"<table class='beside hashes'><tbody>{rows}</tbody></table>" if rows else ""


def _command(command: str) -> str:
    """Its words are kept whole where the line breaks: a hyphen of an option is no place to break at."""
    words = " ".join(f"<span>{html.escape(word)}</span>" for word in command.split(" "))
    return f'<pre class="command" tabindex="0"><code>{words}</code></pre>'


def _own(name: str) -> str:
    return files("affectlab.report.html").joinpath(name).read_text(encoding="utf-8")
