"""The options of all commands that read, steer and load, each with its one meaning."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

LAYERS = "all|4|2-5|0.66"
TOKENS = "all|prompt|reply|turn|'from N'"

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, and nothing else.")]

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A local folder, a hub id, or fake: a small model with planted emotions.")
]
DtypeOption = Annotated[Literal["float32", "bfloat16"], typer.Option(help="The numbers the model computes with.")]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE",
        help="Where the model runs: cpu, cuda, cuda:0, mps, xpu, or auto to spread it. Default: cuda:0 if it is there.",
    ),
]
RevisionOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Branch, tag or commit of a model on the hub.")
]
TrustOption = Annotated[bool, typer.Option("--trust-remote-code", help="Run the code that comes with the model.")]

VectorsArgument = Annotated[
    str, typer.Argument(metavar="VECTORS", help="A vectors file, as extract writes it. It knows its model.")
]
MovedModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="MODEL", help="Where the model lies now, if it has moved. It must be the same model."
    ),
]
FormOption = Annotated[
    Literal["clean", "raw"] | None,
    typer.Option(help="Vectors without the neutral components, or as they came. Default: clean if there are any."),
]
LayerOption = Annotated[
    int | None, typer.Option("--layer", metavar="N", help="Which layer. Default: the one the vectors prefer.")
]
SteeredLayersOption = Annotated[
    str | None,
    typer.Option(
        metavar=LAYERS, help="Which are steered, together. Default: those from half to two thirds of the depth."
    ),
]
SteerTokensOption = Annotated[
    str, typer.Option("--tokens", metavar=TOKENS, help="To which tokens the steering is added.")
]
SeedOption = Annotated[int, typer.Option(metavar="N", min=0, help="Another seed draws other nulls and resamples.")]
