import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError
from tqdm import tqdm

from core.search.embeddings import Embedder, embedder
from core.search.remote import EmbeddingUnavailable
from faq import indexing
from faq.models import Document

BATCH = 64
RETRY_AFTER_SECONDS = (1, 4)


class Command(BaseCommand):
    help = "Make the vectors that are missing for the present embedding model. May be interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        model = embedder()
        missing = Document.objects.not_embedded_by(model.model).count()
        with tqdm(total=missing, unit=" documents", disable=not missing) as progress:
            for batch in batches(model):
                embed_patiently(batch, model, missing - progress.n)
                progress.update(len(batch))
        self.stdout.write(f"{missing} documents embedded by {model.model}.")


def batches(model: Embedder) -> Iterator[list[Document]]:
    last = UUID(int=0)
    while True:
        rows = Document.objects.not_embedded_by(model.model).filter(pk__gt=last)
        batch = list(rows.only("question", "answer", "content_hash").order_by("pk")[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def embed_patiently(batch: list[Document], model: Embedder, left: int) -> None:
    for pause in (*RETRY_AFTER_SECONDS, None):
        try:
            return indexing.embed(batch, model)
        except EmbeddingUnavailable as error:
            if pause is None:
                message = f"{model.model} gave no vectors ({error}). {left} documents are left."
                raise CommandError(f"{message} Run this again to go on.") from error
            time.sleep(pause)
