"""What a search asks of the database: the words looked up, then both legs ranked.

The statements are functions of the database (migrations 0006, 0009, 0011), which keeps their plans.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from core.databases import steady_rows
from core.search import hybrid, sieve
from core.search.embeddings import Embedder
from core.search.hybrid import Term, Weights
from core.search.text import language_of, searchable
from faq.models import Document

# A scan of so many numbers is as quick as a walk through the index, and exact: 2,600 vectors of
# 384 numbers.
EXACT_NUMBERS = 1_000_000
# Neighbours that a walk through the index keeps in view, by how many documents there are at least.
# What it finds of the nearest ten is measured by `python -m benchmarks search_scale`.
IN_VIEW = ((200_000, 120), (0, 60))

# What a score counts for in another language than the question's, and how many more documents are
# read, so that one in the visitor's own is found among them.
OTHERS = 0.6
RIVALS = 5

# With whose vectors serve (core/search/serving.py), which would cost a round trip of its own.
WORDS = f"""
SELECT version, documents, average, lexemes, held, levels,
    (SELECT ARRAY[model, dims::text] FROM core_servingmodel
     WHERE collection = '{Document._meta.label_lower}')
FROM faq_words(%s)"""
RANKED = """
SELECT * FROM faq_ranked(
    %s::tsquery[], %s::tsquery[], %s, %s, %s::tsquery[], %s::float[], %s::float, %s::vector, %s,
    %s, %s::float, %s::float, %s::float, %s, %s
)
"""


@dataclass(frozen=True)
class Question:
    """`language` keeps only documents in it; those in the visitor's `own` come first, which is that
    of the text where it is not given."""

    text: str
    limit: int
    language: str | None = None
    own: str | None = None


@dataclass(frozen=True)
class Words:
    """A question's lexemes with their rarity, rarest first, in one version of the catalogue.

    `average` is how many different lexemes a document has, `served_by` the model and the size that
    were last recorded to serve.
    """

    version: UUID | None
    documents: int
    average: float
    terms: list[Term]
    served_by: tuple[str, int] | None = None


@dataclass(frozen=True)
class Effort:
    """At most how many documents the keyword leg ranks, of each of its queries and in all; None
    for all that hold one of the words. `exact`: the vectors are scanned, with no index.

    More than the usual effort is there to measure the usual one against.
    """

    of_each: int | None = 1_000
    in_all: int | None = 2_000
    exact: bool = False


USUAL = Effort()


class Found(NamedTuple):
    """A row of `faq_ranked`: raw scores `rank` (BM25) and `cosine`, normalised `keyword` and
    `closeness`. `in_question` and `in_answer` are places, from 1, in `hybrid.looked_for`."""

    id: UUID
    slug: str
    question: str
    answer: str
    category: str
    language: str
    score: float
    rank: float
    keyword: float
    cosine: float | None
    closeness: float
    in_question: list[int] | None
    in_answer: list[int] | None


def look_up_words(text: str) -> Words:
    [row] = steady_rows(WORDS, [searchable(text, language_of(text))])
    version, documents, average, lexemes, held, levels, last = row
    counts = zip(lexemes or (), held or (), strict=True)
    terms = hybrid.rarest_terms(counts, documents or 0, levels or ())
    served_by = (last[0], int(last[1])) if last else None
    return Words(version, documents or 0, average or 1.0, terms, served_by)


def ranked(
    question: Question,
    words: Words,
    vector: Sequence[float] | None,
    model: Embedder,
    weights: Weights,
    effort: Effort = USUAL,
) -> list[Found]:
    """The best documents by both legs, at most `question.limit`."""
    if not (model.semantic or weights.vector):
        vector = None
    picks, otherwise = candidates(words, effort)
    if not picks and vector is None:
        return []
    terms = hybrid.looked_for(words.terms)
    parameters: list[Any] = [
        picks,
        otherwise,
        effort.of_each,
        effort.in_all,
        [hybrid.quoted(term.lexeme) for term in terms],
        [term.rarity for term in terms],
        words.average,
        vector and orjson.dumps(vector).decode(),
        model.model,
        in_view(question, words, model, effort),
        model.noise,
        weights.keyword,
        weights.vector,
        question.language,
        question.limit + RIVALS,
    ]
    found = [Found(*row) for row in steady_rows(RANKED, parameters)]
    return own_first(found, question)[: question.limit]


def own_first(found: list[Found], question: Question) -> list[Found]:
    """Best first, where those in the question's language count for more: of a word that languages
    share, such as "visa", a visitor reads what is told in theirs."""
    if question.language:
        return found
    own = question.own or language_of(question.text)
    weighed = [
        row if row.language == own else row._replace(score=OTHERS * row.score) for row in found
    ]
    return sorted(weighed, key=lambda row: row.score, reverse=True)


def candidates(words: Words, effort: Effort) -> tuple[list[str], list[str]]:
    """tsqueries that find what is ranked, and others should these find next to nothing."""
    if effort.of_each is None:
        held = [hybrid.quoted(term.lexeme) for term in words.terms if term.documents]
        return ([" | ".join(held)], []) if held else ([], [])
    picks = sieve.picks(words.terms, words.documents)
    if sieve.are_few(words.terms):
        return picks, []
    return picks, hybrid.candidate_queries(words.terms, words.documents)


def in_view(question: Question, words: Words, model: Embedder, effort: Effort) -> int | None:
    """hnsw.ef_search; None for an exact scan. Never below what is asked for."""
    if effort.exact or words.documents * model.dimensions <= EXACT_NUMBERS:
        return None
    wide = next(view for documents, view in IN_VIEW if words.documents >= documents)
    return max(wide, question.limit)
