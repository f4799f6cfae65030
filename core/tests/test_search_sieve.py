import random
import re
from bisect import bisect_right
from collections import Counter

import pytest

from core.search import hybrid, sieve

DOCUMENTS = 2_000
VOCABULARY = [f"w{number}" for number in range(400)]


@pytest.fixture(scope="module")
def collection():
    """Documents as word -> weighted occurrences, in which words come by Zipf's law."""
    rng = random.Random(1)
    weights = [1 / rank for rank in range(1, len(VOCABULARY) + 1)]
    documents = []
    for _ in range(DOCUMENTS):
        title, body = rng.choices(VOCABULARY, weights, k=4), rng.choices(VOCABULARY, weights, k=30)
        held = Counter(body)
        length = len(set(title + body))
        occurrences = {
            word: (2 * title.count(word) + 0.5 * held[word]) / (0.25 + 0.75 * length / 25)
            for word in {*title, *body}
        }
        documents.append(occurrences)
    return documents


@pytest.fixture(scope="module")
def levels(collection):
    return [
        {word: bisect_right(sieve.THRESHOLDS, times) for word, times in document.items()}
        for document in collection
    ]


@pytest.fixture(scope="module")
def tokens(levels):
    return [
        {
            f"{word}~{level}" if level else word
            for word, at in held.items()
            for level in range(at + 1)
        }
        for held in levels
    ]


def terms(words, levels):
    held = {word: [at[word] for at in levels if word in at] for word in words}
    counts = [(word, len(found)) for word, found in held.items()]
    by_level = [
        [sum(level >= least for level in found) for least in sieve.LEVELS]
        for found in held.values()
    ]
    return hybrid.rarest_terms(counts, DOCUMENTS, by_level)


def finder(picks):
    """Whether one of these queries finds a document, given as the tokens that it has."""
    either = " | ".join(f"({pick})" for pick in picks).replace("&", "and").replace("|", "or")
    code = compile(re.sub(r"('[^']+')", r"(\1 in held)", either), "picks", "eval")
    return lambda tokens: eval(code, {"held": tokens})


def best_scores(documents, asked):
    def score(document):
        return sum(
            term.rarity * 2.2 * document[term.lexeme] / (document[term.lexeme] + 1.2)
            for term in asked
            if term.lexeme in document
        )

    return sorted((score(document) for document in documents), reverse=True)[:10]


@pytest.mark.parametrize("count", range(1, 9))
def test_the_best_ten_are_among_a_few(collection, levels, tokens, count):
    rng = random.Random(count)
    for _ in range(3):
        asked = terms(rng.sample(VOCABULARY[:60], count), levels)
        picks = sieve.picks(asked, DOCUMENTS)
        finds = finder(picks)
        found = [document for document, held in zip(collection, tokens, strict=True) if finds(held)]
        assert len(found) < DOCUMENTS / 3
        assert best_scores(found, asked) == best_scores(collection, asked)


def test_rare_words_are_all_taken():
    asked = hybrid.rarest_terms([("a", 3), ("b", 5), ("none", 0)], 1000)
    assert sieve.picks(asked, 1000) == ["'a' | 'b'"]


@pytest.mark.parametrize("counts", [[], [("none", 0)]])
def test_nothing_held_picks_nothing(counts):
    assert sieve.picks(hybrid.rarest_terms(counts, 1000), 1000) == []


def test_a_word_that_is_common_is_taken_where_it_counts_most():
    levels = [[900_000, 500_000, 300_000, 90_000, 50_000, 20_000, 5_000, 900, 150, 20]]
    asked = hybrid.rarest_terms([("villa", 950_000)], 1_000_000, levels)
    assert sieve.picks(asked, 1_000_000) == ["'villa~9'"]


def test_a_rare_word_and_a_common_one():
    """All of the rare one's documents, and the common one's best."""
    levels = [[9, 9, 8, 7, 6, 4, 3, 2, 1, 0], [90_000, 50_000, 9_000, 900, 90, 9, 0, 0, 0, 0]]
    asked = hybrid.rarest_terms([("kathu", 10), ("villa", 300_000)], 1_000_000, levels)
    assert sieve.picks(asked, 1_000_000) == ["'kathu'", "'villa~4'"]


@pytest.mark.parametrize("documents", [10, 1_000, 1_000_000])
def test_counts_that_cannot_be_pick_something(documents):
    """Counts of another transaction than the number of documents: more than there are."""
    asked = hybrid.rarest_terms([("a", 2 * documents), ("b", 1)], documents, [[0] * 10, [5] * 10])
    assert sieve.picks(asked, documents)


def test_words_without_levels_are_combined():
    asked = hybrid.rarest_terms([("a", 5_000), ("b", 20_000), ("c", 30_000)], 100_000)
    assert sieve.picks(asked, 100_000)


def test_many_common_words_make_no_flood_of_queries():
    counts = [(f"w{n}", 100_000 + n) for n in range(40)]
    levels = [[90_000, 50_000, 20_000, 9_000, 5_000, 2_000, 900, 500, 90, 10]] * 40
    picks = sieve.picks(hybrid.rarest_terms(counts, 1_000_000, levels), 1_000_000)
    assert 0 < len(picks) <= sieve.MOST
