"""Whether the vectors that are stored are of the embedding model that is configured."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import Error as DatabaseError, connections

from core.checks import STARTUP
from core.databases import APP
from core.search.embeddings import embedder
from core.search.serving import serving
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
    if APP not in (databases or ()) or connections[APP].vendor != "postgresql":
        return []
    try:
        sentence = unembedded()
    except DatabaseError:  # not there yet, or not migrated
        return []
    return (
        [Warning(sentence, hint="The worker makes them, or manage.py embed.", id="faq.W001")]
        if sentence
        else []
    )


def unembedded() -> str | None:
    """Says so when the configured model made none of the vectors that are stored.

    Whether it made some is seen at the first row; to count what is missing would read every one.
    """
    wanted = embedder()
    made = Embedding.objects.filter(model=wanted.model, dims=wanted.dimensions)
    if made.exists() or not Document.objects.published().exists():
        return None
    size = f"{wanted.model} ({wanted.dimensions} numbers)"
    stored = Embedding.objects.values_list("model", "dims").first()
    if stored is None:
        others = "there are none of another either"
    else:
        others = "the stored ones are of {} ({} numbers)".format(*stored)
    present = serving(Document._meta.label_lower)
    until = (
        "found by their words alone" if present is wanted else f"searched by {present.model} still"
    )
    return f"No FAQ has a vector of {size}; {others}. FAQs are {until}."
