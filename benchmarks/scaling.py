"""What `benchmarks.search_scale` does in the environment of a product.

`python -m benchmarks.scaling FAQS SIZE OUTPUT` fills, measures, and writes figures as JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

django.setup()  # what is imported below imports models

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import RequestFactory  # noqa: E402

import faq.search  # noqa: E402
from benchmarks import fill, made_vectors, rows, words  # noqa: E402
from benchmarks.report import progress  # noqa: E402
from benchmarks.workloads import SEARCH  # noqa: E402
from core.databases import APP  # noqa: E402
from faq.models import Category, Document  # noqa: E402
from faq.ranking import USUAL, Found, Question, look_up_words, ranked  # noqa: E402

ASKED = 400  # questions to the endpoint
OTHERS = 3  # times as many are asked before
COMPARED = 100  # of them, with the ranking of every match
NEIGHBOURS = 100  # vectors looked up with and without the index
MOST_WORDS = 8
TOP = 10
BATCH = 10_000
TABLES = ("faq_document", "faq_embedding", "faq_lexeme", "faq_category")


class Prepared:
    """An embedder whose vectors are there already: what it costs is no part of the figures. Each
    question has its own."""

    semantic = True
    noise = -1.0

    def __init__(self, size: int, vectors: Sequence[list[float]]) -> None:
        self.model = made_vectors.model_name(size)
        self.dimensions = size
        self.vectors = vectors
        self.places: dict[str, int] = {}

    def embed(self, texts: Sequence[str], timeout: float) -> list[list[float]]:
        return [self.vectors[self.places.setdefault(text, len(self.places))] for text in texts]


def main() -> int:
    documents, size, output = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    vectors = filled(output.parent, documents, size)
    model = Prepared(size, vectors)
    faq.search.serving_of = lambda last: model  # type: ignore[attr-defined]
    asked = questions()
    found = endpoint(asked) | agreement(asked[:COMPARED], model) | {"recall": recall(model)}
    output.write_text(json.dumps(found | sizes(output.parent, size)))
    return 0


def filled(folder: Path, documents: int, size: int) -> list[list[float]]:
    """Bring the FAQs up to their number; vectors of questions about them."""
    kept, times = folder / f"indexes-{size}.json", folder / "built.json"
    fill.BATCH = BATCH
    with fill.as_owner(APP) as owner:
        made_vectors.make_palette(owner, size)
        incomplete = indexes_of_incomplete(owner, documents, size)
        if incomplete or kept.exists():
            with fill.without_indexes(owner, kept, incomplete, "4GB") as built:
                fill_up(owner, documents, size)
            before = json.loads(times.read_text()) if times.exists() else {}
            times.write_text(json.dumps(before | built))
            fill.analyse()
        return made_vectors.of_questions(owner, ASKED * (1 + OTHERS))


def indexes_of_incomplete(connection: Any, documents: int, size: int) -> list[str]:
    """Of the tables that have fewer rows than they should."""
    vectors = connection.execute(
        "SELECT count(*) FROM faq_embedding WHERE model = %s", [made_vectors.model_name(size)]
    ).fetchone()[0]
    words = ["faq_document_levels"] if fill.held(connection, Document) < documents else []
    return words + ([f"faq_embedding_hnsw{size}"] if vectors < documents else [])


def fill_up(connection: Any, documents: int, size: int) -> None:
    fill.fill_up(connection, Category, rows.CATEGORIES, lambda n: [rows.category(n)])
    fill.fill_up(connection, Document, documents, lambda n: [rows.document(n)])
    blocks = range(made_vectors.BLOCKS)
    for block in progress(blocks, "vectors", len(blocks), documents // len(blocks)):
        made_vectors.fill_block(connection, size, block)


def questions(number: int = 0) -> list[str]:
    """One to MOST_WORDS everyday words, no question twice; each number has its own."""
    rng = words.generator("scale", number)
    found: dict[str, None] = {}
    while len(found) < ASKED:
        count = 1 + len(found) % MOST_WORDS
        asking = " ".join(words.everyday_words(rng, count))
        found[asking if asking not in found else f"{asking} {len(found)}"] = None
    return list(found)


def others(asked: Sequence[str]) -> list[str]:
    """OTHERS times as many questions, none of which is asked twice or among these."""
    found: dict[str, None] = {}
    for number in range(1, OTHERS + 1):
        found |= dict.fromkeys(questions(number))
    return [text for text in found if text not in asked]


def endpoint(asked: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds of each answer, of the application as gunicorn calls it, asked one by one, after
    all vectors have been read and three times as many other questions been answered."""
    application = WSGIHandler()
    read_vectors()
    for text in others(asked):
        answer_time(application, text, cached=False)
    times = [answer_time(application, text, cached=False) for text in asked]
    cached = [answer_time(application, text, cached=True) for text in asked]
    return {"times": times, "cached": cached}


