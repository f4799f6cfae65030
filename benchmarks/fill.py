"""Fills a product's databases with listings, FAQs and people, as many as asked for.

The rows are COPYed, a batch of them in each transaction, and the same number always makes the
same row: a run that was stopped is gone on with from what is there. Needs Django set up.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection as django_connection
from django.db.models import AutoField, Model
from psycopg import sql

from accounts.models import User
from benchmarks import rows
from benchmarks.report import progress, say
from core.databases import APP, AUTH, url_variables
from faq.models import Category, Document, Embedding
from properties.models import Property

BATCH = 1000
PEOPLE = 200
VECTOR_INDEXES = [index.name for index in Embedding._meta.indexes]
Make = Callable[[int], Sequence[Model]]


def fill(folder: Path, count: int) -> None:
    """Bring the database up to `count` listings and as many FAQs."""
    kept = folder / "vector-indexes.json"
    with as_owner(AUTH) as connection:
        fill_up(connection, User, PEOPLE, lambda n: [rows.person(n)])
    with as_owner(APP) as connection:
        if enough(connection, count) and not kept.exists():
            return
        fill_up(connection, Property, count, lambda n: [rows.listing(n)])
        fill_up(connection, Category, rows.CATEGORIES, lambda n: [rows.category(n)])
        with without_indexes(connection, kept, VECTOR_INDEXES):
            fill_up(connection, Document, count, document_with_vector)
    analyse()


def analyse() -> None:
    """As autovacuum does in time: index-only scans need the visibility map it makes."""
    say("Analysing")
    with as_owner(APP) as connection:
        connection.execute("VACUUM ANALYZE")


def as_owner(alias: str) -> psycopg.Connection[Any]:
    """Who may run DDL, which the processes that are measured may not."""
    _, variable = url_variables(alias)
    return psycopg.connect(os.environ[variable], autocommit=True)


def enough(connection: psycopg.Connection[Any], count: int) -> bool:
    return all(held(connection, model) >= count for model in (Property, Document))


def document_with_vector(number: int) -> list[Model]:
    made = rows.document(number)
    return [made, rows.embedding(made)]


NATURAL_KEYS: dict[type[Model], str] = {
    User: "clerk_user_id LIKE 'user_benchmark%'",
    Property: "source = 'benchmark'",
    Category: "slug LIKE 'benchmark-%'",
    Document: "slug LIKE 'benchmark-%'",
}


def held(connection: psycopg.Connection[Any], model: type[Model]) -> int:
    """How many of our rows there are."""
    query = f"SELECT count(*) FROM {model._meta.db_table} WHERE {NATURAL_KEYS[model]}"
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def fill_up(
    connection: psycopg.Connection[Any], model: type[Model], count: int, make: Make
) -> None:
    start = held(connection, model)
    if start >= count:
        return
    batches = range(start, count, BATCH)
    for first in progress(batches, str(model._meta.verbose_name_plural), len(batches), BATCH):
        made = [make(number) for number in range(first, min(first + BATCH, count))]
        with connection.transaction(), connection.cursor() as cursor:
            for instances in zip(*made, strict=True):
                copy(cursor, instances)


def copy(cursor: psycopg.Cursor[Any], instances: Sequence[Model]) -> None:
    model = type(instances[0])
    fields = [field for field in model._meta.concrete_fields if is_written(field)]
    columns = [sql.Identifier(field.column) for field in fields if field.column]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(columns)
    )
    with cursor.copy(statement) as copying:
        for instance in instances:
            values = (getattr(instance, field.attname) for field in fields)
            copying.write_row(
                [
                    field.get_db_prep_save(value, django_connection)
                    for field, value in zip(fields, values, strict=True)
                ]
            )


def is_written(field: Any) -> bool:
    """Not what the database makes by itself: generated columns, and numbers counted up."""
    return not field.generated and not isinstance(field, AutoField)


@contextmanager
def without_indexes(
    connection: psycopg.Connection[Any], kept: Path, names: Sequence[str], memory: str = "1GB"
) -> Iterator[dict[str, float]]:
    """Drop these indexes and make them again, to the letter, which is many times faster. The
    seconds that each took stand in what is yielded, afterwards.

    Their definitions are in the file `kept` meanwhile: a later run makes them if this one is
    stopped.
    """
    if not kept.exists():
        found = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [list(names)]
        ).fetchall()
        kept.write_text(json.dumps(dict(found)))
    definitions = json.loads(kept.read_text())
    for name in definitions:
        connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(name)))
    built: dict[str, float] = {}
    yield built
    connection.execute(f"SET maintenance_work_mem = '{memory}'".encode())
    for name, definition in progress(definitions.items(), "indexes", len(definitions)):
        began = time.monotonic()
        connection.execute(definition)
        built[name] = time.monotonic() - began
    kept.unlink()
