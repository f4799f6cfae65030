"""Vectors of listings, as the collection that is embedded (core.search.collections)."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from django.db import connection

from core.search import indexing
from core.search.collections import Text, Vector
from core.search.embeddings import Embedder, known_embedder
from core.search.serving import kept, serving
from properties.models import Embedding, Property

# A model that we know has one size: what it made in another one is made anew.
MISSING = """
FROM properties_property p WHERE NOT EXISTS (
    SELECT FROM properties_embedding e
    WHERE e.listing_id = p.id AND e.model = %s AND e.dims = coalesce(%s::smallint, e.dims)
    AND e.content_hash = p.content_hash
)"""
# A text that changed meanwhile gets no vector from here.
STORE = """
INSERT INTO properties_embedding (listing_id, model, dims, content_hash, v, created_at)
SELECT p.id, %s, %s, made.hash, made.v::vector, now()
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS made (id, hash, v)
JOIN properties_property p ON p.id = made.id AND p.content_hash = made.hash
ON CONFLICT (listing_id, model) DO UPDATE
SET dims = excluded.dims, content_hash = excluded.content_hash, v = excluded.v,
    created_at = excluded.created_at"""


class Listings:
    """Drafts as well: one that is published is found by its meaning at once.

    Without a model nobody reads these vectors: hashed n-grams know no more than the words do, and
    the search by words has every listing.
    """

    name = Property._meta.label_lower
    label = "listing"
    needs_meaning = True
    vectors = Embedding

    def are_there(self) -> bool:
        return Property.objects.published().exists()

    def texts(self, ids: Sequence[UUID]) -> list[Text]:
        fields = ("title", "description", "type", "city", "district", "amenities", "content_hash")
        rows = Property.objects.filter(id__in=ids).only(*fields)
        return [Text(row.id, row.content_hash, row.embedded_text) for row in rows]

    def missing(self, model: str, after: UUID | None, limit: int) -> list[UUID]:
        lowest = after or UUID(int=0)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT p.id {MISSING} AND p.id > %s ORDER BY p.id LIMIT %s",
                [model, size_of(model), lowest, limit],
            )
            return [id for (id,) in cursor.fetchall()]

    def count_missing(self, model: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {MISSING}", [model, size_of(model)])
            return int(cursor.fetchone()[0])

    def store(self, model: str, dimensions: int, vectors: Sequence[Vector]) -> None:
        ids = [vector.id for vector in vectors]
        hashes = [vector.content_hash for vector in vectors]
        literals = [orjson.dumps(list(vector.v)).decode() for vector in vectors]
        with connection.cursor() as cursor:
            cursor.execute(STORE, [model, dimensions, ids, hashes, literals])


listings = Listings()


def size_of(model: str) -> int | None:
    known = known_embedder(model)
    return known.dimensions if known else None


def model_of_questions() -> Embedder:
    """The one that made the vectors which a search compares."""
    return serving(listings.name)


def schedule(changed: Property) -> None:
    """See to the vector of a new text, in the transaction that wrote it."""
    text = Text(changed.id, changed.content_hash, changed.embedded_text)
    for model in models():
        if lacks(changed.id, model.model):
            indexing.schedule(listings, [text], model)


def schedule_all() -> None:
    """Of many that were written, whichever lack a vector: one job, however often asked for."""
    for model in models():
        indexing.enqueue_catch_up(listings, model)


def models() -> list[Embedder]:
    return [model for model in kept(listings.name) if model.semantic]


def lacks(id: UUID, model: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 {MISSING} AND p.id = %s", [model, size_of(model), id])
        return cursor.fetchone() is not None
