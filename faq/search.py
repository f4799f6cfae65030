"""FAQ search: the question's words are looked up, then one statement ranks by both legs."""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from core.search import hybrid
from core.search.embeddings import Embedder, embedder
from core.search.hybrid import Term, Weights
from core.search.remote import EmbeddingUnavailable
from core.search.text import language_of, searchable

logger = logging.getLogger("faq.search")

QUERY_MAX_LENGTH = 4_000
RESULTS_MAX = 20
# This configuration also stems English words, and leaves Thai trigrams as they are: it fits a
# question of any script, and of several.
QUERY_CONFIG = "russian"
# pgvector goes on until the filters have let enough rows through. In force for this statement's
# transaction alone; a setting of the session would not survive PgBouncer.
ITERATIVE_SCAN = "SELECT set_config('hnsw.iterative_scan', 'strict_order', true);"

WORDS = f"""
SELECT c.version, coalesce(c.documents, 0), words.counts
FROM (
    SELECT json_agg(json_build_array(asked.lexeme, coalesce(l.documents, 0))) AS counts
    FROM unnest(tsvector_to_array(to_tsvector('{QUERY_CONFIG}', %s))) AS asked (lexeme)
    LEFT JOIN faq_lexeme l ON l.lexeme = asked.lexeme
) words
LEFT JOIN faq_catalogue c ON c.id = 1
"""


@dataclass(frozen=True)
class Question:
    text: str
    limit: int
    language: str | None = None


@dataclass(frozen=True)
class Answer:
    """`results` are dicts as the API shows them, best first; `degraded`: without the vector leg."""

    results: list[dict[str, Any]]
    model: str
    degraded: bool = False
    cached: bool = False


@dataclass(frozen=True)
class Words:
    """A question's lexemes with their rarity, rarest first, in one version of the catalogue."""

    version: UUID | None
    documents: int
    terms: list[Term]


def search(text: str, *, limit: int | None = None, language: str | None = None) -> Answer:
    """Published documents for a question of up to QUERY_MAX_LENGTH characters.

    `language` keeps only documents in it. `score` (0..1) compares the results of one query with
    each other; `confidence` (0..1) says how much of what was asked a result holds.
    """
    question = Question(text.strip(), limit or settings.FAQ.top_k, language)
    return answer(question, embedder())


def answer(question: Question, model: Embedder) -> Answer:
    words = look_up_words(question.text)
    key = cache_key(question, words.version, model)
    if (results := cache.get(key)) is not None:
        return Answer(results, model.model, cached=True)
    vector = vector_of(question.text, model)
    weights = settings.FAQ.weights(semantic=model.semantic)
    results = ranked(question, words, vector, model, weights)
    if vector is not None:
        cache.set(key, results, settings.FAQ.cache_ttl)
    return Answer(results, model.model, degraded=vector is None)


def look_up_words(text: str) -> Words:
    with connection.cursor() as cursor:
        cursor.execute(WORDS, [searchable(text, language_of(text))])
        version, documents, counts = cursor.fetchone()
    return Words(version, documents, hybrid.rarest_terms(counts or (), documents))


def cache_key(question: Question, version: UUID | None, model: Embedder) -> str:
    """Of whatever an answer depends on."""
    asked = [question, version, model.model, model.dimensions, settings.FAQ]
    return f"faq:search:{hashlib.blake2b(orjson.dumps(asked), digest_size=16).hexdigest()}"


def vector_of(text: str, model: Embedder) -> list[float] | None:
    """None when the model gives no vector in time: the keyword leg answers alone."""
    try:
        return model.embed([text], settings.FAQ.embedding_timeout)[0]
    except EmbeddingUnavailable as error:
        logger.warning("embedding unavailable", extra={"reason": str(error), "model": model.model})
        return None


def ranked(
    question: Question,
    words: Words,
    vector: list[float] | None,
    model: Embedder,
    weights: Weights,
) -> list[dict[str, Any]]:
    statement = Statement(question.language)
    statement.add_keyword_leg(words.terms, words.documents)
    if vector is not None:
        statement.add_vector_leg(vector, model)
    if not statement.legs:
        return []
    sql, parameters = statement.ranking(words.terms, weights, question.limit)
    with connection.cursor() as cursor:
        cursor.execute(ITERATIVE_SCAN + sql, parameters)
        cursor.nextset()
        rows = cursor.fetchall()
    documents = reverse("faq-documents")
    return [result(documents, model.semantic, *row) for row in rows]


