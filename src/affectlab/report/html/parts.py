"""Pieces of the report: badges, tables of numbers, figures."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from affectlab.core import Score
from affectlab.report.claims import ClaimResult, Ruling
from affectlab.report.claims.numbers import NOTHING, interval, margin, shown
from affectlab.report.figures.saving import page_json
from affectlab.report.html.bars import small_strip
from affectlab.report.html.study import FigureBlock

RULINGS = {
    Ruling.AGREES: ("✓", "agrees"),
    Ruling.PLANTED: ("▣", "planted"),
    Ruling.UNDECIDED: ("?", "undecided"),
    Ruling.DISAGREES: ("✕", "disagrees"),
    Ruling.DESCRIPTIVE: ("○", "descriptive"),
    Ruling.UNTESTABLE: ("–", "untestable"),
}
"""For each ruling a sign and the name of its colours; its word always stands beside the sign."""


def badge(ruling: Ruling) -> str:
    """A ruling as a sign and a word."""
    sign, name = RULINGS[ruling]
    return f'<span class="badge {name}"><i aria-hidden="true">{sign}</i>{ruling}</span>'


def claims_table(results: Sequence[ClaimResult]) -> str:
    """All claims, a row each; a click on a heading sorts by it."""
    heads = ("claim", "verdict", "found", "", "chance", "paper")
    return table(
        heads, [_row(result) for result in results], "claims-table", kinds=("", "", "number", "bar", "wide", "wide")
    )


def _row(result: ClaimResult) -> list[tuple[str, str]]:
    """Cells: what they are sorted by, and what they show."""
    claim, score = result.claim, result.score
    found = NOTHING if score is None else f"<b>{shown(score.value)}</b> <small>{interval(score)}</small>"
    paper = None if claim.paper is None else claim.paper.value
    chance = None if score is None else score.chance
    named = f'<a href="#claim-{claim.key}">{html.escape(claim.name)}</a><small>{html.escape(claim.measure)}</small>'
    return [
        (claim.name, named),
        (str(list(RULINGS).index(result.verdict.ruling)), badge(result.verdict.ruling)),
        ("" if score is None else repr(score.value), found),
        ("", small_strip(result)),
        ("" if chance is None else repr(chance), shown(chance)),
        ("" if paper is None else repr(paper), shown(paper)),
    ]


def table(
    heads: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]], name: str = "", kinds: Sequence[str] = ()
) -> str:
    """A table that can be sorted. Cells are (what they are sorted by, what they show); what they show is HTML."""
    kinds = kinds or [""] * len(heads)
    # Without a name there is nothing to sort by.
    head = "".join(
        f'<th class="{kind}" aria-sort="none"><button type="button">{text}</button></th>'
        if text
        else f'<th class="{kind}"></th>'
        for text, kind in zip(heads, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}" data-by="{html.escape(by)}">{text}</td>'
            for (by, text), kind in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table class="sortable" id="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def scores_table(scores: Sequence[Score], name: str) -> str:
    """Scores with all that belongs to them."""
    rows = [
        [
            (score.name, f"<code>{html.escape(score.name)}</code>"),
            (repr(score.value), f"<b>{shown(score.value)}</b> <small>{interval(score)}</small>"),
            (str(score.n), f"{score.n:,} {html.escape(score.unit)}"),
            ("" if score.chance is None else repr(score.chance), shown(score.chance)),
            ("", _listed(score.nulls)),
            ("", _listed(score.baselines)),
            ("" if score.layer is None else str(score.layer), NOTHING if score.layer is None else str(score.layer)),
        ]
        for score in scores
    ]
    heads = ("score", "value", "n", "chance", "nulls", "baselines", "layer")
    kinds = ("", "", "", "", "listed", "listed", "")
    return f'<div class="scroll">{table(heads, rows, name, kinds)}</div>'


def _listed(values: Mapping[str, float]) -> str:
    return "; ".join(f"{html.escape(name)} {shown(value)}" for name, value in values.items()) or NOTHING


def numbers(result: ClaimResult, others: Sequence[Score] = ()) -> str:
    """Everything that belongs to a claim's number, with its distance from each thing beside it. `others` may hold the
    margin over a baseline as a score of its own, which has an interval."""
    score = result.score
    if score is None:
        return ""
    convention = "" if score.convention is None else f", {score.convention}"
    layer = NOTHING if score.layer is None else f"{score.layer}{convention}"
    rows = [
        ("value", f"<b>{shown(score.value)}</b> {_ends(score)}", ""),
        ("resampled", f"{score.n:,} {html.escape(score.unit)}", ""),
        ("layer", html.escape(layer), ""),
    ]
    beside = [("chance", score.chance)] if score.chance is not None else []
    beside += [(f"null: {name}", value) for name, value in score.nulls.items()]
    if result.claim.paper is not None:
        beside.append((f"paper: {result.claim.paper.source}", result.claim.paper.value))
    rows += [(html.escape(name), shown(value), margin(score, value)) for name, value in beside]
    for name, value in score.baselines.items():
        known = _margin_over(name, score, others)
        away = margin(score, value) if known is None else f"{margin(score, value)} {_ends(known)}"
        rows.append((html.escape(f"baseline: {name}"), shown(value), away))
    body = "".join(f"<tr><th scope='row'>{name}</th><td>{value}</td><td>{away}</td></tr>" for name, value, away in rows)
    return (
        f"<table class='beside'><thead><tr><th></th><th></th><th>margin</th></tr></thead><tbody>{body}</tbody></table>"
    )


def _ends(score: Score) -> str:
    return f'<span class="ends">{interval(score)}</span>'


def _margin_over(baseline: str, score: Score, others: Sequence[Score]) -> Score | None:
    """The score that is the margin over a baseline: named after it, or `.margin` where there is but one."""
    names = {f"{score.name} above {baseline}"} | ({f"{score.name}.margin"} if len(score.baselines) == 1 else set())
    return next((other for other in others if other.name in names), None)


def figure(block: FigureBlock, number: int) -> str:
    """A figure's place, which the page's script fills when it comes into view, and its data."""
    tall = int(block.figure.layout.height or 400)
    narrow = (block.figure.layout.meta or {}).get("narrow", {}).get("layout", {}).get("height", tall)
    return (
        f'<figure id="figure-{html.escape(block.key)}">'
        f'<div class="plot" role="img" aria-label="{html.escape(block.alt)}" data-from="figure-data-{number}" '
        f'data-tall="{tall}" data-narrow="{int(narrow)}" style="min-height:{tall}px"></div>'
        f"<figcaption>{html.escape(block.caption)}</figcaption>"
        f'<script type="application/json" id="figure-data-{number}">{page_json(block.figure)}</script></figure>'
    )
