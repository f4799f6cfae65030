"""What `benchmarks.retrieval` does in the environment of a product.

`python -m benchmarks.retrieving FOLDER` prints the measures of each collection and ranking as JSON.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import django

django.setup()  # what is imported below imports models

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from benchmarks import corpora, fill, metrics  # noqa: E402
from benchmarks.bm25 import Bm25  # noqa: E402
from benchmarks.corpora import STACKFAQ, THAI_QA, Collection  # noqa: E402
from benchmarks.report import progress, say  # noqa: E402
from benchmarks.retrieval import (  # noqa: E402
    COMBINED,
    FUSED,
    KEYWORDS,
    REAL_MODEL,
    REFERENCE,
    VECTORS,
    Measured,
)
from benchmarks.vectors import vector_server  # noqa: E402
from core.databases import APP  # noqa: E402
from core.local.processes import LocalError  # noqa: E402
from core.providers import Endpoint  # noqa: E402
from core.search.embeddings import embedder  # noqa: E402
from faq.conf import RESULTS_MAX  # noqa: E402
from faq.models import Category, Document, Status  # noqa: E402
from faq.search import search  # noqa: E402

LANGUAGES = {STACKFAQ: "en", THAI_QA: "th"}
TITLE_MAX = 200  # of an article, which has no question: its beginning stands for one
EITHER_LEG = {KEYWORDS: (0.0, 1.0), VECTORS: (1.0, 0.0)}

Ranking = Callable[[str], list[str]]


def main() -> int:
    data = Path(sys.argv[1])
    try:
        measured = {
            key: figures
            for name, language in LANGUAGES.items()
            for key, figures in measure(corpora.read(data, name, language)).items()
        }
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    rows = [(key, [asdict(each) for each in figures]) for key, figures in measured.items()]
    print(json.dumps(rows))
    return 0


def measure(collection: Collection) -> Measured:
    reference = Bm25({item.id: item.text for item in collection.items})
    rows = {("", REFERENCE): lambda text: reference.ranked(text, RESULTS_MAX)}
    measured = {(collection.name, *key): scored(collection, rows[key]) for key in rows}
    load(collection)
    settings.EMBEDDING = None
    measured |= by_search(collection)
    if collection.vectors:
        with vector_server(collection.vectors) as url, model_at(url):
            measured |= by_search(collection)
    return measured


def by_search(collection: Collection) -> Measured:
    """Each leg alone, both as they are served, and both by reciprocal rank fusion."""
    call_command("embed", verbosity=0, stdout=sys.stderr)
    fill.analyse()
    model = embedder().model
    legs = {name: asked_with(weights) for name, weights in EITHER_LEG.items()}

    def fusion(text: str) -> list[str]:
        return metrics.fused([leg(text) for leg in legs.values()])[:RESULTS_MAX]

    rankings = legs | {COMBINED: searched, FUSED: fusion}
    measured = {
        (collection.name, model, name): scored(collection, ranking)
        for name, ranking in rankings.items()
    }
    # Without vectors: the same whatever the model, and so the first row of both.
    keywords = measured.pop((collection.name, model, KEYWORDS))
    return {(collection.name, "", KEYWORDS): keywords} | measured


def scored(collection: Collection, ranking: Ranking) -> list[metrics.Interval]:
    asked = list(collection.questions.items())
    return metrics.intervals(
        [
            metrics.measures(ranking(text), collection.relevant[id])
            for id, text in progress(asked, collection.name, len(asked))
        ]
    )


def searched(text: str) -> list[str]:
    """Ids of the collection's documents, as search ranks them with the settings in force."""
    answer = search(text, limit=RESULTS_MAX)
    if answer.degraded:
        raise LocalError(f"There is no vector for the question {text!r}.")
    return [result["slug"] for result in answer.results]


def asked_with(weights: tuple[float, float]) -> Ranking:
    """Search with these weights (vectors, keywords) and no floor."""

    def ranked(text: str) -> list[str]:
        with faq_settings(
            vector_weight=weights[0],
            keyword_weight=weights[1],
            local_vector_weight=weights[0],
            local_keyword_weight=weights[1],
        ):
            return searched(text)

    return ranked


@contextmanager
def faq_settings(**changed: Any) -> Iterator[None]:
    before = settings.FAQ
    settings.FAQ = replace(before, **changed)
    try:
        yield
    finally:
        settings.FAQ = before


@contextmanager
def model_at(url: str) -> Iterator[None]:
    settings.EMBEDDING = Endpoint(url, REAL_MODEL, dimensions=384)
    try:
        yield
    finally:
        settings.EMBEDDING = None


def load(collection: Collection) -> None:
    """In place of all FAQs that are there."""
    say(f"Loading {collection.name}")
    with transaction.atomic(using=APP):
        Document.objects.all().delete()
        category, _ = Category.objects.get_or_create(slug="collection", name="Collection")
        documents = [document(item, collection.language, category) for item in collection.items]
        Document.objects.bulk_create(documents, batch_size=500)


def document(item: corpora.Item, language: str, category: Category) -> Document:
    made = Document(
        slug=item.id,
        category=category,
        language=language,
        question=item.question or item.answer[:TITLE_MAX],
        answer=item.answer,
        status=Status.PUBLISHED,
    )
    made.segment()
    return made


if __name__ == "__main__":
    sys.exit(main())
