"""The whole path on pocket, the small model that ships with affectlab. Run it with `make demo`.

Pocket is a model organism: its emotions were planted by us. What is found in it shows that the instrument works; it
says nothing about large models.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from transformers.utils.logging import disable_progress_bar

import affectlab
from affectlab import lexicon
from affectlab.checks.colon import colon_readings
from affectlab.checks.ladders import NUMBER, Ladder
from affectlab.cli.entry import run
from affectlab.geometry import principal_axes
from affectlab.pocket import items
from affectlab.report.figures import ladder_figure, map_figure, save

FOLDER = Path("out/demo")
STORIES, NEUTRAL, VECTORS = FOLDER / "stories", FOLDER / "neutral", FOLDER / "vectors.safetensors"
READING, MAP, LADDER = (FOLDER / name for name in ("reading.html", "map.html", "ladder.html"))
SAMPLE = {"stories": 1026, "neutral": 100}
PLANTED = "Pocket: a planted truth, not a finding about language models"


def draw_map(vectors: affectlab.VectorSet) -> None:
    """The first two axes of the vectors, coloured by how pleasant people say the words are."""
    assert vectors.clean is not None
    axes = principal_axes(vectors.clean[vectors.place(vectors.default_layer)])
    rated = {emotion.name: emotion.pleasure for emotion in lexicon.emotions()}
    pleasure = np.array([rated[name] if rated[name] is not None else np.nan for name in vectors.emotions], dtype=float)
    places = axes.places[:, :2].copy()
    known = np.isfinite(pleasure)
    places[:, 0] *= np.sign(np.corrcoef(places[known, 0], pleasure[known])[0, 1])
    names = (f"first axis, {axes.shares[0]:.0%} of the variance", f"second axis, {axes.shares[1]:.0%}")
    figure = map_figure(
        places,
        vectors.emotions,
        pleasure,
        title=f"Where {len(vectors.emotions)} emotion concepts lie. {PLANTED}",
        axes=names,
        shade="pleasure by human ratings (grey: not rated)",
    )
    save(figure, MAP)


def draw_ladder(model: affectlab.Model, vectors: affectlab.VectorSet, ladder: Ladder) -> None:
    """Readings at the ":" before the answer, as the number in one sentence grows."""
    drawn = []
    for wordings in (ladder.wordings, ladder.twins):
        said = [wording.replace(NUMBER, f"{value:g}") for value in ladder.values for wording in wordings]
        found = colon_readings(model, vectors, said, layer=vectors.default_layer)
        by_number = found.reshape(len(ladder.values), len(wordings), -1).mean(axis=1).astype(np.float64)
        drawn.append({probe: by_number[:, vectors.index(probe)] for probe in ladder.rises})
    title = f"\u201c{ladder.wordings[0].replace(NUMBER, 'N')}\u201d. Dotted: where N is harmless"
    save(ladder_figure(ladder.values, *drawn, title=title, number="N"), LADDER)


def show(*arguments: str) -> None:
    """Run one command of affectlab, as it would be typed."""
    print("\n$ affectlab " + " ".join(f"'{word}'" if " " in word else word for word in arguments), flush=True)
    code = run(list(arguments))
    if code:
        raise SystemExit(code)


def main() -> None:
    """Texts, vectors, a map, a reading, a ladder, and a reply with and without steering."""
    began = time.monotonic()
    disable_progress_bar()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind, folder in (("stories", STORIES), ("neutral", NEUTRAL)):
        show("write", "pocket", "--kind", kind, "--sample", str(SAMPLE[kind]), "-o", str(folder))
    stories = affectlab.read_corpus(STORIES)
    print(f"\nOne of them, asked for as \u201c{stories.labels[0]}\u201d:\n  {stories.text(0)}")
    show("extract", "pocket", str(STORIES), str(NEUTRAL), "-o", str(VECTORS))
    model, vectors = affectlab.load("pocket"), affectlab.load_vectors(VECTORS)
    draw_map(vectors)
    paragraph = items.held_texts("a", 1, seed=4)[0][lexicon.names().index("terrified")]
    show("read", str(VECTORS), paragraph, "--convention", "centred", "--html", str(READING))
    draw_ladder(model, vectors, items.ladders()[0])
    asked = items.human_prompts(["worried"], 1)[0]
    show("steer", str(VECTORS), "0.25*angry", asked, "--layers", "3-5", "--max-tokens", "60")
    print(f"\nDone in {time.monotonic() - began:.0f} s. {PLANTED}.\nPictures, to be opened in a browser:")
    for what, path in (("the map", MAP), ("the reading", READING), ("the ladder", LADDER)):
        print(f"  {what:12} {path}")


if __name__ == "__main__":
    main()
