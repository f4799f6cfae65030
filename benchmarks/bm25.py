"""Plain BM25 (k1 1.2, b 0.75) over whole texts, to hold the keyword leg against. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from core.search.text import STOP_WORDS, is_thai, thai_grams, words

K1, B = 1.2, 0.75


def terms(text: str) -> list[str]:
    """Words without stop words, Thai as character trigrams."""
    found: list[str] = []
    for word in words(text):
        found.extend(thai_grams(word) if is_thai(word) else [word])
    return [term for term in found if term not in STOP_WORDS]


class Bm25:
    def __init__(
        self, texts: Mapping[str, str], split: Callable[[str], Sequence[str]] = terms
    ) -> None:
        self.split = split
        counted = {id: Counter(split(text)) for id, text in texts.items()}
        self.lengths = {id: counts.total() for id, counts in counted.items()}
        self.average = fmean(self.lengths.values())
        self.postings: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for id, counts in counted.items():
            for term, count in counts.items():
                self.postings[term].append((id, count))

    def ranked(self, question: str, limit: int) -> list[str]:
        scores: dict[str, float] = defaultdict(float)
        for term in self.split(question):
            holders = self.postings.get(term, [])
            rarity = self.rarity(len(holders))
            for id, count in holders:
                share = 1 - B + B * self.lengths[id] / self.average
                scores[id] += rarity * count * (K1 + 1) / (count + K1 * share)
        return sorted(scores, key=lambda id: (-scores[id], id))[:limit]

    def rarity(self, holders: int) -> float:
        return math.log(1 + (len(self.lengths) - holders + 0.5) / (holders + 0.5))
