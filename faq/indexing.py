"""Documents as a collection that is embedded, and how one is saved."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connections, transaction

from core.databases import APP
from core.search import indexing
from core.search.collections import Text, Vector
from core.search.embeddings import Embedder, embedder, known_embedder
from core.search.remote import EmbeddingUnavailable
from core.search.serving import kept
from faq import versions
from faq.models import Catalogue, Document, DocumentQuerySet, Embedding

UPSERT = """
INSERT INTO faq_embedding (document_id, model, dims, content_hash, v, created_at)
SELECT d.id, %s, %s, made.hash, made.v::vector, now()
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS made (id, hash, v)
JOIN faq_document d ON d.id = made.id AND d.content_hash = made.hash
ON CONFLICT (document_id, model) DO UPDATE
SET dims = excluded.dims, content_hash = excluded.content_hash, v = excluded.v,
    created_at = excluded.created_at
"""


class Documents:
    """Drafts too: a document has its vector when it is published."""

    name = Document._meta.label_lower
    label = "FAQ"
    needs_meaning = False
    vectors = Embedding

    def are_there(self) -> bool:
        return Document.objects.published().exists()

    def texts(self, ids: Sequence[UUID]) -> list[Text]:
        rows = Document.objects.filter(pk__in=ids).only("question", "answer", "content_hash")
        return [text_of(document) for document in rows]

    def missing(self, model: str, after: UUID | None, limit: int) -> list[UUID]:
        rows = self.without(model)
        if after:
            rows = rows.filter(pk__gt=after)
        return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])

    def count_missing(self, model: str) -> int:
        return self.without(model).count()

    def without(self, model: str) -> DocumentQuerySet:
        """One that we know has one size: what it made in another one is made anew."""
        known = known_embedder(model)
        return Document.objects.not_embedded_by(model, known.dimensions if known else None)

    def store(self, model: str, dimensions: int, vectors: Sequence[Vector]) -> None:
        """What was written before the catalogue was locked is seen by the statement after it, and
        nothing else is written until the commit: a text that changed gets no vector from here."""
        values: list[Any] = [
            model,
            dimensions,
            [vector.id for vector in vectors],
            [vector.content_hash for vector in vectors],
            [orjson.dumps(vector.v).decode() for vector in vectors],
        ]
        with transaction.atomic(using=APP), connections[APP].cursor() as cursor:
            Catalogue.objects.select_for_update().filter(id=1).first()
            cursor.execute(UPSERT, values)


documents = Documents()


def text_of(document: Document) -> Text:
    return Text(document.pk, document.content_hash, document.embedded_text)


def save(document: Document, *, actor: UUID | None = None) -> None:
    """Store a document as `actor`'s version, and in the same transaction see to its vector."""
    with transaction.atomic(using=APP):
        versions.made_by(actor)
        document.save()
        schedule([document])


def schedule(changed: Sequence[Document]) -> None:
    """See to the vectors of new texts, in the transaction that wrote them: the local embedder's
    are made there, a model elsewhere is asked by the worker."""
    for model in kept(documents.name):
        lacking = Document.objects.not_embedded_by(model.model, model.dimensions)
        ids = set(lacking.filter(pk__in=[each.pk for each in changed]).values_list("pk", flat=True))
        indexing.schedule(documents, [text_of(each) for each in changed if each.pk in ids], model)


def embed(given: Sequence[Document], model: Embedder | None = None) -> None:
    """Store the vectors of one batch, now. Raises EmbeddingUnavailable when there are not all."""
    texts = [text_of(document) for document in given]
    refusals = indexing.embed(documents, texts, model or embedder())
    if refusals:
        raise EmbeddingUnavailable(refusals[0].reason)
