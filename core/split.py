"""Moves what an old database holds into the two of the product (`manage.py split_auth`).

The old database is a third one, or it is already the application's: then only what belongs to
people moves. All of it is read in one transaction, under a lock that lets nobody else write there.
Each batch is committed together with its line of the ledger, which lives beside it, in a schema of
its own; so a run that was killed goes on where it ended.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import IsolationLevel, errors, sql
from psycopg.types.json import Jsonb

from core.chain import Head
from core.databases import APP, AUTH, url_variables
from core.models import ProductStamp
from core.routers import EVERYWHERE, home

VARIABLE = "SPLIT_FROM_DATABASE_OWNER_URL"
# Filled by `migrate`, with other ids than the old database's.
FILLED_BY_MIGRATE = frozenset({"auth_permission", "django_content_type"})
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
LEDGER = """
CREATE SCHEMA split_auth;
CREATE TABLE split_auth.ledger (
    name text PRIMARY KEY, origin text NOT NULL, rows bigint NOT NULL DEFAULT 0, until text,
    copied_at timestamptz, checksum text, verified_at timestamptz
)"""
# Two servers' start times differ in the microseconds, whatever name each was reached by.
IDENTITY = """
SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"""
# A superuser is an operator with psql or a monitor: no product is served by one.
OTHERS = """
SELECT role.rolname, count(*)
FROM pg_stat_activity AS session JOIN pg_roles AS role ON role.oid = session.usesysid
WHERE datname = current_database() AND pid <> ALL(%s) AND NOT role.rolsuper
GROUP BY 1 ORDER BY 1"""
COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '',
    coalesce(attnum = ANY(indkey), false)
FROM pg_attribute LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attname"""
REFERENCES = """
SELECT conrelid::regclass::text, confrelid::regclass::text
FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid"""
TRIGGERS = (
    "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal)"
)
# In any order, in constant memory: the sum of 120 bits of each row's MD5.
CHECKSUM = """
SELECT count(*), coalesce(sum(('x' || left(hash, 15))::bit(60)::bigint), 0) || ':'
    || coalesce(sum(('x' || substr(hash, 16, 15))::bit(60)::bigint), 0)
FROM (SELECT md5(ROW({columns})::text) AS hash FROM {table}) AS hashed"""


class Refused(Exception):
    """One sentence: what is not as it must be."""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    is_generated: bool
    is_key: bool


@dataclass(frozen=True)
class Table:
    name: str
    alias: str  # of the database that it moves to
    columns: tuple[Column, ...]

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.name)

    @property
    def key(self) -> Column:
        keys = [column for column in self.columns if column.is_key]
        if len(keys) != 1:
            raise Refused(f"{self.name} has no primary key of one column.")
        return keys[0]

    @property
    def stored(self) -> sql.Composed:
        return listed(column.name for column in self.columns if not column.is_generated)


@dataclass(frozen=True)
class Entry:
    """A table's line in the ledger. `checksum` is there once both sides were the same."""

    origin: str
    rows: int
    until: str | None
    is_copied: bool
    checksum: str | None


Connection = psycopg.Connection[tuple[Any, ...]]


def listed(names: Any) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def connect(parameters: Mapping[str, Any], variable: str) -> Connection:
    try:
        connection = psycopg.connect(
            host=parameters["HOST"],
            port=parameters["PORT"] or None,
            user=parameters["USER"],
            password=parameters["PASSWORD"],
            dbname=parameters["NAME"],
            connect_timeout=10,
            autocommit=True,
        )
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


def names_of(alias: str) -> list[str]:
    """The tables that belong there; of those that each database has, the old ones go with APP."""
    return [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model is not ProductStamp
        if alias == (APP if model._meta.app_label in EVERYWHERE else home(model._meta.app_label))
    ]


def columns_of(connection: Connection, table: str) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in connection.execute(COLUMNS, [f'public."{table}"']))


def migrations_of(connection: Connection) -> set[str]:
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations")
    return {name for (name,) in rows}


def ledger_of(connection: Connection) -> dict[str, Entry]:
    """Empty where no run has begun."""
    if one(connection, "SELECT to_regclass('split_auth.ledger')")[0] is None:
        return {}
    rows = connection.execute(
        "SELECT name, origin, rows, until, copied_at IS NOT NULL, checksum FROM split_auth.ledger"
    )
    return {name: Entry(*rest) for name, *rest in rows}


