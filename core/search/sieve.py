"""Which documents can be among the best for several words, by counts alone: pure rules.

The index of an app says at what level a document holds a word (LEVELS: how much BM25 gives for it),
and how many documents hold it so well. From that follows what score the best few hundred documents
reach, and which words at which levels together reach it: these combinations are the queries.
It is the thought of MaxScore (Turtle & Flood 1995), with the bounds in the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.search.hybrid import Term, quoted

# A document's level for a word is how many of these its weighted occurrences, over its length,
# reach. An app's migration builds its index by them.
THRESHOLDS = (0.4, 0.6, 0.9, 1.3, 1.7, 2.1, 2.6, 3.1, 3.6, 4.2)
LEVELS = range(1, len(THRESHOLDS) + 1)
# Occurrences that stand for all of a level, from level 0 on, and what BM25 makes of them (k1 1.2).
TYPICAL = (0.3, 0.5, 0.75, 1.1, 1.5, 1.9, 2.3, 2.8, 3.3, 3.9, 5.0)
WORTH = tuple(2.2 * times / (times + 1.2) for times in TYPICAL)
# Levels told apart, by the number of words: their combinations multiply, and among documents with
# several words of a question fine differences in one decide less.
FINE = {1: range(11), 2: range(11), 3: (0, 3, 5, 7, 9), 4: (0, 3, 6, 8)}
COARSE = (0, 3, 6)
# Words that are combined; more common ones are ranked, but do not choose.
WORDS = 8
# Documents that the queries may be expected to find together.
BUDGET = 120
# So few documents are ranked whole rather than told apart further.
FEW = 80
# Combinations. Of many words that are all very common there would be a thousand.
MOST = 100
BINS = 128


@dataclass(frozen=True)
class Step:
    """One word at one level: `worth` to a score, and the share of documents that hold it so."""

    token: str
    worth: float
    share: float


def picks(terms: Sequence[Term], documents: int) -> list[str]:
    """tsqueries that together find the documents that rank best, the most promising first.

    Any of the words where they are rare enough (`are_few`). The terms are rarest first.
    """
    held = [term for term in terms if term.documents]
    if not held:
        return []
    if are_few(held):
        return [" | ".join(quoted(term.lexeme) for term in held)]
    ladders = [ladder(term, documents, len(held)) for term in held[:WORDS]]
    found = combinations(ladders, reached(ladders, documents), FEW / documents)
    return queries([tuple(step.token for step in chosen) for chosen in found])


def are_few(terms: Sequence[Term]) -> bool:
    """Whether all the documents with any of the words can be ranked."""
    return sum(term.documents for term in terms) <= BUDGET


def queries(combinations: Sequence[tuple[str, ...]]) -> list[str]:
    """One tsquery for all combinations with the same first token: so the index reads the long list
    of a common word once for all of them."""
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for first, *others in combinations:
        by_first.setdefault(quoted(first), []).append(tuple(others))
    return [
        token if () in rest else f"{token} & ({' | '.join(queries(rest))})"
        for token, rest in by_first.items()
    ]


def ladder(term: Term, documents: int, words: int) -> list[Step]:
    """The levels of a word that some document reaches, from the bottom up."""
    counts = (term.documents, *term.levels)
    return [
        Step(
            f"{term.lexeme}~{level}" if level else term.lexeme,
            term.rarity * WORTH[level],
            counts[level] / documents,
        )
        for level in FINE.get(words, COARSE)
        if level < len(counts) and counts[level]
    ]


def reached(ladders: Sequence[Sequence[Step]], documents: int) -> float:
    """The score that BUDGET documents may be expected to reach.

    Expected as if words came independently of each other: the distribution of a sum. In truth
    related ones come together, so there are more.
    """
    unit = sum(steps[-1].worth for steps in ladders) / BINS
    scores = [1.0]
    for steps in ladders:
        scores = summed(scores, exact_shares(steps, unit))
    found = 0.0
    for place in range(len(scores) - 1, 0, -1):
        found += scores[place] * documents
        if found >= BUDGET:
            return place * unit
    return 0.0


def exact_shares(steps: Sequence[Step], unit: float) -> list[tuple[int, float]]:
    """(worth in whole units, share of the documents at just this level), from level none on."""
    above = [*(step.share for step in steps[1:]), 0.0]
    levels = [
        (int(step.worth / unit), step.share - more) for step, more in zip(steps, above, strict=True)
    ]
    return [(0, 1 - steps[0].share), *levels]


def summed(scores: Sequence[float], shares: Sequence[tuple[int, float]]) -> list[float]:
    sums = [0.0] * (len(scores) + shares[-1][0])
    for place, share in enumerate(scores):
        if share:
            for more, its_share in shares:
                sums[place + more] += share * its_share
    return sums


def combinations(
    ladders: Sequence[Sequence[Step]], needed: float, few: float
) -> list[tuple[Step, ...]]:
    """The least steps that together are worth what is needed, one of a ladder at most.

    A combination that few documents (as a share) hold is not continued: it finds all that could
    come of it.
    """
    most_left = [0.0]
    for steps in reversed(ladders):
        most_left.append(most_left[-1] + steps[-1].worth)
    most_left.reverse()
    found: list[tuple[Step, ...]] = []

    def climb(place: int, needed: float, share: float, chosen: tuple[Step, ...]) -> None:
        if place == len(ladders) or most_left[place] < needed:
            return
        climb(place + 1, needed, share, chosen)
        for step in ladders[place]:
            missing, less = needed - step.worth, share * step.share
            if missing > 0 and less > few:
                climb(place + 1, missing, less, (*chosen, step))
            elif missing <= most_left[place + 1]:
                found.append((*chosen, step))
                return

    climb(0, needed, 1.0, ())
    return sorted(found, key=lambda steps: -sum(step.worth for step in steps))[:MOST]
