"""Measures of a ranking against what is relevant, and how sure they are. Pure."""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

NAMES = ("MRR@10", "P@5", "MAP", "nDCG@10")
RESAMPLES = 1000
SEED = 20


@dataclass(frozen=True)
class Interval:
    """A mean over questions with its 95% bootstrap interval."""

    mean: float
    low: float
    high: float


def measures(ranked: Sequence[str], relevant: Collection[str]) -> tuple[float, ...]:
    """Of one question, in the order of NAMES. MAP is over the results given."""
    hits = [document in relevant for document in ranked]
    return (
        reciprocal_rank(hits[:10]),
        sum(hits[:5]) / 5,
        precision(hits, relevant),
        ndcg(hits, relevant),
    )


def reciprocal_rank(hits: Sequence[bool]) -> float:
    return next((1 / place for place, hit in enumerate(hits, 1) if hit), 0.0)


def precision(hits: Sequence[bool], relevant: Collection[str]) -> float:
    found = total = 0.0
    for place, hit in enumerate(hits, 1):
        if hit:
            found += 1
            total += found / place
    return total / len(relevant)


def ndcg(hits: Sequence[bool], relevant: Collection[str]) -> float:
    gained = sum(discount(place) for place, hit in enumerate(hits[:10], 1) if hit)
    return gained / sum(discount(place) for place in range(1, min(10, len(relevant)) + 1))


def discount(place: int) -> float:
    return 1 / math.log2(place + 1)


def intervals(by_question: Sequence[tuple[float, ...]]) -> list[Interval]:
    """Mean of each measure; the interval by drawing the questions anew RESAMPLES times."""
    rng = random.Random(SEED)
    count = len(by_question)
    draws = [rng.choices(range(count), k=count) for _ in range(RESAMPLES)]
    return [interval(values, draws) for values in zip(*by_question, strict=True)]


def interval(values: Sequence[float], draws: Sequence[Sequence[int]]) -> Interval:
    means = sorted(fmean([values[place] for place in draw]) for draw in draws)
    edge = round(0.025 * len(means))
    return Interval(fmean(values), means[edge], means[-edge - 1])


def fused(rankings: Sequence[Sequence[str]], k: int = 60) -> list[str]:
    """Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009)."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, document in enumerate(ranking, 1):
            scores[document] = scores.get(document, 0) + 1 / (k + place)
    return sorted(scores, key=lambda document: -scores[document])