def in_order(names: list[str], references: set[tuple[str, str]]) -> list[str]:
    """Each table after those that it refers to; Refused for a circle."""
    left, ordered = sorted(names), list[str]()
    while left:
        ready = [
            name
            for name in left
            if not any((name, other) in references for other in left if other != name)
        ]
        if not ready:
            raise Refused(f"{', '.join(left)} refer to each other in a circle.")
        ordered += ready
        left = [name for name in left if name not in ready]
    return ordered


class Move:
    """`new` has the databases that something moves to, by alias."""

    def __init__(self, old: Connection, new: dict[str, Connection]) -> None:
        self.old = old
        self.new = new
        self.origin = old.info.dbname
        self.same_server = all(
            each.info.server_version // 10_000 == old.info.server_version // 10_000
            for each in new.values()
        )
        self.ledger = self.read_ledger()
        names = {alias: self.names(alias) for alias in new}
        self.missing = [name for alias in new for name in names[alias] if not columns_of(old, name)]
        self.tables = [] if self.missing else [*self.ordered(names)]

    def read_ledger(self) -> dict[str, Entry]:
        ledger = {
            name: entry for each in self.new.values() for name, entry in ledger_of(each).items()
        }
        others = {entry.origin for entry in ledger.values()} - {self.origin}
        if others:
            raise Refused(
                f"What was moved before came from {others.pop()}, and {VARIABLE} names "
                f"{self.origin}."
            )
        return ledger

    def names(self, alias: str) -> list[str]:
        return list(ledger_of(self.new[alias])) or names_of(alias)

    def ordered(self, names: Mapping[str, list[str]]) -> Iterator[Table]:
        references = set(self.old.execute(REFERENCES).fetchall())
        for alias, tables in names.items():
            for name in in_order(tables, references):
                yield Table(name, alias, columns_of(self.old, name))

    @property
    def is_complete(self) -> bool:
        """Everything was copied and found to be the same on both sides."""
        begun = all(ledger_of(each) for each in self.new.values())
        return begun and all(entry.checksum for entry in self.ledger.values())

    @property
    def is_dropped(self) -> bool:
        """Refused when there is nothing to be moved, and nothing was."""
        if not self.missing:
            return False
        if self.is_complete and len(self.missing) == len(self.ledger):
            return True
        raise Refused(
            f"{self.origin} has no table {self.missing[0]}: it does not hold what is to be moved."
        )

    def refuse_unlike(self) -> None:
        """The old database and the new ones must have been migrated by this same version."""
        expected = migrations_of(self.old)
        for alias, connection in self.new.items():
            if odd := sorted(expected ^ migrations_of(connection)):
                raise Refused(
                    f"{self.origin} and {connection.info.dbname} are not migrated alike "
                    f"({odd[0]}): run migrate of this version on both."
                )
            for table in self.tables:
                if table.alias == alias and set(table.columns) != set(
                    columns_of(connection, table.name)
                ):
                    raise Refused(
                        f"{table.name} has other columns in {self.origin} than in "
                        f"{connection.info.dbname}."
                    )

    def refuse_filled(self) -> None:
        for table in self.tables:
            connection = self.new[table.alias]
            if table.name in FILLED_BY_MIGRATE or ledger_of(connection):
                continue
            if rows := self.count(connection, table):
                raise Refused(
                    f"{connection.info.dbname} is not empty: {table.name} has {rows} rows that "
                    "were not moved by this command."
                )

    def others(self, connection: Connection) -> list[str]:
        own = [each.info.backend_pid for each in (self.old, *self.new.values())]
        return [f"{count} of {role}" for role, count in connection.execute(OTHERS, [own])]

    def refuse_while_used(self, connection: Connection) -> None:
        deadline = monotonic() + OTHERS_LEAVE_WITHIN
        while others := self.others(connection):
            if monotonic() > deadline:
                raise Refused(
                    f"{connection.info.dbname} is in use (connections: {', '.join(others)}): stop "
                    "the product first, or what it writes now would be lost."
                )
            sleep(0.1)

    @contextmanager
    def old_at_rest(self) -> Iterator[None]:
        """One snapshot of the old database, in which nobody else may write until the end."""
        self.old.isolation_level = IsolationLevel.REPEATABLE_READ
        tables = listed(table.name for table in self.tables)
        try:
            with self.old.transaction():
                self.old.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(tables))
                yield
        except errors.LockNotAvailable as error:
            raise Refused(f"Somebody else holds a lock ({error.diag.message_primary}).") from error

    def begin(self) -> None:
        for alias, connection in self.new.items():
            with connection.transaction():
                tables = self.tables_of(alias)
                if not ledger_of(connection):
                    connection.execute(LEDGER)
                    connection.cursor().executemany(
                        "INSERT INTO split_auth.ledger (name, origin) VALUES (%s, %s)",
                        [(table.name, self.origin) for table in tables],
                    )
                    self.empty(connection, [t for t in tables if t.name in FILLED_BY_MIGRATE])
        self.ledger = self.read_ledger()

    def restart(self) -> None:
        """Forget what was moved so far. Refused when it was found to be whole: it may be in use."""
        if self.is_complete:
            raise Refused("Everything was moved already: there is nothing to start again.")
        for alias, connection in self.new.items():
            if ledger_of(connection):
                with connection.transaction():
                    self.empty(connection, self.tables_of(alias))
                    connection.execute("DROP SCHEMA split_auth CASCADE")
        self.ledger = self.read_ledger()

    def tables_of(self, alias: str) -> list[Table]:
        return [table for table in self.tables if table.alias == alias]

    def empty(self, connection: Connection, tables: list[Table]) -> None:
        for table in reversed(tables):
            with without_triggers(connection, table):
                connection.execute(sql.SQL("DELETE FROM {}").format(table.identifier))

    def rows_left(self) -> int:
        left = (self.count(self.old, table) - self.ledger[table.name].rows for table in self.tables)
        return sum(left)

    def count(self, connection: Connection, table: Table) -> int:
        statement = sql.SQL("SELECT count(*) FROM {}").format(table.identifier)
        return int(one(connection, statement)[0])

    def copy(self, batch: int, advanced: Callable[[int], Any]) -> None:
        for table in self.tables:
            entry = self.ledger[table.name]
            if not entry.is_copied:
                self.copy_table(table, entry.until, batch, advanced)
        self.ledger = self.read_ledger()

    def copy_table(
        self, table: Table, until: str | None, batch: int, advanced: Callable[[int], Any]
    ) -> None:
        connection = self.new[table.alias]
        is_last = False
        while not is_last:
            bound = self.bound(table, until, batch)
            is_last = bound is None
            with connection.transaction():
                rows = self.copy_batch(connection, table, until, bound)
                if is_last:
                    self.set_sequences(connection, table)
                connection.execute(
                    "UPDATE split_auth.ledger SET rows = rows + %s, until = %s,"
                    " copied_at = CASE WHEN %s THEN now() END WHERE name = %s",
                    [rows, bound, is_last, table.name],
                )
            until = bound
            advanced(rows)

    def bound(self, table: Table, until: str | None, batch: int) -> str | None:
        """The key of the last row of the next batch; None when that reaches the end."""
        statement = sql.SQL("SELECT {key}::text FROM {table} WHERE {after} ORDER BY {key} {rest}")
        row = self.old.execute(
            statement.format(
                key=sql.Identifier(table.key.name),
                table=table.identifier,
                after=compared(table.key, ">", until),
                rest=sql.SQL("OFFSET {} LIMIT 1").format(sql.Literal(batch - 1)),
            )
        ).fetchone()
        return row[0] if row else None

    def copy_batch(
        self, connection: Connection, table: Table, until: str | None, bound: str | None
    ) -> int:
        names = {"columns": table.stored, "table": table.identifier}
        out = sql.SQL("COPY (SELECT {columns} FROM {table} WHERE {after} AND {before}) TO STDOUT")
        into = sql.SQL("COPY {table} ({columns}) FROM STDIN").format(**names)
        after, before = compared(table.key, ">", until), compared(table.key, "<=", bound)
        with (
            without_triggers(connection, table),
            connection.cursor() as writing,
            self.old.cursor() as reading,
        ):
            with (
                reading.copy(out.format(**names, after=after, before=before)) as source,
                writing.copy(into) as target,
            ):
                for block in source:
                    target.write(block)
            return writing.rowcount

    def set_sequences(self, connection: Connection, table: Table) -> None:
        for column in table.columns:
            where = [f'public."{table.name}"', column.name]
            mine, theirs = (
                one(each, "SELECT pg_get_serial_sequence(%s, %s)", where)[0]
                for each in (connection, self.old)
            )
            if mine and theirs:
                # The name comes quoted from the server.
                state = one(self.old, sql.SQL("SELECT last_value, is_called FROM " + theirs))
                connection.execute("SELECT setval(%s, %s, %s)", [mine, *state])

    def checksum(self, connection: Connection, table: Table) -> tuple[int, str]:
        """Of every value; of generated ones only where the server that generates is the same."""
        kept = [c.name for c in table.columns if self.same_server or not c.is_generated]
        statement = sql.SQL(CHECKSUM).format(columns=listed(kept), table=table.identifier)
        rows, digest = one(connection, statement)
        return rows, f"{rows}:{digest}"

    def verify(self, told: Callable[[Table, int], Any]) -> None:
        """Compare each table, then note in the ledger that all are the same, in the end of AUTH.

        Refused at the first that differs.
        """
        checksums = {}
        for table in self.tables:
            rows, expected = self.checksum(self.old, table)
            found, digest = self.checksum(self.new[table.alias], table)
            if digest != expected:
                raise Refused(
                    f"{table.name} differs: {rows} rows in {self.origin}, {found} in "
                    f"{self.new[table.alias].info.dbname}, and not the same. Nothing was dropped; "
                    "--restart copies everything anew."
                )
            checksums[table.name] = expected
            told(table, rows)
        for alias in sorted(self.new, key=lambda each: each == AUTH):
            with self.new[alias].transaction():
                self.new[alias].cursor().executemany(
                    "UPDATE split_auth.ledger SET checksum = %s, verified_at = now()"
                    " WHERE name = %s",
                    [(checksums[table.name], table.name) for table in self.tables_of(alias)],
                )
                if alias == AUTH:
                    self.record(checksums)
        self.ledger = self.read_ledger()

    def record(self, checksums: Mapping[str, str]) -> None:
        """The first entry of the chain of AUTH: it names the end of the old one, which is APP's."""
        row = self.old.execute("SELECT position, hash FROM core_audithead").fetchone()
        position, digest = row or (0, b"")
        after = {"from": self.origin, "log": str(Head(APP, position, digest)), "tables": checksums}
        self.new[AUTH].execute(
            "INSERT INTO core_auditentry (action, subject_type, subject_id, after, request_id)"
            " VALUES ('people.moved', %s, '', %s, '')",
            [settings.AUTH_USER_MODEL.lower(), Jsonb(after)],
        )

    def changed(self) -> list[str]:
        """Of a completed move, what is no longer the same in the new databases.

        Refused when the old one is not as it was: what was written there since is nowhere else.
        """
        later = []
        for table in self.tables:
            kept = self.ledger[table.name].checksum
            if self.checksum(self.old, table)[1] != kept:
                raise Refused(
                    f"{table.name} was changed in {self.origin} after it was moved: what was "
                    "written there is not in the new databases. Nothing was dropped."
                )
            if self.checksum(self.new[table.alias], table)[1] != kept:
                later.append(table.name)
        return later

    def drop(self) -> None:
        """In the transaction that holds the lock. No CASCADE: nothing else may refer to them."""
        tables = listed(table.name for table in self.tables)
        self.old.execute(sql.SQL("DROP TABLE {}").format(tables))


