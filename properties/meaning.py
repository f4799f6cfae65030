"""What a question means, where an embedding model is configured: listings that are near to it.

Both legs, words and vectors, hand over their best, weighted as `ListingsConfig` says. Without a
model, or without its vector in time, there is nothing here, and the words alone find listings.
"""

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction

from core.databases import APP
from core.search.remote import EmbeddingUnavailable
from properties import catalogue
from properties.catalogue import Condition, all_of
from properties.indexing import model_of_questions

logger = logging.getLogger("properties.search")

# Rows that each leg hands over, and how many of them are shown before the others. pgvector's
# ef_search, 40, is no less than the rows asked of the index.
LEG_ROWS, SHOWN = 30, 40

# Where few listings pass the filters all of them are compared: exact, and the index would have to
# be walked far for them.
AMONG_FEW = """
SELECT e.listing_id FROM (
    SELECT id, content_hash FROM properties_property WHERE {where}
) p JOIN properties_embedding e ON e.listing_id = p.id AND e.content_hash = p.content_hash
WHERE e.model = %s AND e.dims = {dims} ORDER BY e.v <=> %s::vector LIMIT {limit}"""
# Behind OFFSET 0 listings are looked up one by one as the index hands out vectors; pgvector goes
# on until the filters have let enough through.
BY_INDEX = """
SELECT e.listing_id FROM properties_embedding e CROSS JOIN LATERAL (
    SELECT 1 FROM properties_property p
    WHERE p.id = e.listing_id AND p.content_hash = e.content_hash AND {where} OFFSET 0
) p
WHERE e.model = %s AND e.dims = {dims}
ORDER BY e.v::halfvec({dims}) <=> %s::halfvec({dims}) LIMIT {limit}"""
WALK = """
SELECT set_config('hnsw.iterative_scan', 'strict_order', true),
    set_config('hnsw.ef_search', '40', true)"""
COSINES = """
SELECT e.listing_id, 1 - (e.v <=> %s::vector) FROM properties_embedding e
JOIN properties_property p ON p.id = e.listing_id AND p.content_hash = e.content_hash
WHERE e.listing_id = ANY(%s) AND e.model = %s AND e.dims = %s"""


def vector_of(text: str) -> str | None:
    """A question's vector as text; None without a model, or when it gives none in time."""
    model = model_of_questions()
    if not model.semantic:
        return None
    try:
        vector = model.embed([text], settings.LISTINGS.embedding_timeout)[0]
    except EmbeddingUnavailable as error:
        logger.warning("embedding unavailable", extra={"reason": str(error), "model": model.model})
        return None
    return orjson.dumps(vector).decode()


def nearest(vector: str, parts: Sequence[Condition]) -> list[UUID]:
    """Listings that meet all `parts`, the nearest first, at most LEG_ROWS."""
    model = model_of_questions()
    where = all_of(parts)
    few = catalogue.capped_count(parts) <= catalogue.COUNT_CAP
    sql = AMONG_FEW if few else BY_INDEX
    sql = sql.format(where=where.sql, dims=model.dimensions, limit=LEG_ROWS)
    values = (*where.values, model.model, vector)
    with transaction.atomic(using=APP), connection.cursor() as cursor:
        cursor.execute(WALK)
        cursor.execute(sql, values)
        return [id for (id,) in cursor.fetchall()]


def closeness(vector: str, ids: Sequence[UUID]) -> dict[UUID, float]:
    """How sure the model is of each, 0..1. Those without a present vector are left out."""
    model = model_of_questions()
    with connection.cursor() as cursor:
        cursor.execute(COSINES, (vector, list(ids), model.model, model.dimensions))
        return {id: settings.LISTINGS.meaning(cosine) for id, cosine in cursor.fetchall()}


def combined(keyword: Mapping[UUID, float], close: Mapping[UUID, float], most: float) -> list[UUID]:
    """Ids by the weighted sum of both scores, the best first; `most` is the best keyword score
    there may be. What neither leg says anything for is left out."""
    weights = settings.LISTINGS

    def score(id: UUID) -> tuple[float, UUID]:
        by_words = weights.keyword_weight * keyword.get(id, 0.0) / most
        return by_words + weights.vector_weight * close.get(id, 0.0), id

    ids = {id for scores in (keyword, close) for id, value in scores.items() if value > 0}
    return sorted(ids, key=score, reverse=True)[:SHOWN]
