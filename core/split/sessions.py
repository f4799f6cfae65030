"""Sessions as the owners of the databases, and who else is connected to one."""

from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

import psycopg
from django.conf import settings
from psycopg import errors

from core.databases import url_variables
from core.placement import IDENTITY
from core.postgresql.connection import libpq

Connection = psycopg.Connection[tuple[Any, ...]]

# Seconds: a session that has just ended is still listed for a moment.
OTHERS_LEAVE_WITHIN = 3.0

# A value's text must not depend on how a server or a role is set up. The last one ends the wait of
# a session whose client was killed.
SESSION = {
    "search_path": "public",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lock_timeout": "5s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "client_connection_check_interval": "1s",
}
# A superuser is an operator with psql or a monitor: no product is served by one.
OTHERS = """
SELECT role.rolname, count(*)
FROM pg_stat_activity AS session JOIN pg_roles AS role ON role.oid = session.usesysid
WHERE datname = current_database() AND pid <> ALL(%s) AND NOT role.rolsuper
GROUP BY 1 ORDER BY 1"""


class Refused(Exception):
    """One sentence: what is not as it must be."""


def connect(parameters: Mapping[str, Any], variable: str) -> Connection:
    try:
        connection = psycopg.connect(**{"connect_timeout": 10} | libpq(parameters), autocommit=True)
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split()).removeprefix("connection failed: ")
        raise Refused(f"The database of {variable} does not answer: {reason}") from error
    for name, value in SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    return connection


def owner_of(alias: str) -> Connection:
    _, variable = url_variables(alias)
    owner = settings.DATABASES[alias].get("OWNER")
    if owner is None:
        raise Refused(f"{variable} is not set: this command connects as the owner.")
    return connect(owner, variable)


def one(connection: Connection, statement: Any, parameters: Any = None) -> tuple[Any, ...]:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None
    return row


def is_same(one_connection: Connection, other: Connection) -> bool:
    return one(one_connection, IDENTITY) == one(other, IDENTITY)


def migrations_of(connection: Connection) -> set[str]:
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations")
    return {name for (name,) in rows}


def others(connection: Connection, own: list[int]) -> str:
    """Sessions of others in its database, such as "3 of bestays_user"; `own` are backends' ids."""
    return ", ".join(f"{count} of {role}" for role, count in connection.execute(OTHERS, [own]))


def refuse_others(connection: Connection, own: list[int]) -> None:
    deadline = monotonic() + OTHERS_LEAVE_WITHIN
    while found := others(connection, own):
        if monotonic() > deadline:
            raise Refused(
                f"{connection.info.dbname} is in use (connections: {found}): stop the product "
                "first, or what it writes now would be lost."
            )
        sleep(0.1)


OWNER = """
SELECT pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE')
FROM pg_class WHERE oid = 'core_productstamp'::regclass"""


def refuse_others_than_the_owner(connection: Connection, variable: str) -> None:
    """Such as the runtime role, of whom PostgreSQL would say no more than "permission denied"."""
    owner, is_owner = one(connection, OWNER)
    if not is_owner:
        raise Refused(
            f"{variable} signs in as {connection.info.user}, but the tables of "
            f"{connection.info.dbname} belong to {owner}: name that role in it."
        )


def refuse_foreign(connection: Connection, variable: str) -> None:
    try:
        row = connection.execute("SELECT product_id FROM core_productstamp").fetchone()
    except errors.UndefinedTable:
        row = None
    product = settings.PRODUCT.id
    if row is None:
        raise Refused(f"The database of {variable} was never migrated.")
    if row[0] != product:
        raise Refused(
            f"This is {product}, but the database of {variable} belongs to {row[0]}: its stamp "
            "says so."
        )