def compared(key: Column, operator: str, value: str | None) -> sql.Composable:
    if value is None:
        return sql.SQL("true")
    return sql.SQL("{} {} {}::{}").format(
        sql.Identifier(key.name), sql.SQL(operator), sql.Literal(value), sql.SQL(key.type)
    )


@contextmanager
def without_triggers(connection: Connection, table: Table) -> Iterator[None]:
    """Ours, not those of foreign keys: what they would write is copied as well.

    Within the transaction, so that they are back whenever it ends.
    """
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    has_triggers = one(connection, TRIGGERS, [f'public."{table.name}"'])[0]
    alter = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
    if has_triggers:
        connection.execute(alter.format(table.identifier, sql.SQL("DISABLE")))
    yield
    if has_triggers:
        connection.execute(alter.format(table.identifier, sql.SQL("ENABLE")))


@contextmanager
def opened() -> Iterator[Move]:
    """Connected to all of them as the owners; Refused when they are not those of one product."""
    if AUTH == APP:
        raise Refused("This product has one database: set AUTH_DATABASE_URL and APP_DATABASE_URL.")
    parameters = settings.DATABASES[AUTH].get("SPLIT_FROM")
    if parameters is None:
        raise Refused(f"{VARIABLE} is not set: it names the database to be split, as its owner.")
    connections.close_all()
    with ExitStack() as open_ones:
        old = open_ones.enter_context(connect(parameters, VARIABLE))
        new = {alias: open_ones.enter_context(owner_of(alias)) for alias in (APP, AUTH)}
        refuse_foreign(old, VARIABLE)
        for alias, connection in new.items():
            refuse_foreign(connection, url_variables(alias)[1])
        if one(old, IDENTITY) == one(new[AUTH], IDENTITY):
            raise Refused(f"{VARIABLE} names the database of people itself, AUTH_DATABASE_URL.")
        if one(old, IDENTITY) == one(new[APP], IDENTITY):
            new.pop(APP).close()
        yield Move(old, new)


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
