"""Whether the texts of each collection have vectors of the embedding model that is configured.

core.W001  none has: a dump of a product with another model, or a model changed in the settings
core.W002  the model refuses some: the admin lists them
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import Error as DatabaseError, connections

from core.checks import STARTUP
from core.databases import APP
from core.search import indexing
from core.search.collections import Collection
from core.search.embeddings import embedder
from core.search.serving import serving


@register(STARTUP, Tags.database)
def vectors_are_of_the_model(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """No error: what has no vector is found by its words until it has one."""
    if APP not in (databases or ()) or connections[APP].vendor != "postgresql":
        return []
    try:
        return list(warnings())
    except DatabaseError:  # not there yet, or not migrated
        return []


def warnings() -> Iterator[CheckMessage]:
    parked = indexing.count_parked()
    for collection in indexing.collections().values():
        if sentence := unembedded(collection):
            hint = "The worker makes them, or manage.py embed."
            yield Warning(sentence, hint=hint, id="core.W001")
        if number := parked[collection.name]:
            sentence = f"{number} of {collection.name} have no vector: the model refuses them."
            hint = "The admin lists them: Texts without a vector."
            yield Warning(sentence, hint=hint, id="core.W002")


def unembedded(collection: Collection) -> str | None:
    """Says so when the configured model made none of the vectors that are stored.

    Whether it made some is seen at the first row; to count what is missing would read every one.
    """
    wanted, stored = embedder(), collection.vectors._default_manager.all()
    made = stored.filter(model=wanted.model, dims=wanted.dimensions)
    if made.exists() or not collection.are_there():
        return None
    size = f"{wanted.model} ({wanted.dimensions} numbers)"
    other = stored.values_list("model", "dims").first()
    if other is None:
        others = "there are none of another either"
    else:
        others = "the stored ones are of {} ({} numbers)".format(*other)
    present = serving(collection.name)
    until = (
        "found by their words alone" if present is wanted else f"searched by {present.model} still"
    )
    label = collection.label
    return (
        f"No {label} has a vector of {size}; {others}. {label[0].upper()}{label[1:]}s are {until}."
    )