class Statement:
    """The one SQL statement of a search, leg by leg. Parameters follow the order of the text."""

    def __init__(self, language: str | None) -> None:
        self.legs: dict[str, str] = {}
        self.parameters: list[Any] = []
        # Rank and cosine of a row that only the other leg found.
        self.rank, self.rank_parameters = "0", []  # type: tuple[str, list[Any]]
        self.cosine, self.cosine_parameters = "NULL::float", []  # type: tuple[str, list[Any]]
        self.noise = 0.0
        self.published = "d.status = 'published'"
        self.filter_parameters: list[Any] = []
        if language:
            self.published += " AND d.language = %s"
            self.filter_parameters = [language]

    def add_keyword_leg(self, terms: list[Term], documents: int) -> None:
        queries = hybrid.candidate_queries(terms, documents)
        if not queries:
            return
        rank, parameters = hybrid.rank_sql(hybrid.scored_terms(terms), "d.search")
        self.rank = f"(SELECT {rank} FROM faq_document d WHERE d.id = f.id)"
        self.rank_parameters = parameters
        picked = f"""
            SELECT d.id, {rank} AS rank FROM (
                SELECT d.id, d.search FROM faq_document d
                WHERE d.search @@ %s::tsquery AND {self.published} LIMIT {hybrid.CANDIDATES}
            ) d"""
        for query in queries:
            self.parameters += [*parameters, query, *self.filter_parameters]
        self.legs["keyword"] = f"""
            SELECT DISTINCT id, rank, NULL::float AS cosine
            FROM ({" UNION ALL ".join([picked] * len(queries))}) d
            ORDER BY rank DESC, id LIMIT {hybrid.LEG_ROWS}"""

    def add_vector_leg(self, vector: list[float], model: Embedder) -> None:
        size = int(model.dimensions)
        distance = f"e.v::vector({size}) <=> (SELECT v FROM asked)"
        by_model = f"e.dims = {size} AND e.model = %s"
        # The hash keeps out a vector of a text that has changed since. Behind OFFSET 0 the planner
        # looks documents up one by one as the index hands out vectors: it takes the equality of
        # two hashes for a rare event, and would rather sort the whole table.
        current = f"""
            SELECT 1 FROM faq_document d
            WHERE d.id = e.document_id AND d.content_hash = e.content_hash AND {self.published}
            OFFSET 0"""
        self.cosine = f"""(
            SELECT 1 - ({distance}) FROM faq_embedding e
            WHERE e.document_id = f.id AND {by_model}
            AND e.content_hash = (SELECT content_hash FROM faq_document d WHERE d.id = f.id))"""
        self.cosine_parameters = [model.model]
        self.noise = model.noise
        self.legs["asked"] = f"SELECT %s::vector({size}) AS v"
        self.legs["near"] = f"""
            SELECT e.document_id AS id, NULL::float AS rank, 1 - ({distance}) AS cosine
            FROM faq_embedding e CROSS JOIN LATERAL ({current}) d
            WHERE {by_model} ORDER BY {distance} LIMIT {hybrid.LEG_ROWS}"""
        literal = orjson.dumps(vector).decode()
        self.parameters += [literal, *self.filter_parameters, model.model]

    def ranking(self, terms: list[Term], weights: Weights, limit: int) -> tuple[str, list[Any]]:
        """The rows that either leg found, scored by both, and the best with their texts."""
        found = " UNION ALL ".join(
            f"SELECT id, rank, cosine FROM {leg}" for leg in self.legs if leg != "asked"
        )
        coverage, coverage_parameters = hybrid.coverage_sql(terms, "best.rank")
        legs = [f"{name} AS MATERIALIZED ({leg})" for name, leg in self.legs.items()]
        sql = f"""
        WITH {", ".join(legs)},
        found AS MATERIALIZED (
            SELECT f.id, coalesce(f.rank, {self.rank}) AS rank,
                coalesce(f.cosine, {self.cosine}) AS cosine
            FROM (
                SELECT id, max(rank) AS rank, max(cosine) AS cosine FROM ({found}) f GROUP BY id
            ) f
        ),
        best AS (
            SELECT *, {hybrid.combined_sql("rank", "cosine")} AS score FROM found
            WHERE rank > 0 OR cosine >= %s ORDER BY score DESC, rank DESC, id LIMIT %s
        )
        SELECT d.id, d.slug, d.question, d.answer,
            (SELECT slug FROM faq_category WHERE id = d.category_id), d.language,
            best.score, best.cosine, {coverage} AS coverage
        FROM best JOIN faq_document d ON d.id = best.id
        ORDER BY best.score DESC, best.rank DESC, best.id
        """
        ranked_by = [*hybrid.combined_parameters(weights), self.noise, limit]
        missing = [*self.rank_parameters, *self.cosine_parameters]
        return sql, [*self.parameters, *missing, *ranked_by, *coverage_parameters]


def result(
    documents: str,
    semantic: bool,
    id: UUID,
    slug: str,
    question: str,
    answer: str,
    category: str,
    language: str,
    score: float,
    cosine: float | None,
    coverage: float,
) -> dict[str, Any]:
    return {
        "id": str(id),
        "slug": slug,
        "question": question,
        "answer": answer,
        "category": category,
        "language": language,
        "score": round(score, 4),
        "confidence": round(max(coverage, meaning(cosine) if semantic else 0), 4),
        "source": {
            "kind": "faq",
            "id": str(id),
            "title": question,
            "url": f"{documents}/{id}",
        },
    }


def meaning(cosine: float | None) -> float:
    """How sure a model's cosine is, 0..1."""
    low, high = settings.FAQ.cosine_unrelated, settings.FAQ.cosine_certain
    return 0.0 if cosine is None else min(1.0, max(0.0, (cosine - low) / (high - low)))
