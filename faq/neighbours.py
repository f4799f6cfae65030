"""Stored questions that may be nearly the same as a new one, found by the index that searches use.

What is alike shares most of its words. So many rows are looked at, however large the catalogue is,
and no more: where all the words of a question are everyday ones, those that hold them best.
"""

import math
from collections.abc import Sequence

from django.db import connection

from core.search import sieve
from core.search.hybrid import Term
from core.search.tsqueries import at_least
from faq.models import Document
from faq.ranking import look_up_words

# Questions that a new one is compared with letter by letter, at most.
COMPARED = 200
# Words that must be shared, the rarest of a question; half of them at least.
WORDS = 6
# Documents that may hold that many, by how common the words are; of more the sieve finds the best.
HELD_MOST = 2_000

# Drafts and archived ones too: the index has them all.
NEAR = """
SELECT d.slug, d.question FROM unnest(%s::tsquery[]) WITH ORDINALITY AS pick (query, place)
CROSS JOIN LATERAL (
    SELECT d.slug, d.question FROM faq_document d
    WHERE faq_levels(d.search) @@ pick.query AND d.language = %s LIMIT %s
) d ORDER BY pick.place LIMIT %s
"""

Near = list[tuple[str, str]]  # slugs and questions


def near(question: str, language: str) -> Near:
    """The most promising first; some may be there twice."""
    words = look_up_words(question)
    picks = queries(words.terms, words.documents)
    if not picks:
        return []
    with connection.cursor() as cursor:
        cursor.execute(NEAR, [picks, language, COMPARED, COMPARED])
        return cursor.fetchall()


def queries(terms: Sequence[Term], documents: int) -> list[str]:
    """tsqueries for what holds all of the rarest words, then what a search would rank, then what
    holds half of them. `terms` are rarest first; only published documents are counted in them."""
    lexemes = [term.lexeme for term in terms[:WORDS]]
    if not lexemes:
        return []
    half = math.ceil(len(lexemes) / 2)
    found = [at_least(len(lexemes), lexemes), *sieve.picks(terms, documents)]
    # Whatever holds half of them holds one of these.
    needed = terms[: len(lexemes) - half + 1]
    if sum(term.documents for term in needed) <= HELD_MOST:
        found.append(at_least(half, lexemes))
    return found


def near_new(asked: Sequence[tuple[str, str, str]]) -> dict[str, Near]:
    """By slug, of (slug, question, language); what is stored by its slug is no new question."""
    slugs = [slug for slug, _, _ in asked]
    known = set(Document.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    return {
        slug: near(question, language) for slug, question, language in asked if slug not in known
    }
