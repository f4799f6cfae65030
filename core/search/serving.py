"""Whose vectors a search is answered from, while another model makes its own."""

from core.databases import APP
from core.models import ServingModel
from core.search.collections import Collection
from core.search.embeddings import Embedder, embedder, former_embedder, identity, known_embedder


def serving(collection: str) -> Embedder:
    """The model that made the vectors must also embed the question."""
    if former_embedder() is None:
        return embedder()
    return serving_of(recorded(collection))


def serving_of(last: tuple[str, int] | None) -> Embedder:
    """The wanted one, unless another that can be asked was the last to have made all vectors."""
    return (known_embedder(*last) if last else None) or embedder()


def kept(collection: str) -> list[Embedder]:
    """Those whose vectors are to follow each edit: the wanted one, and the one that serves."""
    wanted, present = embedder(), serving(collection)
    return [wanted] if present is wanted else [wanted, present]


def recorded(collection: str) -> tuple[str, int] | None:
    rows = ServingModel.objects.using(APP).filter(collection=collection)
    return rows.values_list("model", "dims").first()


def record(collection: str, model: Embedder) -> None:
    """From the next search on."""
    if recorded(collection) != identity(model):
        values = {"model": model.model, "dims": model.dimensions}
        ServingModel.objects.using(APP).update_or_create(collection=collection, defaults=values)


def record_first(collection: Collection) -> None:
    """Where nothing was recorded yet, the former model if it has made all vectors."""
    former = former_embedder()
    if former is None or recorded(collection.name):
        return
    if not collection.missing(former.model, None, 1):
        record(collection.name, former)
