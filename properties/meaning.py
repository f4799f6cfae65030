"""What a question means, where an embedding model is configured: listings that are near to it.

Both legs, words and vectors, hand over their best, weighted as `ListingsConfig` says. Without a
model, or without its vector in time, there is nothing here, and the words alone find listings.
"""

from collections.abc import Mapping, Sequence

import orjson
from django.conf import settings
from django.db import connection, transaction

from core.databases import APP
from core.search.degraded import vector_in_time
from core.search.embeddings import Embedder
from properties import catalogue
from properties.catalogue import Condition, all_of
from properties.indexing import listings

# Rows that each leg hands over, and how many of them are shown before the others. pgvector's
# ef_search, 40, is no less than the rows asked of the index.
LEG_ROWS, SHOWN = 30, 40

# Where few listings pass the filters all of them are compared: exact, and the index would have to
# be walked far for them.
AMONG_FEW = """
SELECT e.listing_id::text FROM (
    SELECT id, content_hash FROM properties_property WHERE {where}
) p JOIN properties_embedding e ON e.listing_id = p.id AND e.content_hash = p.content_hash
WHERE e.model = %s AND e.dims = {dims} ORDER BY e.v <=> %s::vector LIMIT {limit}"""
# Behind OFFSET 0 listings are looked up one by one as the index hands out vectors; pgvector goes
# on until the filters have let enough through. In strict order it leaves out what comes late.
BY_INDEX = """
SELECT e.listing_id::text FROM properties_embedding e CROSS JOIN LATERAL (
    SELECT 1 FROM properties_property p
    WHERE p.id = e.listing_id AND p.content_hash = e.content_hash AND {where} OFFSET 0
) p
WHERE e.model = %s AND e.dims = {dims}
ORDER BY e.v::halfvec({dims}) <=> %s::halfvec({dims}) LIMIT {limit}"""
WALK = """
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('hnsw.ef_search', '40', true)"""
COSINES = """
SELECT e.listing_id::text, 1 - (e.v <=> %s::vector) FROM properties_embedding e
JOIN properties_property p ON p.id = e.listing_id AND p.content_hash = e.content_hash
WHERE e.listing_id = ANY(%s::uuid[]) AND e.model = %s AND e.dims = %s"""


def vector_of(text: str, model: Embedder) -> str | None:
    """A question's vector as text; None when the model gives none in time."""
    timeout = settings.LISTINGS.embedding_timeout
    vector = vector_in_time(text, model, timeout, listings.name)
    return None if vector is None else orjson.dumps(vector).decode()


def nearest(vector: str, model: Embedder, parts: Sequence[Condition]) -> list[str]:
    """Listings that meet all `parts`, those nearest by cosine, at most LEG_ROWS, in any order."""
    where = all_of(parts)
    few = catalogue.capped_count(parts) <= catalogue.COUNT_CAP
    sql = AMONG_FEW if few else BY_INDEX
    sql = sql.format(where=where.sql, dims=model.dimensions, limit=LEG_ROWS)
    values = (*where.values, model.model, vector)
    with transaction.atomic(using=APP), connection.cursor() as cursor:
        cursor.execute(WALK)
        cursor.execute(sql, values)
        return [id for (id,) in cursor.fetchall()]


def closeness(vector: str, model: Embedder, ids: Sequence[str]) -> dict[str, float]:
    """How sure the model is of each, 0..1. Those without a present vector are left out."""
    with connection.cursor() as cursor:
        cursor.execute(COSINES, (vector, list(ids), model.model, model.dimensions))
        return {id: settings.LISTINGS.meaning(cosine) for id, cosine in cursor.fetchall()}


def combined(keyword: Mapping[str, float], close: Mapping[str, float], most: float) -> list[str]:
    """Ids by the weighted mean of both scores, the best first; `most` is the best keyword score
    there may be. One without a vector counts by its words alone. What neither leg says anything
    for is left out."""
    weights = settings.LISTINGS

    def score(id: str) -> tuple[float, str]:
        of_vector = weights.vector_weight if id in close else 0.0
        by_words = weights.keyword_weight * keyword.get(id, 0.0) / most
        total = weights.keyword_weight + of_vector
        return (by_words + of_vector * close.get(id, 0.0)) / total if total else 0.0, id

    ids = {id for scores in (keyword, close) for id, value in scores.items() if value > 0}
    return sorted(ids, key=score, reverse=True)[:SHOWN]
