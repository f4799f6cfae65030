"""How a keyword leg and a vector leg become one ranking: pure rules, and the SQL that states them.

Nothing here knows a table. An app writes its one statement around these expressions.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Documents that the keyword leg scores: those with the rarest of the words asked for. To score
# every document that holds a common word is what makes full text slow on a large table.
CANDIDATES = 200
# Rows that each leg hands to the combination. More would stretch the range that scores are
# normalised over; measured on StackFAQ, 20 ranks better than 40. pgvector's ef_search is 40.
LEG_ROWS = 20
# Words scored; a question of 3,000 characters has hundreds, and the rarest decide.
TERMS_SCORED = 32
# A trigram that no document holds is mostly the seam between two words, not an unknown word.
UNKNOWN_GRAM_SHARE = 0.3
# ts_rank of a word that stands once in the title (weight A = 1.0); see calc_rank_or in tsrank.c.
TITLE_RANK = 1.0 / 1.64493406685


@dataclass(frozen=True)
class Weights:
    """Of scores normalised to 0..1 within a query; only their ratio matters."""

    vector: float
    keyword: float


@dataclass(frozen=True)
class Term:
    """A lexeme of the question, and how many documents hold it."""

    lexeme: str
    documents: int
    rarity: float


def rarity(documents: int, containing: int) -> float:
    """Inverse document frequency as BM25 has it (Robertson & Zaragoza 2009), never negative."""
    containing = min(containing, documents)
    return math.log(1 + (documents - containing + 0.5) / (containing + 0.5))


def rarest_terms(counts: Iterable[tuple[str, int]], documents: int) -> list[Term]:
    """(lexeme, documents that hold it) -> the terms worth scoring, rarest first."""
    terms = [Term(lexeme, held, rarity(documents, held)) for lexeme, held in counts]
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


def rank_sql(terms: Sequence[Term], column: str) -> tuple[str, list[str | float]]:
    """SQL of the keyword score of one row, with its parameters.

    The sum over terms of rarity x ts_rank: alone, a term's ts_rank grows ever slower with each
    occurrence and knows the weights of title and body, which makes the sum near to BM25. ts_rank
    of a whole question knows no rarity.
    """
    parts = [f"%s * ts_rank({column}, %s::tsquery)" for _ in terms]
    parameters: list[str | float] = []
    for term in terms:
        parameters += [round(term.rarity, 4), quoted(term.lexeme)]
    return " + ".join(parts) or "0", parameters


def coverage_sql(terms: Sequence[Term], rank: str) -> tuple[str, list[float]]:
    """SQL of how much of what was asked a row of this rank holds, 0..1, with its parameters.

    1 is every word in the title. A word that no document holds counts against every row.
    """
    unknown = [term for term in terms if not term.documents]
    asked = sum(asked_rarity(term) for term in [*scored_terms(terms), *unknown])
    return f"least(1, coalesce({rank}, 0) / %s)", [round(TITLE_RANK * asked, 4) or 1.0]


def asked_rarity(term: Term) -> float:
    is_gram = "\u0e00" <= term.lexeme[0] <= "\u0e7f" and not term.documents
    return term.rarity * (UNKNOWN_GRAM_SHARE if is_gram else 1)


def by_maximum_sql(column: str) -> str:
    """0..1 within the query: 0 is a true zero, no word in common. The best row is 1."""
    return f"coalesce({column} / nullif(max({column}) OVER (), 0), 0)"


def min_max_sql(column: str) -> str:
    """0..1 within the query: a model's cosines crowd into a narrow band that says nothing by
    itself. Rows without a vector are 0, one row alone (or equal ones) 1."""
    span = f"nullif(max({column}) OVER () - min({column}) OVER (), 0)"
    return (
        f"CASE WHEN {column} IS NULL THEN 0"
        f" ELSE coalesce(({column} - min({column}) OVER ()) / {span}, 1) END"
    )


def combined_sql(rank: str, cosine: str) -> str:
    """SQL of the combined score, 0..1, over all rows found; see `combined_parameters`.

    A leg in which nothing was found takes its weight out of the sum.
    """
    weight = (
        f"CASE WHEN max({rank}) OVER () > 0 THEN %s ELSE 0 END"
        f" + CASE WHEN max({cosine}) OVER () IS NULL THEN 0 ELSE %s END"
    )
    score = f"%s * {by_maximum_sql(rank)} + %s * {min_max_sql(cosine)}"
    return f"coalesce(({score}) / nullif({weight}, 0), 0)"


def combined_parameters(weights: Weights) -> list[float]:
    return [weights.keyword, weights.vector, weights.keyword, weights.vector]
