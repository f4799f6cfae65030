"""Questions that are nearly the same as another: likely the same FAQ a second time.

Alike are two texts by the trigrams of characters that both hold, of those that either holds
(Jaccard). Found by prefix filtering (Chaudhuri et al. 2006): two sets that are this much alike
share at least one of the rarest few of each, so only those are indexed and looked up, and a file
of n questions is not compared with each of m documents.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from core.search.text import words

ALIKE = 0.6
GRAM = 3
# Documents that a question is compared with at most: thousands made from one pattern share theirs.
COMPARED = 100

Grams = frozenset[str]


def grams(question: str) -> Grams:
    text = f" {' '.join(words(question))} "
    return frozenset(text[start : start + GRAM] for start in range(max(1, len(text) - GRAM + 1)))


class Questions:
    """`rarity_of` are texts of the kind that is to be compared, to tell which trigrams are rare."""

    def __init__(self, rarity_of: Iterable[str]) -> None:
        self.counts = Counter(gram for text in rarity_of for gram in grams(text))
        self.keys: list[str] = []
        self.sets: list[Grams] = []
        self.holding: dict[str, list[int]] = defaultdict(list)

    def add(self, key: str, question: str) -> None:
        found = grams(question)
        for gram in self.rarest(found):
            self.holding[gram].append(len(self.keys))
        self.keys.append(key)
        self.sets.append(found)

    def nearest(
        self, question: str, others: Iterable[tuple[str, str]] = ()
    ) -> tuple[str, float] | None:
        """The key of the most alike question, and how alike it is; None below ALIKE.

        `others` are keys and questions that it is compared with first.
        """
        asked = grams(question)
        best: tuple[str, float] | None = None
        near = [(key, grams(other)) for key, other in others]
        for key, found in [*near, *map(self.added, self.candidates(asked))]:
            both = len(asked & found)
            alike = both / (len(asked) + len(found) - both)
            if alike >= ALIKE and (best is None or alike > best[1]):
                best = key, alike
        return best and (best[0], round(best[1], 2))

    def added(self, place: int) -> tuple[str, Grams]:
        return self.keys[place], self.sets[place]

    def candidates(self, asked: Grams) -> list[int]:
        """Those with the rarest trigrams first."""
        found: dict[int, None] = {}
        for gram in self.rarest(asked):
            for place in self.holding.get(gram, ()):
                found[place] = None
                if len(found) == COMPARED:
                    return list(found)
        return list(found)

    def rarest(self, found: Grams) -> list[str]:
        needed = len(found) - math.ceil(ALIKE * len(found)) + 1
        return sorted(found, key=lambda gram: (self.counts[gram], gram))[:needed]
