"""`affectlab steer`: what a model writes with emotion concepts turned up or down, beside what it writes without."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand

from affectlab.cli.asked import asked_steering, warn_of_steering
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
from affectlab.cli.running import running
from affectlab.cli.texts import abridged, given_text

if TYPE_CHECKING:
    from affectlab.core import Steer
    from affectlab.models.base import Model, Sampling
    from affectlab.models.verbs import Prompt, Reply

ExpressionArgument = Annotated[
    str,
    typer.Argument(
        metavar="EXPR",
        help="What to add: strengths and emotion concepts, as in '0.05*calm - 0.02*desperate'.",
    ),
]
PromptArgument = Annotated[str, typer.Argument(metavar="PROMPT", help="What to answer; - reads standard input.")]
LayersOption = Annotated[
    str | None, typer.Option(metavar=LAYERS, help="Where to add it. Default: the layer the vectors prefer.")
]
MaximumOption = Annotated[int, typer.Option(metavar="N", help="How many tokens to generate at most.")]
TemperatureOption = Annotated[float, typer.Option(metavar="T", help="0 takes the likeliest token each time.")]
SeedOption = Annotated[int, typer.Option(metavar="N", min=0, help="Both replies are drawn with this seed.")]
TopOption = Annotated[
    float, typer.Option(metavar="P", help="Draw from the fewest tokens that hold this much of the probability.")
]
ChatOption = Annotated[
    bool | None,
    typer.Option(
        "--chat/--plain",
        help="The prompt is a user's message, or text to go on with. Default: a message if the model has a template.",
    ),
]

_BEGINS_WITH_MINUS = re.compile(r"-\s*(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*\*", re.IGNORECASE)


class SteerCommand(TyperCommand):
    """Lets EXPR begin with a minus, as in `-0.05*calm`, which would otherwise be taken for an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        place = self._place_of_expression(args)
        if place is not None and _BEGINS_WITH_MINUS.match(args[place]):
            args = [*args[:place], f" {args[place]}", *args[place + 1 :]]
        return super().parse_args(ctx, args)

    def _place_of_expression(self, words: list[str]) -> int | None:
        """Where the second argument stands, options and their values left out, if it stands before a `--`."""
        with_value = {name for option in self.params if not getattr(option, "is_flag", True) for name in option.opts}
        seen, value_of_option = 0, False
        for place, word in enumerate(words):
            if value_of_option:
                value_of_option = False
            elif word == "--":
                return None
            elif word.startswith("-") and len(word) > 1 and not _BEGINS_WITH_MINUS.match(word):
                value_of_option = word in with_value
            else:
                seen += 1
                if seen == 2:
                    return place
        return None


class Replies(NamedTuple):
    """What a model writes for one prompt, without steering and with it."""

    plain: Reply
    steered: Reply


def steer(
    vectors: VectorsArgument,
    expression: ExpressionArgument,
    prompt: PromptArgument,
    layers: LayersOption = None,
    tokens: SteerTokensOption = "all",
    max_tokens: MaximumOption = 64,
    temperature: TemperatureOption = 0.0,
    seed: SeedOption = 0,
    top_p: TopOption = 1.0,
    chat: ChatOption = None,
    form: FormOption = None,
    model: MovedModelOption = None,
    device: DeviceOption = None,
    trust_remote_code: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Generate with emotion concepts turned up or down, and without.

    Both replies run in one batch and are drawn with the same seed.
    """
    with running("steer", locals()) as run:
        from affectlab.models.base import Sampling
        from affectlab.report.terminal import replies_text

        text = given_text(prompt, "prompt")
        sampling = Sampling(max_tokens, temperature, top_p, seed)
        given = open_vectors(run, vectors)
        steering = asked_steering(given, expression, layers, tokens, form, where="EXPR")
        subject = open_their_model(run, given, model, device=device, trust_remote_code=trust_remote_code)
        replies = _replies(subject, text, chat, sampling, steering)
        receipt = replies.steered.receipt
        assert receipt is not None
        outcome = {"text": replies.steered.text, "unsteered": replies.plain.text, "receipt": asdict(receipt)}
        warn_of_steering(receipt)
        logged = {**outcome, **{name: abridged(str(outcome[name])) for name in ("text", "unsteered")}}
        run.finish(outcome, replies_text(replies.plain.text, replies.steered.text, receipt), logged)


def _replies(model: Model, text: str, chat: bool | None, sampling: Sampling, steering: Steer) -> Replies:
    """Both in one batch of two rows, with one seed."""
    from affectlab.models.verbs import collect, prompt_row

    as_chat = model.tokenizer.template is not None if chat is None else chat
    prompt: Prompt = [{"role": "user", "content": text}] if as_chat else text
    row = replace(prompt_row(model, prompt), sampling=sampling)
    with stage("generating"):
        plain, steered = collect(model, [row, replace(row, steer=steering)])
    return Replies(plain, steered)
