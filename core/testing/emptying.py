"""After a test that commits, what it wrote is removed, and nothing else.

Django's way is `flush`: it truncates every table, and makes content types and permissions anew.
That took more time than most of these tests.
"""

from typing import Any

import psycopg
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql

from core.testing.services import Services, current

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
DIGEST = "SELECT {} AS name, (SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} AS t)"
Contents = dict[str, str | None]  # tables with a digest of their rows, None of no rows

flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
fresh: dict[str, Contents] = {}  # by alias


def superuser(services: Services, alias: str) -> "psycopg.Connection[tuple[Any, ...]]":
    name = connections[alias].settings_dict["NAME"]
    return psycopg.connect(services.postgres.superuser_url(name), autocommit=True)


def contents(session: "psycopg.Connection[tuple[Any, ...]]") -> Contents:
    names = [name for (name,) in session.execute(TABLES)]
    each = [sql.SQL(DIGEST).format(sql.Literal(name), sql.Identifier(name)) for name in names]
    return dict(session.execute(sql.SQL(" UNION ALL ").join(each)).fetchall())


def begin() -> None:
    """From now on. The databases are as migrations left them."""
    remember_fresh()
    TransactionTestCase._fixture_teardown = remove_what_is_new  # type: ignore[attr-defined]


def remember_fresh() -> None:
    for alias in connections:
        with superuser(current[0], alias) as session:
            fresh[alias] = contents(session)


def remove_what_is_new(test_case: TransactionTestCase) -> None:
    """Flush after all when rows of the migrations were changed, such as a content type."""
    if not all(removed(alias) for alias in connections):
        flush(test_case)
        remember_fresh()


def removed(alias: str) -> bool:
    with superuser(current[0], alias) as session:
        found = contents(session)
        changed = {name for name in found if found[name] != fresh[alias].get(name)}
        if any(fresh[alias].get(name) for name in changed):
            return False
        if changed:
            # Or the log of audits would refuse, which may only grow.
            session.execute("SET session_replication_role = replica")
            session.execute("SET lock_timeout = '30s'")  # of a transaction that a test left open
            tables = sql.SQL(", ").join(map(sql.Identifier, sorted(changed)))
            session.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
    return True
