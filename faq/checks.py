"""Whether the vectors that are stored are of the embedding model that is configured."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import Error as DatabaseError

from core.checks import STARTUP
from core.databases import APP
from core.search.embeddings import embedder
from faq.models import Document, Embedding


@register(STARTUP, Tags.database)
def vectors_are_of_the_model(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """A dump of a product with another model, or a model changed in the settings, says so here.

    No error: what has no vector is found by its words until it has one.
    """
    try:
        missing = unembedded() if APP in (databases or ()) else None
    except DatabaseError:  # not there yet, or not migrated
        return []
    return [Warning(missing, hint="Run manage.py embed.", id="faq.W001")] if missing else []


def unembedded() -> str | None:
    """How many published FAQs the configured model has no vector of, and whose there are."""
    model = embedder().model
    published = Document.objects.published()
    missing = published.not_embedded_by(model).count()
    if not missing:
        return None
    others = Embedding.objects.exclude(model=model).values_list("model", flat=True)
    held = ", ".join(sorted(others.distinct())) or "no other model"
    return (
        f"{missing} of {published.count()} published FAQs have no vector of {model}; "
        f"there are vectors of {held}."
    )
