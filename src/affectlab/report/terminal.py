"""Results in a terminal. Colours say how strong a reading is; without colours the table and its curves do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from affectlab.core import Floats, Reading, Receipt, Score
from affectlab.report.colours import paint
from affectlab.report.summary import summary
from affectlab.report.tokens import inline, shown, spaced

CURVE = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 24
PLAIN_WIDTH = 120
"""Columns where standard output is no terminal and nothing says how wide it is."""


class Output(Console):
    """Standard output, as rich writes to it; a reader who has gone away is told of, and not hidden."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def output() -> Console:
    """A console for results: no markup and no guesses, because texts hold whatever people write."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Output(markup=False, highlight=False, emoji=False, soft_wrap=False, width=width)


def facts_table(facts: Mapping[str, str]) -> Table:
    """Names and what they are, in two columns."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, fact in facts.items():
        table.add_row(name, Text(shown(fact)))
    return table


def scores_table(scores: Sequence[Score]) -> RenderableType:
    """Scores with what stands beside them, one a line: value and interval, chance, nulls, baselines."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("score", no_wrap=True)
    for name in ("value", "95 % interval", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("beside it", overflow="fold")
    for score in scores:
        chance = {} if score.chance is None else {"chance": score.chance}
        beside = {**chance, **score.nulls, **score.baselines}
        told = ", ".join(f"{name} {value:.3g}" for name, value in beside.items())
        interval = f"[{score.low:.3f}, {score.high:.3f}]"
        table.add_row(score.name, f"{score.value:.3f}", interval, f"{score.n} {score.unit}", Text(told, style="dim"))
    layers = {score.layer for score in scores if score.layer is not None}
    where = f"layer {layers.pop()}; " if len(layers) == 1 else ""
    return Group(table, Text(f"{where}nulls are 95th percentiles", style="dim"))


class Strip:
    """A text whose tokens are coloured by one emotion's readings. Where there are no colours, nothing."""

    def __init__(self, name: str, pieces: Sequence[str], shades: Floats) -> None:
        self.name, self.pieces, self.shades = name, pieces, shades

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        if console.no_color or console.color_system is None:
            return
        strip = Text()
        for piece, shade in zip(self.pieces, self.shades, strict=True):
            colours = paint(float(shade))
            strip.append(piece, None if colours is None else colours.style)
        yield Text(self.name, style="bold")
        yield Padding(strip, (0, 0, 1, 2), expand=False)


def readings_text(readings: Sequence[tuple[Reading, Sequence[str]]]) -> RenderableType:
    """Readings of one text at one or several layers, each with the emotions to show."""
    parts = [part for reading, emotions in readings for part in (Text(), *_reading(reading, emotions))]
    return Group(*parts[1:])


def _reading(reading: Reading, emotions: Sequence[str]) -> list[RenderableType]:
    scaled, pieces = reading.scaled(), spaced(reading.tokens)
    columns = {emotion: scaled[:, reading.emotions.index(emotion)] for emotion in emotions}
    return [
        Text(f"layer {reading.layer}, {reading.convention}, {len(reading.tokens)} tokens", style="bold"),
        *([] if reading.receipt is None else [_receipt(reading.receipt)]),
        Text(),
        *(Strip(emotion, pieces, shades) for emotion, shades in columns.items()),
        Legend(reading.scale),
        _table(reading, emotions, columns),
    ]


class Legend:
    """The scale from end to end. Where there are no colours, nothing."""

    def __init__(self, top: float) -> None:
        self.top = top

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        if console.no_color or console.color_system is None:
            return
        legend = Text(f"{-self.top:.3g} ", style="dim")
        for shade in np.linspace(-1, 1, 21):
            colours = paint(float(shade))
            legend.append("▪", None if colours is None else colours.style)
        yield legend.append(f" {self.top:+.3g}")
        yield Text()


