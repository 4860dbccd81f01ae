"""A study made up for tests of the report: scores of every verdict, and small figures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import plotly.graph_objects as go

from affectlab.core import Convention, Score
from affectlab.findings import Findings
from affectlab.report.claims import claims, judge
from affectlab.report.claims.verdicts import SHUFFLED
from affectlab.report.figures.palette import HUES, INK, SOFT
from affectlab.report.html import FigureBlock, Study

COMMANDS = {
    "write": "affectlab write pocket --kind stories -o out/study/stories",
    "extract": "affectlab extract pocket out/study/stories out/study/neutral -o out/study/vectors.safetensors",
    "validate": "affectlab validate out/study/vectors.safetensors --json",
    "map": "affectlab map out/study/vectors.safetensors --json",
    "compare": "affectlab compare out/study/vectors.safetensors --base pocket-base --post pocket --json",
}
HASHES = {"model": "5d41402abc4b2a76b9719d911017c592", "stories": "7d793037a0760186574b0282f2f435e7", "code": "0.1.0"}
CROSSED = "words crossed with folds of topics"
AT, BY = 4, Convention.CENTRED
BARE = "bare words (block 0)"


def score(
    name: str,
    value: float,
    half: float,
    chance: float | None = 0.0,
    null: float | None = None,
    *,
    n: int = 100,
    unit: str = "topics",
    baselines: Mapping[str, float] | None = None,
) -> Score:
    """A score with an interval of so much to both sides; without a null it was not compared with shuffled labels."""
    nulls = {} if null is None else {SHUFFLED: null, "permuted names": (chance or 0.0) + 0.9 * (null - (chance or 0.0))}
    return Score(name, value, value - half, value + half, n, unit, chance, nulls, baselines or {}, AT, BY)


def findings() -> dict[str, Findings]:
    """What three stages found: enough for every verdict but one that needs a stage that was not run."""
    simple = {"bag of words": 0.55, "token embeddings (block 0)": 0.71}
    validate = [
        score("heldout.auc", 0.934, 0.012, 0.5, 0.523, baselines=simple),
        score("heldout.auc above bag of words", 0.384, 0.02, 0.0),
        score("heldout.auc above token embeddings (block 0)", 0.224, 0.018, 0.0),
        score("heldout.top1", 0.31, 0.02, 1 / 171, 0.02),
        score(
            "heldout.top5",
            0.564,
            0.021,
            5 / 171,
            0.049,
            baselines={"bag of words": 0.61, "token embeddings (block 0)": 0.2},
        ),
        score(
            "heldout.cluster",
            0.68,
            0.03,
            0.1,
            0.14,
            baselines={"bag of words": 0.13, "token embeddings (block 0)": 0.42},
        ),
        score("lens.rank", 0.81, 0.02, 0.5, 0.55, n=171, unit="words"),
        score("scenes.rank", 0.52, 0.06, 0.5, 0.56, n=60, unit="scenes"),
        score("scenes.diagonal", 0.75, 0.2, 1 / 12, 0.25, n=12, unit="words"),
        score("ladders.mean", 0.83, 0.09, 0.0, 0.31, n=12, unit="ladders", baselines={"harmless twins": 0.04}),
        score("ladder.dose", 0.94, 0.1, 0.0, 0.6, n=6, unit="numbers"),
        score("ladder.runway", 0.61, 0.3, 0.0, 0.6, n=6, unit="numbers"),
        score("colon.reply", 0.71, 0.05, 0.0, 0.4, n=60, unit="prompts"),
        score("colon.user", 0.55, 0.06, 0.0, n=60, unit="prompts"),
        score("colon.gain", 0.02, 0.03, 0.0, 0.05, n=60, unit="prompts"),
        score("pairs.number", 0.78, 0.1, 0.5, 0.6, n=24, unit="pairs"),
    ]
    mapped = [
        score("map.pc1.pleasure.margin", 0.07, 0.12, 0.0, n=45, unit="words"),
        score("map.pc1.pleasure", 0.77, 0.11, 0.0, 0.27, n=45, unit=CROSSED, baselines={BARE: 0.7}),
        score("map.pc2.arousal", 0.3, 0.2, 0.0, 0.28, n=45, unit="words", baselines={BARE: 0.22}),
        score("map.axes.arousal", 0.41, 0.18, 0.0, 0.4, n=45, unit="words"),
        score("map.groups10.lexicon", 0.36, 0.05, 0.0, n=171, unit="words"),
        score("map.variance.pc1", 0.214, 0.02, None, 0.31, n=171, unit="words"),
        score("rsa.late", 0.93, 0.01, 0.0, 0.96, n=171, unit="words"),
    ]
    return {"validate": Findings(tuple(validate)), "map": Findings(tuple(mapped))}


def lines(
    title: str = "Held-out stories by layer", alt: str = "A curve that rises to layer 4 and then falls."
) -> go.Figure:
    """A small figure of two lines with their names."""
    figure = go.Figure()
    layers = np.arange(6)
    for hue, name, top in ((HUES[0], "vectors", 0.93), (HUES[1], "token embeddings (block 0)", 0.71)):
        figure.add_scatter(x=layers, y=top - 0.02 * (layers - 4.0) ** 2, name=name, line={"color": hue})
    return dressed(figure, title, alt)


def cells(title: str = "Cosines", alt: str = "Two blocks of similar words.") -> go.Figure:
    """A small map of signed values."""
    words = ["calm", "at ease", "afraid", "on edge"]
    z = np.array([[1, 0.7, -0.5, -0.4], [0.7, 1, -0.3, -0.6], [-0.5, -0.3, 1, 0.8], [-0.4, -0.6, 0.8, 1]])
    figure = go.Figure(
        go.Heatmap(z=z, x=words, y=words, zmid=0, colorscale=[[0, "#2166ac"], [0.5, "#f7f7f7"], [1, "#b2182b"]])
    )
    return dressed(figure, title, alt)


def dressed(figure: go.Figure, title: str, alt: str) -> go.Figure:
    """As figures of the package are: no template, a clear ground, an alternative text, and what differs on a phone."""
    figure.update_layout(
        template="none",
        title={"text": title, "font": {"size": 15, "color": INK}},
        font={"size": 12, "color": INK},
        height=320,
        autosize=True,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        meta={"alt": alt, "narrow": {"layout": {"height": 280, "margin": {"l": 60, "r": 12}, "showlegend": False}}},
    )
    figure.update_xaxes(showgrid=False, zeroline=False, linecolor=SOFT, tickfont_color=SOFT)
    return figure.update_yaxes(showgrid=False, zeroline=False, linecolor=SOFT, tickfont_color=SOFT)


def figures() -> dict[str, list[FigureBlock]]:
    """Figures that claims name, and some that none does."""
    return {
        "write": [FigureBlock("screening", lines("Texts kept and rejected"), "What the screen did.")],
        "validate": [
            FigureBlock(
                "heldout", lines(), "AUC at every layer; the layer was chosen on other topics than those scored."
            ),
            FigureBlock("snippets", lines("Passages"), "A figure that no claim names."),
        ],
        "map": [FigureBlock("similarity", cells(), "Cosine of every two vectors, in clustering order.")],
    }


@cache
def study(register: str = "pocket", title: str = "Emotion concepts in pocket", model: str = "pocket") -> Study:
    """The whole of it."""
    stages = findings()
    results = judge(stages, register, COMMANDS, claims())
    return Study(title, model, register, stages, results, COMMANDS, HASHES, figures())
