"""What will the reply be like? The reading at the ":" against the reading at the user's last token, as predictors of
the mean reading of the reply that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectlab.core import Convention, Doubles, Floats, Score
from affectlab.models.base import Model, Sampling
from affectlab.models.chat import ChatTokens, encode_chat
from affectlab.models.verbs import generate
from affectlab.stats import bootstrap
from affectlab.vectors.pooled import COLON, before_answer, pooled
from affectlab.vectors.read import read
from affectlab.vectors.vectorset import VectorForm, VectorSet

DEALS = 1000
"""How often a null is drawn."""


def colon_readings(
    model: Model,
    vectors: VectorSet,
    said: Sequence[str],
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
    form: VectorForm | None = None,
) -> Floats:
    """The reading of every emotion at the ":" before the answer to each of these, [texts, emotions]."""
    rows = [before_answer(model, text) for text in said]
    found = pooled(model, vectors, rows, layers=[layer], convention=convention)
    return found.readings(vectors, layer, pool=COLON, form=form)


@dataclass(frozen=True, eq=False)
class ReplyReadings:
    """Readings of the same prompts at three places, each [prompts, emotions]."""

    user: Floats
    colon: Floats
    reply: Floats


def reply_readings(
    model: Model,
    vectors: VectorSet,
    prompts: Sequence[str],
    sampling: Sampling,
    *,
    layer: int,
    convention: Convention = Convention.CENTRED,
) -> ReplyReadings:
    """Let the model answer each prompt, and read the user's last token, the ":" and the reply."""
    chats = [[{"role": "user", "content": prompt}] for prompt in prompts]
    replies = generate(model, chats, sampling)
    said = [
        [*chat, {"role": "assistant", "content": reply.text.strip() or "."}]
        for chat, reply in zip(chats, replies, strict=True)
    ]
    user, colon, mean = [], [], []
    for chat, (reading,) in zip(said, read(model, vectors, said, layers=[layer], convention=convention), strict=True):
        before = encode_chat(model.tokenizer, chat[:1], generation=True)
        whole = encode_chat(model.tokenizer, chat, generation=False)
        user.append(reading.scores[last_of_user(before)])
        colon.append(reading.scores[before.colon])
        mean.append(reading.scores[whole.content & (whole.turn == 1)].mean(axis=0))
    return ReplyReadings(np.stack(user), np.stack(colon), np.stack(mean))


def last_of_user(chat: ChatTokens) -> int:
    """The last token of the last thing a user said."""
    mine = [place for place in range(len(chat.tokens)) if chat.content[place] and chat.role(place) == "user"]
    return mine[-1]


def colon_scores(
    found: ReplyReadings, *, layer: int, convention: Convention = Convention.CENTRED, seed: int = 0
) -> list[Score]:
    """The correlation of reading and reply across prompts, within each emotion, averaged; and the gain of the ":".

    Prompts are resampled, the two places in pairs; the null pairs each reply with another prompt.
    """
    stacked = np.stack([found.user, found.colon, found.reply], axis=1).astype(np.float64)
    prompts = len(stacked)
    shift = np.concatenate([found.reply[1:], found.reply[:1]])
    nulls = {"replies of other prompts": float(_mean_correlation(found.colon, shift))}
    parts = {
        "colon.reply": lambda rows: _mean_correlation(rows[:, 1], rows[:, 2]),
        "colon.user": lambda rows: _mean_correlation(rows[:, 0], rows[:, 2]),
        "colon.gain": lambda rows: (
            _mean_correlation(rows[:, 1], rows[:, 2]) - _mean_correlation(rows[:, 0], rows[:, 2])
        ),
    }
    scores = []
    for name, statistic in parts.items():
        interval = bootstrap(stacked, statistic, resamples=500, seed=seed)
        ends = (interval.value, interval.low, interval.high)
        scores.append(Score(name, *ends, prompts, "prompts", 0.0, nulls, {}, layer, convention))
    return scores


def contrast_score(
    name: str, one: Floats, other: Floats, columns: Sequence[int], layer: int, *, seed: int = 0
) -> Score:
    """How much higher some emotions read after one kind of prompt than after another.

    Prompts of both kinds are resampled. One null deals them to the kinds by chance; the other takes as many emotions by
    chance, since kinds of prompts may differ in all of them.
    """
    both = np.concatenate([one[:, columns], other[:, columns]]).astype(np.float64).mean(axis=1)
    kinds = np.repeat([1.0, 0.0], [len(one), len(other)])
    found = bootstrap(np.stack([both, kinds], axis=1), _difference, seed=seed)
    generator = np.random.default_rng(seed)
    dealt = [abs(_difference(np.stack([both, generator.permutation(kinds)], axis=1))) for _ in range(DEALS)]
    each = one.mean(axis=0, dtype=np.float64) - other.mean(axis=0, dtype=np.float64)
    sets = [abs(each[generator.choice(len(each), len(columns), replace=False)].mean()) for _ in range(DEALS)]
    nulls = {"kinds by chance": float(np.quantile(dealt, 0.95)), "emotions by chance": float(np.quantile(sets, 0.95))}
    return Score(name, *found, "prompts", 0.0, nulls, {}, layer, Convention.CENTRED)


def _difference(rows: Doubles) -> float:
    first = rows[:, 1] > 0
    if first.all() or not first.any():
        return 0.0
    return float(rows[first, 0].mean() - rows[~first, 0].mean())


def _mean_correlation(one: Doubles | Floats, other: Doubles | Floats) -> float:
    """Correlation across prompts within each emotion, averaged over emotions."""
    left, right = one - one.mean(axis=0), other - other.mean(axis=0)
    norms = np.sqrt((left**2).sum(axis=0) * (right**2).sum(axis=0))
    products = (left * right).sum(axis=0)
    return float(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0).mean())