def _table(reading: Reading, emotions: Sequence[str], columns: Mapping[str, Floats]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("emotion", no_wrap=True)
    for name in ("mean", "lowest", "highest"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("highest at", max_width=30, no_wrap=True)
    table.add_column("along the text", no_wrap=True)
    for line in summary(reading, emotions):
        numbers = (f"{number:+.4g}" for number in (line.mean, line.low, line.high))
        peak = f"{line.peak} {inline(reading.tokens[line.peak])}"
        table.add_row(line.emotion, *numbers, Text(peak), curve(columns[line.emotion]))
    return table


def curve(shades: Floats) -> str:
    """Shades between -1 and 1 as a row of small bars, each the mean over a part of the text."""
    parts = np.array_split(np.asarray(shades, dtype=np.float64), min(len(shades), CURVE_WIDTH))
    places = [int((part.mean() + 1) / 2 * (len(CURVE) - 1) + 0.5) for part in parts]
    return "".join(CURVE[place] for place in places)


def replies_text(plain: str, steered: str, receipt: Receipt) -> RenderableType:
    """What was said without steering, what was said with it, and the proof that it was applied."""
    return Group(
        Text("unsteered", style="bold"),
        Padding(Text(shown(plain)), (0, 0, 1, 2), expand=False),
        Text("steered", style="bold"),
        Padding(Text(shown(steered)), (0, 0, 1, 2), expand=False),
        _receipt(receipt),
    )


def _receipt(receipt: Receipt) -> Text:
    return Text(f"steered by {receipt_line(receipt)}", style="dim")


def receipt_line(receipt: Receipt) -> str:
    """A receipt on one line: what was added, to how many tokens, how far it moved the stream, and its norm."""
    if receipt.empty:
        return f"nothing: {receipt.label} met no token, because the reply ended at once; vectors {receipt.vectors}"
    numbers = zip(receipt.sites, receipt.added_norm, receipt.moved_norm, receipt.norm_change, strict=True)
    sites = [
        f"layer {site} added {added:.4g}, moved {moved:.4g}, mean change of norm {change:+.4g}"
        for site, added, moved, change in numbers
    ]
    return "; ".join([f"{receipt.label} at {receipt.tokens} tokens", *sites, f"vectors {receipt.vectors}"])


PASSAGES = 3
"""How many passages of an emotion are shown in full."""
MARKED = "bold #de5454"
"""Letters that can be read on black and on white."""


class Marked:
    """A passage whose tokens stand out; where there are no colours, in brackets."""

    def __init__(self, tokens: Sequence[str], marked: Sequence[int]) -> None:
        self.tokens, self.marked = tokens, set(marked)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        plain = console.no_color or console.color_system is None
        text = Text()
        for stands_out, run in groupby(enumerate(spaced(self.tokens)), key=lambda piece: piece[0] in self.marked):
            piece = "".join(token for _, token in run)
            bare = piece.strip(" ")
            begin = piece.index(bare) if bare else 0
            text.append(piece[:begin])
            text.append(f"[{bare}]" if plain and stands_out else bare, MARKED if stands_out else None)
            text.append(piece[begin + len(bare) :])
        yield text


def passages_text(facts: Mapping[str, Any], named: bool) -> RenderableType:
    """The highest passages: of emotions that were asked for by name some in full, else of each the beginning of one."""
    head = f"{facts['passages']:,} passages of {facts['texts']:,} texts, layer {facts['layer']}, {facts['convention']}"
    parts: list[RenderableType] = [Text(head, style="bold")]
    if not named:
        return Group(*parts, _firsts(facts["snippets"]))
    for name, passages in facts["snippets"].items():
        parts += [Text(), Text(name, style="bold")]
        for one in passages[:PASSAGES]:
            label = f", written for {one['label']}" if one["label"] else ""
            parts.append(Text(shown(f"{one['score']:+.3f}  {one['where']}{label}"), style="dim"))
            parts.append(Padding(Marked(one["tokens"], one["marked"]), (0, 0, 1, 2), expand=False))
    return Group(*parts)


def _firsts(snippets: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim", expand=True)
    table.add_column("emotion", no_wrap=True)
    table.add_column("mean", justify="right", no_wrap=True)
    table.add_column("its highest passage", no_wrap=True, overflow="ellipsis", ratio=1)
    for name, passages in snippets.items():
        for one in passages[:1]:
            begins = " ".join("".join(spaced(one["tokens"])).split())
            table.add_row(name, f"{one['score']:+.3f}", Text(begins))
    return table
