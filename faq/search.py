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


def search(text: str, *, limit: int | None = None, language: str | None = None) -> Answer:
    """Published documents for a question of up to QUERY_MAX_LENGTH characters.

    `language` keeps only documents in it. `score` (0..1) compares the results of one query with
    each other; `confidence` (0..1) says how much of what was asked a result holds.
    """
    question = Question(text.strip(), limit or settings.FAQ.top_k, language)
    return answer(question, embedder())


def answer(question: Question, model: Embedder) -> Answer:
    weights = settings.FAQ.weights(semantic=model.semantic)
    version, terms = look_up_words(question.text)
    key = cache_key(question, version, model, weights)
    if (results := cache.get(key)) is not None:
        return Answer(results, model.model, cached=True)
    vector = vector_of(question.text, model)
    results = ranked(question, terms, vector, model, weights)
    if vector is not None:
        cache.set(key, results, settings.FAQ.cache_ttl)
    return Answer(results, model.model, degraded=vector is None)


def look_up_words(text: str) -> tuple[UUID | None, list[Term]]:
    """The catalogue's version, and the lexemes of a question with their rarity, rarest first."""
    with connection.cursor() as cursor:
        cursor.execute(WORDS, [searchable(text, language_of(text))])
        version, documents, counts = cursor.fetchone()
    return version, hybrid.rarest_terms(counts or (), documents)


def cache_key(question: Question, version: UUID | None, model: Embedder, weights: Weights) -> str:
    asked = [question.text, question.limit, question.language, version, model.model, weights]
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
    terms: list[Term],
    vector: list[float] | None,
    model: Embedder,
    weights: Weights,
) -> list[dict[str, Any]]:
    statement = Statement(question.language)
    statement.add_keyword_leg(terms)
    if vector is not None:
        statement.add_vector_leg(vector, model)
    if not statement.legs:
        return []
    sql, parameters = statement.ranking(terms, weights, question.limit)
    with connection.cursor() as cursor:
        cursor.execute(ITERATIVE_SCAN + sql, parameters)
        cursor.nextset()
        return [result(*row, semantic=model.semantic) for row in cursor.fetchall()]


class Statement:
    """The one SQL statement of a search, leg by leg. Parameters follow the order of the text."""

    def __init__(self, language: str | None) -> None:
        self.legs: list[str] = []
        self.parameters: list[Any] = []
        self.rank, self.rank_parameters = "NULL::float", []  # type: tuple[str, list[Any]]
        self.cosine = "NULL::float"
        self.embedding_join = ""
        self.join_parameters: list[Any] = []
        self.noise = 0.0
        self.published = "d.status = 'published'"
        self.filter_parameters: list[Any] = []
        if language:
            self.published += " AND d.language = %s"
            self.filter_parameters = [language]

    def add_keyword_leg(self, terms: list[Term]) -> None:
        queries = hybrid.candidate_queries(terms)
        if not queries:
            return
        self.rank, self.rank_parameters = hybrid.rank_sql(hybrid.scored_terms(terms), "d.search")
        picked = f"""
            SELECT d.id, {self.rank} AS rank FROM (
                SELECT d.id, d.search FROM faq_document d
                WHERE d.search @@ %s::tsquery AND {self.published} LIMIT {hybrid.CANDIDATES}
            ) d"""
        for query in queries:
            self.parameters += [*self.rank_parameters, query, *self.filter_parameters]
        self.legs.append(f"""keyword AS MATERIALIZED (
            SELECT id, max(rank) AS rank FROM ({" UNION ALL ".join([picked] * len(queries))}) c
            GROUP BY id ORDER BY rank DESC, id LIMIT {hybrid.LEG_ROWS})""")

    def add_vector_leg(self, vector: list[float], model: Embedder) -> None:
        size = int(model.dimensions)
        distance = f"e.v::vector({size}) <=> (SELECT v FROM asked)"
        # The hash keeps out a vector of a text that has changed since.
        usable = f"e.dims = {size} AND e.model = %s AND e.content_hash = d.content_hash"
        literal = orjson.dumps(vector).decode()
        self.cosine = f"1 - ({distance})"
        self.embedding_join = f"LEFT JOIN faq_embedding e ON e.document_id = d.id AND {usable}"
        self.join_parameters = [model.model]
        self.noise = model.noise
        self.legs.append(f"asked AS MATERIALIZED (SELECT %s::vector({size}) AS v)")
        # OFFSET 0 keeps the planner from joining both tables whole: it takes two equal columns for
        # a rare thing, expects one row, and then sees no use in the vector index.
        self.legs.append(f"""near AS MATERIALIZED (
            SELECT d.id, {self.cosine} AS cosine
            FROM faq_embedding e CROSS JOIN LATERAL (
                SELECT d.id FROM faq_document d
                WHERE d.id = e.document_id AND d.content_hash = e.content_hash
                    AND {self.published} OFFSET 0
            ) d
            WHERE e.dims = {size} AND e.model = %s
            ORDER BY {distance} LIMIT {hybrid.LEG_ROWS})""")
        self.parameters += [literal, *self.filter_parameters, model.model]

    def ranking(self, terms: list[Term], weights: Weights, limit: int) -> tuple[str, list[Any]]:
        """Rows both legs found, scored by both, and the best `limit` of them with their texts."""
        tables = [name for name in ("keyword", "near") if self.has(name)]
        rank = f"coalesce(k.rank, {self.rank})" if self.has("keyword") else self.rank
        cosine = f"coalesce(n.cosine, {self.cosine})" if self.has("near") else self.cosine
        coverage, coverage_parameters = hybrid.coverage_sql(terms, "best.rank")
        sql = f"""
        WITH {", ".join(self.legs)},
        found AS (
            SELECT d.id, {rank} AS rank, {cosine} AS cosine
            FROM ({" UNION ".join(f"SELECT id FROM {table}" for table in tables)}) f
            JOIN faq_document d ON d.id = f.id
            {"LEFT JOIN keyword k ON k.id = f.id" if self.has("keyword") else ""}
            {"LEFT JOIN near n ON n.id = f.id" if self.has("near") else ""}
            {self.embedding_join}
        ),
        best AS (
            SELECT *, {hybrid.combined_sql("rank", "cosine")} AS score FROM found
            WHERE rank > 0 OR cosine >= %s
            ORDER BY score DESC, rank DESC, id LIMIT %s
        )
        SELECT d.id, d.slug, d.question, d.answer, c.slug, d.language, best.score, best.cosine,
            {coverage} AS coverage
        FROM best JOIN faq_document d ON d.id = best.id JOIN faq_category c ON c.id = d.category_id
        ORDER BY best.score DESC, best.rank DESC, best.id
        """
        combined = hybrid.combined_parameters(weights)
        return sql, [
            *self.parameters,
            *self.rank_parameters,
            *self.join_parameters,
            *combined,
            self.noise,
            limit,
            *coverage_parameters,
        ]

    def has(self, leg: str) -> bool:
        return any(text.startswith(leg) for text in self.legs)


def result(
    id: UUID,
    slug: str,
    question: str,
    answer: str,
    category: str,
    language: str,
    score: float,
    cosine: float | None,
    coverage: float,
    *,
    semantic: bool,
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
            "url": reverse("faq-document", args=[id]),
        },
    }


def meaning(cosine: float | None) -> float:
    """How sure a model's cosine is, 0..1."""
    low, high = settings.FAQ.cosine_unrelated, settings.FAQ.cosine_certain
    return 0.0 if cosine is None else min(1.0, max(0.0, (cosine - low) / (high - low)))
