"""A question's vector in time; without it the words alone answer, which is counted by the day."""

import logging
from contextlib import suppress
from datetime import UTC, datetime

from django.core.cache import cache

from core.search.embeddings import Embedder
from core.search.remote import EmbeddingUnavailable

logger = logging.getLogger("core.search")

COUNT_KEPT = 7 * 24 * 3600  # seconds that a day's count is kept


def vector_in_time(
    text: str, model: Embedder, timeout: float, collection: str
) -> list[float] | None:
    """None when the model gives no vector within `timeout` seconds; that is counted and logged.

    `collection` is the name of what is searched (core.search.collections).
    """
    try:
        return model.embed([text], timeout)[0]
    except EmbeddingUnavailable as error:
        told = {"collection": collection, "model": model.model, "reason": str(error)}
        today = count_degraded(collection)
        logger.warning("embedding unavailable", extra={**told, "today": today})
        return None


def count_degraded(collection: str) -> int | None:
    """One more search today without its vector; the count, None while Redis is down."""
    key = key_of_today(collection)
    cache.add(key, 0, COUNT_KEPT)
    with suppress(ValueError):  # it was not there to be counted up
        return cache.incr(key)
    return None


def degraded_today(collection: str) -> int:
    """Since midnight UTC."""
    return int(cache.get(key_of_today(collection)) or 0)


def key_of_today(collection: str) -> str:
    return f"degraded:{collection}:{datetime.now(UTC).date().isoformat()}"
