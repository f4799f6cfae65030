"""FAQ search: the question's words are looked up, then both legs are ranked by the database."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.cache import cache
from django.urls import get_script_prefix, reverse

from core.search import hybrid
from core.search.degraded import degraded_today, vector_in_time
from core.search.embeddings import Embedder
from core.search.hybrid import Term, Weights
from core.search.serving import serving_of
from faq import indexing
from faq.grounds import TALK, is_measure, synonyms
from faq.ranking import Found, Question, Words, look_up_words, ranked

QUERY_MAX_LENGTH = 4_000
# Whether anything matched is said by so many of the best, however many are asked for.
JUDGED = 5


@dataclass(frozen=True)
class Answer:
    """`results` are dicts as the API shows them, best first; `degraded`: without the vector leg.

    `surest` is the confidence of the surest of the best JUDGED, shown or not. `matched` is false
    when that is no answer (`FaqConfig.confidence_floor`): then they are only the nearest that there
    are. `explanation` is there when it was asked for.
    """

    results: list[dict[str, Any]]
    model: str
    surest: float
    degraded: bool = False
    cached: bool = False
    explanation: dict[str, Any] | None = None

    @property
    def matched(self) -> bool:
        return bool(self.surest > 0 and self.surest >= settings.FAQ.confidence_floor)


def search(
    text: str,
    *,
    limit: int | None = None,
    language: str | None = None,
    own: str | None = None,
    explain: bool = False,
) -> Answer:
    """Published documents for a question of up to QUERY_MAX_LENGTH characters.

    `language` keeps only documents in it; else those in the visitor's `own`, or else the text's,
    count for more. `score` (0..1) compares the results of one query with
    each other; `confidence` (0..1) says how much of what was asked a result holds. `explain` says
    how each result came by its place; it is never cached.
    """
    question = Question(text.strip(), limit or settings.FAQ.top_k, language, own)
    return answer(question, explain=explain)


def answer(question: Question, model: Embedder | None = None, *, explain: bool = False) -> Answer:
    """By the model that serves, if no other one is named."""
    words = look_up(question.text)
    model = model or serving_of(words.served_by)
    limit, question = question.limit, replace(question, limit=max(question.limit, JUDGED))
    key = cache_key(question, words.version, model)
    if not explain and (results := cache.get(key)) is not None:
        return Answer(results[:limit], model.model, surest_of(results), cached=True)
    timeout = settings.FAQ.embedding_timeout
    vector = vector_in_time(question.text, model, timeout, indexing.documents.name)
    found = ranked(question, words, vector, model, weights_of(model, words))
    results = as_results(found, words, model)
    given = Answer(results[:limit], model.model, surest_of(results), degraded=vector is None)
    if explain:
        return replace(given, explanation=explained(found[:limit], words, vector, model))
    # As many as are given by themselves: a page of more takes the cache four times the memory.
    if vector is not None and len(results) <= max(settings.FAQ.top_k, JUDGED):
        cache.set(key, results, settings.FAQ.cache_ttl)
    return given


def look_up(text: str) -> Words:
    """With another word for one that no document holds: the FAQs say "children", not "kids"."""
    words = look_up_words(text)
    others = synonyms(term.lexeme for term in words.terms if not term.documents)
    if not others:
        return words
    asked = {term.lexeme for term in words.terms}
    wider = look_up_words(" ".join([text, *others]))
    terms = [term for term in wider.terms if term.documents or term.lexeme in asked]
    return replace(wider, terms=terms)


def surest_of(results: Sequence[Mapping[str, Any]]) -> float:
    return max((result["confidence"] for result in results[:JUDGED]), default=0.0)


def cache_key(question: Question, version: UUID | None, model: Embedder) -> str:
    """Of whatever an answer depends on."""
    asked = [question, version, model.model, model.dimensions, settings.FAQ]
    return f"faq:search:{hashlib.blake2b(orjson.dumps(asked), digest_size=16).hexdigest()}"


def weights_of(model: Embedder, words: Words) -> Weights:
    """Letters without meaning are there for words that no document holds, misspelt ones: they
    count for as much of the question as those make up, unless they are all that counts."""
    weights: Weights = settings.FAQ.weights(semantic=model.semantic)
    if model.semantic or not weights.keyword:
        return weights
    return replace(weights, vector=weights.vector * hybrid.unknown_share(words.terms))


def as_results(found: Sequence[Found], words: Words, model: Embedder) -> list[dict[str, Any]]:
    """As the API shows them."""
    documents = documents_under(get_script_prefix())
    terms = [term for term in hybrid.asked_terms(words.terms) if term.lexeme not in TALK]
    lexemes = lexemes_of(words)
    return [result(documents, row, confidence(row, terms, lexemes, model)) for row in found]


@lru_cache(maxsize=8)
def documents_under(prefix: str) -> str:
    """Path of the documents; to look it up for each search took a thirtieth of one."""
    # Staff keep FAQs, and judge their search, where there is no route to them too.
    return reverse("faq-documents") if settings.FAQ_ENABLED else ""


def result(documents: str, row: Found, sure: float) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "slug": row.slug,
        "question": row.question,
        "answer": row.answer,
        "category": row.category,
        "language": row.language,
        "score": round(row.score, 4),
        "confidence": round(sure, 4),
        "source": {
            "kind": "faq",
            "id": str(row.id),
            "title": row.question,
            "url": f"{documents}/{row.id}",
        },
    }


def confidence(row: Found, terms: Sequence[Term], lexemes: Sequence[str], model: Embedder) -> float:
    """How much of what was asked a document holds, and of its subject, or how sure a model is of
    it; 0..1."""
    subject = [term for term in terms if not is_measure(term.lexeme)]
    held = min(held_of(terms, row, lexemes), held_of(subject, row, lexemes))
    if not model.semantic or row.cosine is None:
        return held
    return max(held, settings.FAQ.meaning(row.cosine))


def held_of(terms: Sequence[Term], row: Found, lexemes: Sequence[str]) -> float:
    in_question = hybrid.meant(terms, at(row.in_question, lexemes))
    in_answer = hybrid.meant(terms, at(row.in_answer, lexemes))
    elsewhere = [term for term in in_answer if term not in in_question]
    return hybrid.coverage(in_question, elsewhere, sum(map(hybrid.asked_rarity, terms)))


def lexemes_of(words: Words) -> list[str]:
    return [term.lexeme for term in hybrid.looked_for(words.terms)]


def at(places: Sequence[int] | None, lexemes: Sequence[str]) -> list[str]:
    return [lexemes[place - 1] for place in places or ()]


def explained(
    found: Sequence[Found], words: Words, vector: Sequence[float] | None, model: Embedder
) -> dict[str, Any]:
    """How the results came by their order, for staff."""
    weights, lexemes = weights_of(model, words), lexemes_of(words)
    return {
        "weights": {
            "keyword": weights.keyword,
            "vector": weights.vector if vector is not None else 0.0,
        },
        "confidence_floor": settings.FAQ.confidence_floor,
        "documents": words.documents,
        "degraded_today": degraded_today(indexing.documents.name),
        "terms": [
            {"lexeme": t.lexeme, "documents": t.documents, "rarity": round(t.rarity, 4)}
            for t in words.terms
        ],
        "results": [reasons(place, row, lexemes) for place, row in enumerate(found, 1)],
    }


def reasons(place: int, row: Found, lexemes: Sequence[str]) -> Mapping[str, Any]:
    return {
        "rank": place,
        "id": str(row.id),
        "slug": row.slug,
        "score": round(row.score, 4),
        "keyword": {
            "raw": round(row.rank, 4),
            "normalised": round(row.keyword, 4),
            "in_question": at(row.in_question, lexemes),
            "in_answer": at(row.in_answer, lexemes),
        },
        "vector": {
            "raw": None if row.cosine is None else round(row.cosine, 4),
            "normalised": round(row.closeness, 4),
        },
    }
