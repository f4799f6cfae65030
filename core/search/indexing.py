"""Vectors of every collection: made in a transaction, by jobs, or by `manage.py embed`.

A remote model is never asked within a transaction. What is asked fails in two ways: the model fails
(then all waits) or it refuses one text (then that one is tried by itself, and parked at last). A
batch that failed is split until it is known which.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.module_loading import import_string

from core import jobs
from core.databases import APP
from core.models import Unembedded
from core.search import serving
from core.search.collections import Collection, Text, Vector
from core.search.embeddings import (
    Embedder,
    embedder,
    identity,
    known_embedder,
    known_embedders,
)
from core.search.remote import EmbeddingUnavailable, TooManyRequests

logger = logging.getLogger("core.indexing")

BATCH = 64
BATCH_TIMEOUT = 10.0  # seconds
# Of a text by itself; the last is about four minutes after the first.
ATTEMPTS = 5
# Any model that is well makes a vector of it.
PROBE = "hello"

EMBED_TEXT, CATCH_UP = "core.tasks.embed_text", "core.tasks.catch_up"
# An edit does not wait behind 100,000 old texts.
PRIORITY = 10


class Refusal(NamedTuple):
    text: Text
    reason: str


class Step(NamedTuple):
    """`last` is the id that the next step begins after; None when there is no next."""

    last: UUID | None
    rows: int
    refusals: list[Refusal]


def collections() -> dict[str, Collection]:
    """By name, those that the wanted model is of use to."""
    found: list[Collection] = [import_string(path) for path in settings.EMBEDDED]
    return {each.name: each for each in found if embedder().semantic or not each.needs_meaning}


def schedule(collection: Collection, texts: Sequence[Text], model: Embedder) -> None:
    """See to it, in the transaction of an edit, that these texts get their vectors.

    Hashed n-grams are made at once: that needs no network and cannot fail. For a model one text is
    one job; more of them are found by one job for all.
    """
    if not model.semantic:
        embed(collection, texts, model)
    elif len(texts) == 1:
        enqueue_text(collection, texts[0], model)
    elif texts:
        enqueue_catch_up(collection, model)


def enqueue_text(
    collection: Collection, text: Text, model: Embedder, *, tried: int = 0, failed: int = 0
) -> None:
    """`tried` is how often this text was refused, `failed` how often the model was not there."""
    waits = max(tried, failed)
    key = f"{collection.name}:{text.id}:{text.content_hash}:{model.model}:{model.dimensions}"
    arguments = {
        "collection": collection.name,
        "id": str(text.id),
        "content_hash": text.content_hash,
        "model": model.model,
        "dimensions": model.dimensions,
        "failed": failed,
    }
    delay = jobs.pause_after(waits - 1) if waits else None
    jobs.enqueue(EMBED_TEXT, arguments, lock=f"embed:{key}", priority=PRIORITY, delay=delay)


def enqueue_catch_up(
    collection: Collection, model: Embedder, *, after: UUID | None = None, failed: int = 0
) -> None:
    """One job for whatever has no vector yet, from the id `after` on."""
    arguments = {
        "collection": collection.name,
        "model": model.model,
        "dimensions": model.dimensions,
        "after": after and str(after),
        "failed": failed,
    }
    key = f"{collection.name}:{model.model}:{model.dimensions}"
    delay = jobs.pause_after(failed - 1) if failed else None
    jobs.enqueue(CATCH_UP, arguments, lock=f"catch-up:{key}", delay=delay)


def embed(collection: Collection, texts: Sequence[Text], model: Embedder) -> list[Refusal]:
    """Store the vectors of one batch; what was refused. Raises EmbeddingUnavailable."""
    vectors, refusals = made(texts, model)
    if vectors:
        done = Unembedded.objects.using(APP).filter(collection=collection.name, model=model.model)
        with transaction.atomic(using=APP):
            collection.store(model.model, model.dimensions, vectors)
            done.filter(row_id__in=[vector.id for vector in vectors]).delete()
    return refusals


def made(texts: Sequence[Text], model: Embedder) -> tuple[list[Vector], list[Refusal]]:
    """Raises EmbeddingUnavailable when it is the model that fails, and no text is to blame."""
    if not texts:
        return [], []
    try:
        vectors = model.embed([text.text for text in texts], BATCH_TIMEOUT)
    except TooManyRequests:
        raise
    except EmbeddingUnavailable as error:
        model.embed([PROBE], BATCH_TIMEOUT)
        if len(texts) == 1:
            return [], [Refusal(texts[0], str(error))]
        middle = len(texts) // 2
        parts = [made(part, model) for part in (texts[:middle], texts[middle:])]
        return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]
    return [Vector(t.id, t.content_hash, v) for t, v in zip(texts, vectors, strict=True)], []


def step(
    collection: Collection,
    model: Embedder,
    after: UUID | None,
    *,
    everything: bool = False,
    again: bool = False,
) -> Step:
    """One batch of what is missing above the id `after`; with `everything` of all there is.

    Texts that were refused are left to their own jobs, unless they are to be tried `again`.
    """
    # Of a model without a name no row has a vector.
    ids = collection.missing("" if everything else model.model, after, BATCH)
    texts = collection.texts(ids)
    refused = set() if again else refused_before(collection, ids, model)
    texts = [text for text in texts if (text.id, text.content_hash) not in refused]
    refusals = embed(collection, texts, model)
    for refusal in refusals:
        note(collection, refusal, model)
    return Step(ids[-1] if len(ids) == BATCH else None, len(ids), refusals)


def refused_before(
    collection: Collection, ids: Sequence[UUID], model: Embedder
) -> set[tuple[UUID, str]]:
    rows = Unembedded.objects.using(APP).filter(
        collection=collection.name, model=model.model, dims=model.dimensions, row_id__in=ids
    )
    return set(rows.values_list("row_id", "content_hash"))


def note(collection: Collection, refusal: Refusal, model: Embedder) -> None:
    """A text was refused once more: try again later, or park it."""
    text, reason = refusal
    key = {"collection": collection.name, "row_id": text.id, "model": model.model}
    version = {"content_hash": text.content_hash, "dims": model.dimensions}
    with transaction.atomic(using=APP):
        rows = Unembedded.objects.using(APP).select_for_update()
        row, _ = rows.get_or_create(**key, defaults=version | {"reason": reason})
        if (row.content_hash, row.dims) != (text.content_hash, model.dimensions):
            row.content_hash, row.dims = text.content_hash, model.dimensions
            row.attempts, row.first_at = 0, timezone.now()
            row.state = Unembedded.State.TRYING
        row.attempts += 1
        row.reason, row.last_at = reason[:200], timezone.now()
        if row.state == Unembedded.State.TRYING and row.attempts >= ATTEMPTS:
            row.state = Unembedded.State.PARKED
            logger.warning("text parked", extra={"row": str(row), "reason": reason})
        row.save()
        if row.state == Unembedded.State.TRYING:
            enqueue_text(collection, text, model, tried=row.attempts)


def enqueue_again(row: Unembedded) -> None:
    """A text that was parked, at once."""
    collection, model = collections().get(row.collection), known_embedder(row.model, row.dims)
    if collection and model:
        enqueue_text(collection, Text(row.row_id, row.content_hash, ""), model)


def settle(collection: Collection) -> bool:
    """Let the wanted model serve if it has made all vectors, but for texts that it refuses."""
    model, after = embedder(), None
    while ids := collection.missing(model.model, after, BATCH):
        refused = refused_before(collection, ids, model)
        texts = collection.texts(ids)
        if any((text.id, text.content_hash) not in refused for text in texts):
            return False
        after = ids[-1]
    serving.record(collection.name, model)
    return True


def look() -> None:
    """Enqueue what is missing of the wanted model: after another was configured or restored."""
    Unembedded.objects.using(APP).exclude(collection__in=collections()).delete()
    for collection in collections().values():
        forget_gone(collection)
        if not settle(collection):
            serving.record_first(collection)
            enqueue_catch_up(collection, embedder())


def count_parked() -> dict[str, int]:
    """How many texts of each collection the staff are to look at."""
    rows = Unembedded.objects.using(APP).filter(state=Unembedded.State.PARKED)
    counted = dict(rows.order_by().values_list("collection").annotate(Count("pk")))
    return {name: counted.get(name, 0) for name in collections()}


def forget_gone(collection: Collection) -> None:
    """Of texts that were deleted or changed since, and of models that nobody asks any more, nothing
    is left to be parked."""
    parked = Unembedded.objects.using(APP).filter(collection=collection.name)
    rows = list(parked[:1000])
    present = {text.id: text.content_hash for text in collection.texts([r.row_id for r in rows])}
    models = [identity(model) for model in known_embedders()]
    gone = [
        row.pk
        for row in rows
        if present.get(row.row_id) != row.content_hash or (row.model, row.dims) not in models
    ]
    if gone:
        parked.filter(pk__in=gone).delete()
