"""pytest plugin: every test may use every database of the product, and no change spans two.

A transaction covers one database. A write to a second one inside it stays when the first is rolled
back, so it must come before, or after, or by way of an outbox.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test.utils import CaptureQueriesContext

UPDATE = r"UPDATE\s+(?:ONLY\s+)?\S+\s+(?:(?:AS\s+)?\S+\s+)?SET\b"
WRITE = re.compile(rf"INSERT\s+INTO|{UPDATE}|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE", re.I)
CountQueries = Callable[[int], AbstractContextManager[None]]

across: list[str] = []  # what a test wrote to one database within a transaction of another


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            asked = dict(marker.kwargs) if marker else {}
            item.add_marker(pytest.mark.django_db(**asked | {"databases": "__all__"}), append=False)


def watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """In whichever thread a connection is made."""
    if note_write not in connection.execute_wrappers:
        connection.execute_wrappers.append(note_write)


connection_created.connect(watch)


def note_write(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    statement = sql if isinstance(sql, str) else sql.as_string(None)
    if WRITE.search(statement):
        for other in connections.all(initialized_only=True):
            if other.alias != context["connection"].alias and in_transaction(other):
                alias = context["connection"].alias
                across.append(f"in a transaction of {other.alias!r}, to {alias!r}: {statement}")
    return execute(sql, params, many, context)


def in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """One of the code under test, not the one that a test is rolled back by."""
    blocks: list[Any] = connection.atomic_blocks
    return any(not block._from_testcase for block in blocks)


@pytest.fixture(autouse=True)
def writes_across_databases() -> Iterator[list[str]]:
    across.clear()
    yield across
    assert not across, "Written " + "\n".join(across)


@contextmanager
def counted(number: int, *, exact: bool) -> Iterator[None]:
    """The queries of this thread, to whichever database."""
    with ExitStack() as stack:
        captured = [stack.enter_context(CaptureQueriesContext(each)) for each in connections.all()]
        yield
    statements = [query["sql"] for each in captured for query in each.captured_queries]
    fits = len(statements) == number if exact else len(statements) <= number
    assert fits, "\n".join([f"{len(statements)} queries, not {number}:", *statements])


@pytest.fixture
def django_assert_num_queries() -> CountQueries:
    return lambda number: counted(number, exact=True)


@pytest.fixture
def django_assert_max_num_queries() -> CountQueries:
    return lambda number: counted(number, exact=False)
