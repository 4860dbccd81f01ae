"""Who writes the texts that `affectlab write` is asked for: the model itself, here or in vLLM, or a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affectlab.cli.loading import open_model
from affectlab.cli.running import Running
from affectlab.errors import InputError

if TYPE_CHECKING:
    from affectlab.writing.writers.base import Writer

VLLM = "vllm"


def author_of(
    run: Running, model: str, url: str | None, name: str | None, output: str, **options: object
) -> tuple[Writer, str]:
    """Who writes, and in which register it is asked."""
    if name is not None and url in (None, VLLM):
        raise InputError("a model of no server", where="--writer-model", expected="--writer URL with it", found=name)
    if url is None:
        return _here(run, model, output, options)
    if url == VLLM:
        return _in_vllm(run, model, options)
    from affectlab.writing.writers.endpoint import EndpointWriter

    if name is None:
        raise InputError("which model of the server?", where="--writer", expected="--writer-model NAME", found=url)
    endpoint = EndpointWriter(url, name)
    run.note(model=endpoint.name)
    return endpoint, "general"


def _here(run: Running, model: str, output: str, options: dict[str, object]) -> tuple[Writer, str]:
    from affectlab.writing.folder import settings_begun
    from affectlab.writing.writers.subject import SubjectWriter

    subject = open_model(run, model, **options)
    # On an accelerator the budget follows the memory that is free, and other batches would draw other texts.
    writer = SubjectWriter(subject, budget=settings_begun(output, "budget"))
    return writer, subject.facts.get("register", "general")


def _in_vllm(run: Running, model: str, options: dict[str, object]) -> tuple[Writer, str]:
    from affectlab.writing.writers.offline import VllmWriter

    if options.pop("device") is not None:
        raise InputError("vLLM chooses the device itself", where="--device", fix="leave it out")
    writer = VllmWriter(model, **options)
    run.note(model=writer.name)
    return writer, writer.register
