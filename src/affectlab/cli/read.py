"""`affectlab read`: the reading of each emotion concept at every token of a text or a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from affectlab.cli.asked import asked_emotions, asked_steering, warn_of_steering
from affectlab.cli.loading import open_their_model, open_vectors
from affectlab.cli.options import (
    LAYERS,
    DeviceOption,
    FormOption,
    JsonOption,
    MovedModelOption,
    SteerTokensOption,
    TrustOption,
    VectorsArgument,
)
from affectlab.cli.progress import stage
from affectlab.cli.running import Running, running
from affectlab.cli.texts import STANDARD_INPUT, given_prompt
from affectlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from affectlab.core import Reading, Steer
    from affectlab.vectors.vectorset import VectorForm, VectorSet

SHOWN = 5
"""How many emotions are shown in the terminal where none are named."""

TextArgument = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="What to read; - reads standard input.", show_default=False)
]
ChatOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help='Read a conversation: a JSON list of {"role", "content"}; - for standard input.'),
]
LayersOption = Annotated[
    str | None, typer.Option(metavar=LAYERS, help="Which layers. Default: the one the vectors prefer.")
]
ConventionOption = Annotated[
    Literal["projection", "cosine", "centred"],
    typer.Option(help="h.v, cos(h, v) or cos(h - neutral mean, v), with h the stream and v an emotion's unit vector."),
]
EmotionsOption = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,C", help=f"Which emotions. Default: all; the terminal shows the {SHOWN} that move furthest."
    ),
]
SteerOption = Annotated[str | None, typer.Option(metavar="EXPR", help="Read while this is added, as in '0.05*calm'.")]
SteerLayersOption = Annotated[
    str | None, typer.Option(metavar=LAYERS, help="Where it is added. Default: the layer the vectors prefer.")
]
PageOption = Annotated[str | None, typer.Option(metavar="FILE", help="Write the readings as a page for a browser.")]


def read(
    vectors: VectorsArgument,
    text: TextArgument = None,
    chat: ChatOption = None,
    layers: LayersOption = None,
    convention: ConventionOption = "cosine",
    emotions: EmotionsOption = None,
    form: FormOption = None,
    steer: SteerOption = None,
    steer_layers: SteerLayersOption = None,
    tokens: SteerTokensOption = "all",
    html: PageOption = None,
    model: MovedModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Read emotion concepts in a text or a conversation, token by token."""
    with running("read", locals()) as run:
        from affectlab.core import Convention
        from affectlab.files import check_writable
        from affectlab.vectors.read import read as read_texts
        from affectlab.vectors.store import sums_path

        prompt = given_prompt(text, chat)
        if html is not None:
            check_writable(html, [vectors, sums_path(vectors), *([] if chat in (None, STANDARD_INPUT) else [chat])])
        given = open_vectors(run, vectors)
        names = None if emotions is None else asked_emotions(given, emotions)
        asked: dict[str, Any] = {"layers": given.choose_layers(layers), "emotions": names, "form": form}
        asked["convention"] = Convention(convention)
        steering = _steering(given, steer, steer_layers, tokens, form)
        given.readout(**asked)  # so that what is wrong is said before a large model is loaded
        subject = open_their_model(run, given, model, device=device, trust_remote_code=trust_remote_code)
        with stage("reading"):
            [readings] = read_texts(subject, given, [prompt], steer=steering, **asked)
        if html is not None:
            _write_page(readings, subject.identity.id, html)
        _finish(run, readings, names, html)


def _steering(
    vectors: VectorSet, mix: str | None, layers: str | None, tokens: str, form: VectorForm | None
) -> Steer | None:
    if mix is not None:
        option = "--steer-layers"
        return asked_steering(vectors, mix, layers, tokens, form, where="--steer", layers_option=option)
    if layers is not None or tokens != "all":
        name = "--tokens" if layers is None else "--steer-layers"
        raise InputError("nothing is steered", where=name, expected="--steer EXPR beside it", fix=f"leave {name} away")
    return None


def _write_page(readings: Sequence[Reading], model: str, path: str) -> None:
    from affectlab.files import atomic_write
    from affectlab.report.page import reading_page

    page = reading_page(readings, model)
    with atomic_write(path) as file:
        file.write_text(page, encoding="utf-8")


def _finish(run: Running, readings: Sequence[Reading], names: Sequence[str] | None, html: str | None) -> None:
    from affectlab.report.summary import as_dict, furthest
    from affectlab.report.terminal import readings_text

    parts = [as_dict(reading) for reading in readings]
    outcome = parts[0] if len(parts) == 1 else {**parts[0], "layers": parts}
    logged = {
        "tokens": len(readings[0].tokens),
        "furthest": {reading.layer: furthest(reading, SHOWN) for reading in readings},
        "html": html,
    }
    shown = [(reading, names or furthest(reading, SHOWN)) for reading in readings]
    warn_of_steering(readings[0].receipt)
    run.finish(outcome, readings_text(shown), logged)
