"""The tables that move: which and in what order, how their rows are copied and compared."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from psycopg import sql

from core.databases import APP
from core.models import ProductStamp
from core.routers import EVERYWHERE, home
from core.split.sessions import Connection, Refused, one

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


def listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


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


def read(old: Connection, names: Mapping[str, list[str]]) -> Iterator[Table]:
    """`names` by the alias of the database that they move to."""
    references = set(old.execute(REFERENCES).fetchall())
    for alias, some in names.items():
        for name in in_order(some, references):
            yield Table(name, alias, columns_of(old, name))


def count(connection: Connection, table: Table) -> int:
    statement = sql.SQL("SELECT count(*) FROM {}").format(table.identifier)
    return int(one(connection, statement)[0])


def bound(old: Connection, table: Table, until: str | None, batch: int) -> str | None:
    """The key of the last row of the next batch; None when that reaches the end."""
    statement = sql.SQL("SELECT {key}::text FROM {table} WHERE {after} ORDER BY {key} {rest}")
    row = old.execute(
        statement.format(
            key=sql.Identifier(table.key.name),
            table=table.identifier,
            after=compared(table.key, ">", until),
            rest=sql.SQL("OFFSET {} LIMIT 1").format(sql.Literal(batch - 1)),
        )
    ).fetchone()
    return row[0] if row else None


def copy_batch(
    old: Connection, new: Connection, table: Table, until: str | None, bound: str | None
) -> int:
    names = {"columns": table.stored, "table": table.identifier}
    out = sql.SQL("COPY (SELECT {columns} FROM {table} WHERE {after} AND {before}) TO STDOUT")
    into = sql.SQL("COPY {table} ({columns}) FROM STDIN").format(**names)
    after, before = compared(table.key, ">", until), compared(table.key, "<=", bound)
    with without_triggers(new, table), new.cursor() as writing, old.cursor() as reading:
        with (
            reading.copy(out.format(**names, after=after, before=before)) as source,
            writing.copy(into) as target,
        ):
            for block in source:
                target.write(block)
        return writing.rowcount


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


def set_sequences(old: Connection, new: Connection, table: Table) -> None:
    for column in table.columns:
        where = [f'public."{table.name}"', column.name]
        mine, theirs = (
            one(each, "SELECT pg_get_serial_sequence(%s, %s)", where)[0] for each in (new, old)
        )
        if mine and theirs:
            # The name comes quoted from the server.
            state = one(old, sql.SQL("SELECT last_value, is_called FROM " + theirs))
            new.execute("SELECT setval(%s, %s, %s)", [mine, *state])


def empty(connection: Connection, tables: list[Table]) -> None:
    for table in reversed(tables):
        with without_triggers(connection, table):
            connection.execute(sql.SQL("DELETE FROM {}").format(table.identifier))


def checksum(connection: Connection, table: Table, *, generated: bool) -> tuple[int, str]:
    """Of every value; of generated ones only where the server that generates is the same."""
    kept = [c.name for c in table.columns if generated or not c.is_generated]
    statement = sql.SQL(CHECKSUM).format(columns=listed(kept), table=table.identifier)
    rows, digest = one(connection, statement)
    return rows, f"{rows}:{digest}"