def read_vectors() -> None:
    """So that they are in memory: those of 1,536 numbers lie beside their rows, and neither the
    index nor a scan of the rows would bring them there."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5min'")
        cursor.execute("SELECT count(*) FROM faq_embedding WHERE v <=> v > 2")
        cursor.execute("RESET statement_timeout")


def answer_time(application: WSGIHandler, text: str, *, cached: bool) -> float:
    query = urlencode({"query": text, "limit": TOP})
    environ = RequestFactory().get(f"{SEARCH}?{query}").environ
    environ |= {"HTTP_HOST": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}
    began = time.perf_counter()
    response = application(environ, start_response)
    body = json.loads(b"".join(response))
    response.close()
    took = (time.perf_counter() - began) * 1000
    if response.status_code != 200 or body["degraded"] or body["cached"] is not cached:
        raise AssertionError(f"{text!r}: {response.status_code} {body}")
    return took


def start_response(status: str, headers: Any, problem: Any = None, /) -> Callable[[bytes], object]:
    return lambda _: None


def agreement(asked: Sequence[str], model: Prepared) -> dict[str, Any]:
    """The share of questions whose best ten are those of the ranking of every match, by words
    alone and by both legs; and how many milliseconds that ranking takes."""
    every = replace(USUAL, of_each=None, in_all=None)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5min'")
    same: dict[str, list[bool]] = {"unchanged_words": [], "unchanged_both": []}
    uncapped = []
    for text in progress(asked, "rankings of every match", len(asked)):
        question, looked_up = Question(text, TOP), look_up_words(text)
        weights = faq.search.weights_of(model, looked_up)
        [vector] = model.embed([text], 0)
        for name, near in (("unchanged_words", None), ("unchanged_both", vector)):
            usual = ranked(question, looked_up, near, model, weights)
            began = time.perf_counter()
            whole = ranked(question, looked_up, near, model, weights, every)
            uncapped.append((time.perf_counter() - began) * 1000)
            same[name].append(is_same(usual, whole))
    shares = {name: sum(each) / len(each) for name, each in same.items()}
    return shares | {"uncapped": uncapped}


def is_same(usual: Sequence[Found], whole: Sequence[Found]) -> bool:
    """The same documents in the same order, but that equally good ones may change places."""
    scores = [[round(row.rank, 9), round(row.cosine or 0, 6)] for row in whole]
    return scores == [[round(row.rank, 9), round(row.cosine or 0, 6)] for row in usual]


def recall(model: Prepared) -> float:
    """Of the nearest ten by an exact scan, the share that the index finds."""
    nothing = look_up_words("")
    weights = faq.search.weights_of(model, nothing)
    found = 0
    vectors = model.vectors[:NEIGHBOURS]
    for vector in progress(vectors, "exact scans", len(vectors)):
        by_index, exactly = (
            {row.id for row in ranked(Question("", TOP), nothing, vector, model, weights, effort)}
            for effort in (USUAL, replace(USUAL, exact=True))
        )
        found += len(by_index & exactly)
    return found / (TOP * len(vectors))


def sizes(folder: Path, size: int) -> dict[str, Any]:
    times = folder / "built.json"
    built = json.loads(times.read_text()) if times.exists() else {}
    with fill.as_owner(APP) as connection:
        indexes = [
            (name, seconds(built.get(name)), size_of(connection, name, "pg_relation_size"))
            for name in (f"faq_embedding_hnsw{size}", "faq_document_levels")
        ]
        total = sum(size_of(connection, name, "pg_total_relation_size") for name in TABLES)
    return {"indexes": indexes, "bytes": total}


def seconds(taken: float | None) -> str:
    return "by a migration" if taken is None else f"{taken:,.0f} s"


def size_of(connection: Any, name: str, function: str) -> int:
    return int(connection.execute(f"SELECT {function}(%s::regclass)", [name]).fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
