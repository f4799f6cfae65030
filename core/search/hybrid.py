"""What a keyword leg looks for, and how sure it is of what it found: pure rules.

Nothing here knows a table. An app ranks by BM25 over the candidates that these queries pick.
"""

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from core.search.text import SYNONYMS

# Documents that the keyword leg scores: those with the rarest of the words asked for. To score
# every document that holds a common word is what makes full text slow on a large table.
CANDIDATES = 200
# Rows that each leg hands to the combination. More would stretch the range that scores are
# normalised over; measured on StackFAQ, 20 ranks better than 40. It is no more than any ef_search.
LEG_ROWS = 20
# Words scored; a question of 3,000 characters has hundreds, and the rarest decide.
TERMS_SCORED = 32
# A trigram that no document holds is mostly the seam between two words, not an unknown word.
UNKNOWN_GRAM_SHARE = 0.3
# A word in the body may stand there by the way; in the title it is what the document is about.
BODY_SHARE = 0.4


@dataclass(frozen=True)
class Weights:
    """Of scores normalised to 0..1 within a query; only their ratio matters."""

    vector: float
    keyword: float


@dataclass(frozen=True)
class Term:
    """A lexeme of the question, and how many documents hold it.

    `levels` counts those that hold it at level 1 or above, at 2 or above, ... (sieve.py), where an
    app's index knows levels.
    """

    lexeme: str
    documents: int
    rarity: float
    levels: tuple[int, ...] = ()


def rarity(documents: int, containing: int) -> float:
    """Inverse document frequency as BM25 has it (Robertson & Zaragoza 2009), never negative."""
    containing = min(containing, documents)
    return math.log(1 + (documents - containing + 0.5) / (containing + 0.5))


def rarest_terms(
    counts: Iterable[tuple[str, int]], documents: int, levels: Iterable[Sequence[int]] = ()
) -> list[Term]:
    """(lexeme, documents that hold it), and by levels -> the terms worth scoring, rarest first."""
    terms = [
        Term(lexeme, held, rarity(documents, held), tuple(by_level))
        for (lexeme, held), by_level in zip(counts, chain(levels, repeat(())), strict=False)
    ]
    return sorted(terms, key=lambda term: (term.documents, term.lexeme))


def scored_terms(terms: Sequence[Term]) -> list[Term]:
    """Those that some document holds, at most TERMS_SCORED."""
    return [term for term in terms if term.documents][:TERMS_SCORED]


def candidate_queries(terms: Sequence[Term], documents: int, budget: int = CANDIDATES) -> list[str]:
    """The tsqueries that pick candidates; the caller takes at most `budget` rows of each.

    Any of the rarest terms, as many as together stay within the budget, then the next ones
    together: of "villa near Kathu", all of Kathu's documents, then some on a villa nearby.
    """
    held = [term for term in terms if term.documents]
    rare: list[Term] = []
    while held and sum(term.documents for term in rare) + held[0].documents <= budget:
        rare.append(held.pop(0))
    queries = [" | ".join(quoted(term.lexeme) for term in rare)] if rare else []
    if held and not (rare and len(held) == 1):
        queries += common_queries(held, documents)
    return queries


def common_queries(terms: Sequence[Term], documents: int) -> list[str]:
    """As many terms together as may be expected to fill a leg, the rarest of them first.

    Expected as if words came independently of each other; in truth related ones come together,
    so there are more. Where two together are too few, also some of the first one's documents.
    """
    together = [terms[0]]
    expected = float(terms[0].documents)
    for term in terms[1:]:
        fewer = expected * term.documents / documents
        if len(together) > 1 and fewer < LEG_ROWS:
            break
        together.append(term)
        expected = fewer
    queries = [" & ".join(quoted(term.lexeme) for term in together)]
    if len(together) == 2 and expected < LEG_ROWS:
        queries.append(quoted(terms[0].lexeme))
    return queries


def quoted(lexeme: str) -> str:
    """A lexeme inside the text of a tsquery."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def asked_terms(terms: Sequence[Term]) -> list[Term]:
    """What a document is held against. A word that none holds counts against every one."""
    return [*scored_terms(terms), *(term for term in terms if not term.documents)]


def asked(terms: Sequence[Term]) -> float:
    """How much was asked for in all."""
    return sum(map(asked_rarity, asked_terms(terms)))


def looked_for(terms: Sequence[Term]) -> list[Term]:
    """What a document's words are compared with: the terms that rank, then other words for what was
    asked, which rank nothing but say as surely what is meant."""
    given = {term.lexeme for term in asked_terms(terms)}
    others = {other for word in given for other in SYNONYMS.get(word, ())} - given
    return [*scored_terms(terms), *(Term(lexeme, 0, 0.0) for lexeme in sorted(others))]


def meant(terms: Sequence[Term], lexemes: Container[str]) -> list[Term]:
    """Those of which a word or another for it is among the lexemes."""
    return [
        term
        for term in terms
        if any(word in lexemes for word in SYNONYMS.get(term.lexeme, (term.lexeme,)))
    ]


def unknown_share(terms: Sequence[Term]) -> float:
    """How much of what was asked no document holds, 0..1; 1 where there is no word at all."""
    unknown = sum(asked_rarity(term) for term in terms if not term.documents)
    return unknown / asked(terms) if unknown < asked(terms) else 1.0


def coverage(in_title: Iterable[Term], in_body: Iterable[Term], asked: float) -> float:
    """How much of what was asked a document holds, 0..1; 1 is every word in the title."""
    held = sum(term.rarity for term in in_title) + BODY_SHARE * sum(t.rarity for t in in_body)
    return min(1.0, held / asked) if asked else 0.0


def asked_rarity(term: Term) -> float:
    return term.rarity * asked_share(term)


def asked_share(term: Term) -> float:
    """How far a term counts as a word that was asked for, 0..1."""
    is_gram = "\u0e00" <= term.lexeme[0] <= "\u0e7f" and not term.documents
    return UNKNOWN_GRAM_SHARE if is_gram else 1
