"""Vectors of documents: made when a document is saved, or by `manage.py embed`."""

import logging
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import orjson
from django.db import connection, transaction

from core.databases import APP
from core.search.embeddings import Embedder, embedder
from core.search.remote import EmbeddingUnavailable
from faq import versions
from faq.models import Document

logger = logging.getLogger("faq.indexing")

# Seconds that a batch may take; staff wait this long at most when the model is slow.
BATCH_TIMEOUT = 10.0

# A text that changed meanwhile gets no row from here: its own save makes one.
UPSERT = """
INSERT INTO faq_embedding (document_id, model, dims, content_hash, v, created_at)
SELECT d.id, %s, %s, made.hash, made.v::vector, now()
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS made (id, hash, v)
JOIN faq_document d ON d.id = made.id AND d.content_hash = made.hash
ON CONFLICT (document_id, model) DO UPDATE
SET dims = excluded.dims, content_hash = excluded.content_hash, v = excluded.v,
    created_at = excluded.created_at
"""


def save(document: Document, *, actor: UUID | None = None) -> None:
    """Store a document, and its vector if the text is new; its version is `actor`'s.

    The local embedder's vector is stored in the same transaction. A model elsewhere is asked
    after the commit; until it answers (or `manage.py embed` runs) keywords alone find the document.
    """
    model = embedder()
    with transaction.atomic(using=APP):
        versions.made_by(actor)
        document.save()
        if not Document.objects.not_embedded_by(model.model).filter(pk=document.pk).exists():
            return
        if model.semantic:
            transaction.on_commit(partial(embed_if_possible, document, model), using=APP)
        else:
            embed([document], model)


def embed_if_possible(document: Document, model: Embedder) -> None:
    try:
        embed([document], model)
    except EmbeddingUnavailable as error:
        extra = {"document": str(document.pk), "model": model.model, "reason": str(error)}
        logger.warning("document left without a vector", extra=extra)


def embed(documents: Sequence[Document], model: Embedder) -> None:
    """Store the vectors of one batch. Raises EmbeddingUnavailable."""
    vectors = model.embed([document.embedded_text for document in documents], BATCH_TIMEOUT)
    ids: list[UUID] = [document.pk for document in documents]
    hashes = [document.content_hash for document in documents]
    literals = [orjson.dumps(vector).decode() for vector in vectors]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [model.model, model.dimensions, ids, hashes, literals])
