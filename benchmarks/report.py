"""The figures as a page of docs: a table, the machine, and how it was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import transformers

from affectlab.stats import Interval
from benchmarks.figures import Figure
from benchmarks.kept import LOAD, Result

ROOT = Path(__file__).parent.parent
PAGE, PLOT = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "benchmarks.svg"

HEADER = """# Benchmarks

How fast affectlab is and how much memory it takes, beside other ways to the same result. Made by `make bench`; do not
edit it by hand. A group of figures is measured as a whole on one machine, but not all groups on the same.

![Every figure with its interval and its goal](benchmarks.svg)

"""

METHOD = """
## How to read it

- *Ratio* is taken pair by pair, and is the median with its 95 % interval, from order statistics. Where a goal is at
  least, it is their time over ours; where a goal is at most, it is ours over theirs: what steering, reading or more
  texts add.
- *Verdict* compares the whole interval with the goal: met, missed, or not resolvable here. Rows without a goal are
  reported. What took too long to be repeated has one run and no interval.
- *CPU ratio* is the same in processor time of all threads. Where it differs much from the ratio, the machine was busy
  with something else.
- *Agreement* is with a float32 reference, computed in the same run by other code: the lowest cosine of a centred
  emotion vector, or the largest difference of a log-probability. A figure whose outputs disagree is void, and the run
  fails.

## How it was measured

- **Model**: a Llama of random weights, 134.5 million parameters (30 blocks, width 576, vocabulary 49,152, tied
  embeddings). Speed does not depend on what the weights are.
- **Texts**: {texts} of 60 to 400 tokens, evenly spread, of made-up words that are one token each; 8 emotions; ten
  folds. Positions from 50 on count.
- **Extraction, theirs**: the recipe of the Transformers documentation. Tokenizer with `padding=True`, batches of 8 in
  corpus order, `output_hidden_states=True`, means over the positions that count. Against float32 at all sites it still
  sums only one, which flatters it.
- **Extraction, ours**: `affectlab.extract`, from the texts to the vectors: tokens (twice, once for the lengths),
  planning, reading, norms, sums.
- **The bare forward pass**: the decoder cut after block {site}, fed rectangles of token ids that have as many tokens
  and the same lengths, in batches of the same budget. Nothing is tokenised, padded or read. It is the limit.
- **Generation**: {rows} rows in one batch, prompts of {prompt[0]} to {prompt[1]} tokens, {new} new tokens each
  whatever comes, eager, float32, with a cache. Steering adds a direction at {strength} of the mean residual norm to
  every token.
- **Preferences**: pocket, float32. Theirs is a forward pass for every pair of activities and every vector, in batches
  of the same budget; ours asks the same of `affectlab.preference`.
- **Memory**: the peak of a new process that reads a file and extracts every site of a tiny model.
- **Start**: seconds, median over new processes.
- **Map**: random vectors of the size of a large model's, in a new process: cosines, lengths, axes beside ratings, and
  layers beside layers, with intervals.
- **Whole commands**: once each, in a new folder, start and report of a study included. Preferences and rollouts are
  those of `affectlab prefer` and `affectlab behave` without null directions; the unsteered runs stand once for both
  emotions.
- All ways of a group run in turn, {pairs} times after a first round that is not counted; whole commands have none.

## To run it again

    make bench                              # all of it, an hour and a half; makes this page anew
    make bench ARGS="generation startup"    # some groups: {groups}; the others keep their rows
    make bench ARGS=--quick                 # a rough look in a few minutes; prints, keeps nothing
    make bench ARGS=planning                # where the defaults of batch planning come from
"""


def machine() -> dict[str, str]:
    """What was measured on, in neutral words."""
    cpu_info = Path("/proc/cpuinfo")
    names = [line for line in cpu_info.read_text().splitlines() if "model name" in line] if cpu_info.is_file() else []
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": names[0].split(":")[1].strip() if names else platform.processor(),
        "cores": f"{os.cpu_count()}, of which {torch.get_num_threads()} were used",
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "memory": f"{pages / 2**30:.0f} GiB",
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        LOAD: f"{os.getloadavg()[0]:.1f}",
    }


def table(figures: Sequence[Figure]) -> str:
    """All figures, one row each."""
    lines = [
        "| what | theirs, or without | ours, or with | ratio [95 % interval] | CPU ratio | goal | verdict |"
        " agreement |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in figures:
        cells = (
            row.what,
            row.theirs,
            row.ours,
            shown(row.figure, row.unit),
            shown(row.cpu) if row.cpu else "",
            f"{row.goal} {row.unit}" if row.goal else "",
            row.verdict,
            row.agreement.text,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def shown(interval: Interval, unit: str = "x") -> str:
    """A median with its interval, to three decimals where it is near 1."""
    digits = 2 if interval.value >= 1.5 else 3
    if interval.n == 1:
        return f"{interval.value:.{digits}f} {unit}, one run"
    return f"{interval.value:.{digits}f} {unit} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def ordered(figures: Sequence[Figure]) -> list[Figure]:
    """Extraction and its memory come first."""
    return sorted(figures, key=lambda row: ("extraction" not in row.what, "peak" not in row.what))


def page(results: Sequence[Result], settings: Mapping[str, object]) -> str:
    """docs/benchmarks.md."""
    parts = [
        f"## On {one.machine['processor']}, {one.machine['instructions']}\n\n{table(ordered(one.figures))}\n"
        + "".join(f"- {name}: {value}\n" for name, value in one.machine.items())
        for one in results
    ]
    return HEADER + "\n".join(parts) + METHOD.format(**settings)
