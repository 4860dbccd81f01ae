"""Every architecture is read, steered and extracted exactly, against a computation in float64 that shares no code.

The reference here is a copy of the network in float64, plain hooks on the blocks (found by name, per architecture),
one unpadded text at a time, and the method of the paper in a few lines of numpy.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from affectlab.core import Readout, Steer, Tokens
from affectlab.models.base import Row, Sampling
from affectlab.models.batches import plan_batches
from affectlab.models.hf.load import from_network
from affectlab.models.hf.model import HFModel
from affectlab.models.verbs import collect
from affectlab.testing import check_model
from affectlab.testing.tiny import ARCHITECTURES, tiny_network, tiny_tokenizer
from affectlab.testing.trial import Collector
from affectlab.text import Corpus, corpus_of
from affectlab.vectors.extract import Recipe, extract
from affectlab.vectors.gather import groups
from affectlab.vectors.texts import UsableTexts

Array = NDArray[np.float64]
START = 20
RECIPE = Recipe(start=START, minimum=3)
BLOCKS = {
    "gpt2": "transformer.h",
    "falcon": "transformer.h",
    "bloom": "transformer.h",
    "gpt_neox": "gpt_neox.layers",
    "opt": "model.decoder.layers",
}
architectures = pytest.mark.parametrize("architecture", ARCHITECTURES)


class Reference(NamedTuple):
    """What float64 says."""

    streams: list[Array]
    """Per text [layers, tokens, width]."""
    raw: Array
    clean: Array


class Subject(NamedTuple):
    """An architecture, its texts and the truth about them."""

    network: Any
    exact: Any
    corpus: Corpus
    texts: list[list[int]]
    labels: list[int]
    reference: Reference


def blocks_of(network: Any, architecture: str) -> Any:
    return network.get_submodule(BLOCKS.get(architecture, "model.layers"))


def streams_of(exact: Any, architecture: str, ids: list[int]) -> Array:
    """[layers, tokens, width] after every block, of one text."""
    kept: list[Array] = []

    def keep(_: Any, __: Any, output: Any) -> None:
        kept.append((output[0] if isinstance(output, tuple) else output)[0].numpy())

    handles = [block.register_forward_hook(keep) for block in blocks_of(exact, architecture)]
    with torch.no_grad():
        exact(input_ids=torch.tensor([ids]), use_cache=False)
    for handle in handles:
        handle.remove()
    return np.stack(kept)


def exact_copy(network: Any) -> Any:
    exact = copy.deepcopy(network).double()
    exact.set_experts_implementation("eager")  # the fused kernel knows no float64
    return exact


def vectors_of(streams: list[Array], labels: Sequence[int]) -> tuple[Array, Array]:
    """Raw and cleaned vectors [layers, emotions, width] by the book."""
    means = np.stack([stream[:, START:].mean(axis=1) for stream in streams])
    emotions = np.stack([means[np.array(labels) == label].mean(axis=0) for label in range(max(labels) + 1)], axis=1)
    raw = emotions - emotions.mean(axis=1, keepdims=True)
    tokens = np.concatenate([s[:, START:] for s, label in zip(streams, labels, strict=True) if label < 0], axis=1)
    clean = np.empty_like(raw)
    for layer, block in enumerate(tokens):
        values, vectors = np.linalg.eigh(np.cov(block.T))
        share = np.cumsum(values[::-1]) / values.sum()
        count = int((share < 0.5).sum()) + 1
        assert np.abs(share - 0.5).min() > 1e-5, "the number of components hangs on rounding: choose other texts"
        top = vectors[:, ::-1][:, :count]
        clean[layer] = raw[layer] - raw[layer] @ top @ top.T
    return raw, clean


@cache
def subject(architecture: str, make: Callable[..., Any]) -> Subject:
    network = tiny_network(architecture)
    # Not equally many of each emotion: a mean of stories is no mean of emotion means.
    rows = [row for row in make() if row["id"] not in ("calm-0", "calm-1", "sad-5")]
    corpus, tokenizer = corpus_of(rows), tiny_tokenizer()
    texts, labels = [], []
    for row in (corpus.row(place) for place in range(len(corpus))):
        written = row.get("text") or tokenizer.apply_chat_template(row["turns"], tokenize=False)
        texts.append(tokenizer(written, add_special_tokens="text" in row)["input_ids"])
        labels.append(corpus.emotions.index(row["emotion"]) if "emotion" in row else -1)
    exact = exact_copy(network)
    streams = [streams_of(exact, architecture, ids) for ids in texts]
    return Subject(network, exact, corpus, texts, labels, Reference(streams, *vectors_of(streams, labels)))


def model_of(found: Subject, **options: Any) -> HFModel:
    return from_network(found.network, tiny_tokenizer(), "tiny", **options)


def cosine(a: Any, b: Any) -> Array:
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    found: Array = (a * b).sum(axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return found


def worst_error(found: Sequence[Any], expected: Sequence[Array]) -> float:
    """Largest relative error of a token."""
    return max(
        float((np.linalg.norm(ours - theirs, axis=-1) / np.linalg.norm(theirs, axis=-1)).max())
        for ours, theirs in zip(found, expected, strict=True)
    )


def collected(model: HFModel, texts: Sequence[Sequence[int]]) -> list[Any]:
    collector = Collector(range(model.blocks))
    for _ in model.run([Row(tuple(ids)) for ids in texts], collector):
        pass
    return collector.streams()


@architectures
@pytest.mark.parametrize("padding", ["right", "left"])
def test_hidden_states_are_exact_at_every_layer(architecture: str, padding: str, labelled: Any) -> None:
    found = subject(architecture, labelled)
    assert min(map(len, found.texts)) < 100 < max(map(len, found.texts)), "padding and windows are at work"
    model = model_of(found, padding=padding)
    assert worst_error(collected(model, found.texts), found.reference.streams) < 1e-4
    alone = [collected(model, [ids])[0] for ids in found.texts[:3]]
    assert worst_error(alone, found.reference.streams[:3]) < 1e-4


@architectures
@pytest.mark.parametrize(("padding", "budget"), [("right", 10**6), ("left", 10**6), ("right", 1)])
def test_vectors_are_exact_at_every_layer(architecture: str, padding: str, budget: int, labelled: Any) -> None:
    found = subject(architecture, labelled)
    model = model_of(found, padding=padding)
    texts = UsableTexts(model, found.corpus, START)
    plan = plan_batches(texts.lengths, budget, groups(texts), padding=1.0)
    assert (max(map(len, plan.batches)) > 1) == (budget > 1)
    vectors = extract(model, found.corpus, recipe=RECIPE, plan=plan).vectors
    assert cosine(vectors.raw, found.reference.raw).min() > 0.99999
    assert cosine(vectors.clean, found.reference.clean).min() > 0.99999


@architectures
def test_differences_between_emotions_and_layers_exceed_rounding(architecture: str, labelled: Any) -> None:
    """What the cosines above would be had a layer or a label been wrong: nowhere near one."""
    raw, streams = subject(architecture, labelled).reference.raw, subject(architecture, labelled).reference.streams
    assert cosine(raw[:-1], raw[1:]).max() < 0.98
    assert cosine(np.roll(raw, 1, axis=1), raw).max() < 0.6
    norms = np.stack([np.linalg.norm(stream, axis=-1).mean(axis=1) for stream in streams]).mean(axis=0)
    assert (np.linalg.norm(raw, axis=-1) / norms[:, None]).min() > 0.03


@architectures
def test_vectors_in_bfloat16_are_those_of_float64(architecture: str, labelled: Any) -> None:
    """Against the weights as they were before they were rounded, so that the rounding of weights counts too."""
    found = subject(architecture, labelled)
    network = copy.deepcopy(found.network).to(torch.bfloat16)
    vectors = extract(from_network(network, tiny_tokenizer()), found.corpus, recipe=RECIPE).vectors
    assert vectors.header["model"]["dtype"] == "bfloat16"
    assert cosine(vectors.raw, found.reference.raw).min() > 0.999


SITES = (1, 3)
STEPS = 5


class Continuation(NamedTuple):
    """What a network says and does after some tokens."""

    tokens: list[int]
    logprobs: list[float]
    streams: Array


def continued(exact: Any, architecture: str, ids: list[int], deltas: Array, start: int) -> Continuation:
    """Greedy steps in float64, the whole sequence anew each time, `deltas` added at SITES from `start` on."""
    sequence, logprobs, kept = list(ids), [], {}

    def edit(site: int) -> Callable[..., Any]:
        def hook(_: Any, __: Any, output: Any) -> Any:
            stream = (output[0] if isinstance(output, tuple) else output).clone()
            if site in SITES:
                stream[:, start:] += torch.from_numpy(deltas[SITES.index(site)])
            kept[site] = stream[0].numpy()
            return (stream, *output[1:]) if isinstance(output, tuple) else stream

        return hook

    handles = [block.register_forward_hook(edit(site)) for site, block in enumerate(blocks_of(exact, architecture))]
    for _ in range(STEPS):
        with torch.no_grad():
            table = torch.log_softmax(exact(input_ids=torch.tensor([sequence]), use_cache=False).logits[0, -1], dim=-1)
        sequence.append(int(table.argmax()))
        logprobs.append(float(table.max()))
    for handle in handles:
        handle.remove()
    return Continuation(sequence[len(ids) :], logprobs, np.stack([kept[site] for site in sorted(kept)]))


@architectures
@pytest.mark.parametrize("cached", [True, False])
def test_steered_replies_are_exact_alone_and_in_a_batch(architecture: str, cached: bool, labelled: Any) -> None:
    found, random = subject(architecture, labelled), np.random.default_rng(7)
    model = model_of(found, cached=cached)
    prompts = [found.texts[0][:9], found.texts[1][:40], found.texts[2][:23]]
    scale = np.array([np.linalg.norm(found.reference.streams[0][site], axis=-1).mean() for site in SITES])
    probes = random.standard_normal((model.blocks, 3, model.width)).astype(np.float32)
    readout = Readout(tuple(range(model.blocks)), probes)
    rows, expected = [], []
    for number, ids in enumerate(prompts):
        drawn = random.standard_normal((len(SITES), model.width))
        deltas = (0.5 * scale[:, None] * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
        start = len(ids) + number - 1
        steer = Steer(SITES, deltas, Tokens("from", start))
        sampling = Sampling(STEPS, ignore_end=True)
        rows.append(Row(tuple(ids), steer=steer, sampling=sampling, readout=readout))
        expected.append(continued(found.exact, architecture, ids, deltas.astype(np.float64), start))
    for replies in (collect(model, rows), [collect(model, [row])[0] for row in rows]):
        for reply, truth in zip(replies, expected, strict=True):
            assert list(reply.tokens) == truth.tokens
            np.testing.assert_allclose(reply.logprobs, truth.logprobs, atol=1e-4)
            readings = np.einsum("ltw,lpw->tlp", truth.streams, probes)
            assert reply.scores is not None
            assert np.abs(reply.scores - readings).max() < 1e-4 * np.abs(readings).max()


@architectures
def test_the_contract_is_kept(architecture: str, labelled: Any) -> None:
    check_model(model_of(subject(architecture, labelled)))


@pytest.mark.slow
@architectures
@pytest.mark.parametrize(("padding", "cached"), [("left", True), ("left", False)])
def test_the_contract_is_kept_on_the_slow_ways_too(
    architecture: str, padding: str, cached: bool, labelled: Any
) -> None:
    check_model(model_of(subject(architecture, labelled), padding=padding, cached=cached))


@pytest.mark.parametrize("architecture", ["llama", "gemma3_text", "bloom"])
def test_the_contract_is_kept_in_bfloat16(architecture: str, labelled: Any) -> None:
    network = copy.deepcopy(subject(architecture, labelled).network).to(torch.bfloat16)
    check_model(from_network(network, tiny_tokenizer()))
