"""Moves what an old database holds into the two of the product (`manage.py split_auth`).

The old database is a third one, or it is already the application's: then only what belongs to
people moves. All of it is read in one transaction, under a lock that lets nobody else write there.
Each batch is committed together with its line of the ledger, so a run that was killed goes on where
it ended.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from psycopg import IsolationLevel, errors, sql
from psycopg.types.json import Jsonb

from core.chain import Head
from core.databases import APP, AUTH, url_variables
from core.split import ledger, sessions, tables
from core.split.ledger import Entry
from core.split.sessions import Connection, Refused
from core.split.tables import Table

VARIABLE = "SPLIT_FROM_DATABASE_OWNER_URL"
# Filled by `migrate`, with other ids than the old database's.
FILLED_BY_MIGRATE = frozenset({"auth_permission", "django_content_type"})
PROMISES = """
SELECT count(*), to_char(max(due_at) AT TIME ZONE 'UTC', 'HH24:MI:SS "UTC"') FROM core_outbox
"""


@contextmanager
def opened() -> Iterator["Move"]:
    """Connected to all of them as the owners; Refused when they are not those of one product."""
    if AUTH == APP:
        raise Refused("This product has one database: set AUTH_DATABASE_URL and APP_DATABASE_URL.")
    parameters = settings.DATABASES[AUTH].get("SPLIT_FROM")
    if parameters is None:
        raise Refused(f"{VARIABLE} is not set: it names the database to be split, as its owner.")
    connections.close_all()
    with ExitStack() as open_ones:
        old = open_ones.enter_context(sessions.connect(parameters, VARIABLE))
        new = {alias: open_ones.enter_context(sessions.owner_of(alias)) for alias in (APP, AUTH)}
        sessions.refuse_foreign(old, VARIABLE)
        sessions.refuse_others_than_the_owner(old, VARIABLE)
        for alias, connection in new.items():
            sessions.refuse_foreign(connection, url_variables(alias)[1])
            sessions.refuse_others_than_the_owner(connection, url_variables(alias)[1])
        if sessions.is_same(old, new[AUTH]):
            raise Refused(f"{VARIABLE} names the database of people itself, AUTH_DATABASE_URL.")
        if sessions.is_same(old, new[APP]):
            new.pop(APP).close()
        yield Move(old, new)


class Move:
    """`new` has the databases that something moves to, by alias."""

    def __init__(self, old: Connection, new: dict[str, Connection]) -> None:
        self.old = old
        self.new = new
        self.origin = old.info.dbname
        self.own = [each.info.backend_pid for each in (old, *new.values())]
        versions = {each.info.server_version // 10_000 for each in (old, *new.values())}
        # Another major version may generate another value of the same row.
        self.compares_generated = len(versions) == 1
        self.ledger = self.read_ledger()
        # A move that has begun is of the tables that there were then.
        names = {
            alias: list(ledger.read(each)) or tables.names_of(alias) for alias, each in new.items()
        }
        moved = [name for alias in new for name in names[alias]]
        self.missing = [name for name in moved if not tables.columns_of(old, name)]
        self.tables = [] if self.missing else list(tables.read(old, names))

    def read_ledger(self) -> dict[str, Entry]:
        lines = {
            name: line for each in self.new.values() for name, line in ledger.read(each).items()
        }
        if others := {entry.origin for entry in lines.values()} - {self.origin}:
            raise Refused(
                f"What was moved before came from {others.pop()}, and {VARIABLE} names "
                f"{self.origin}."
            )
        return lines

    def tables_of(self, alias: str) -> list[Table]:
        return [table for table in self.tables if table.alias == alias]

    @property
    def is_complete(self) -> bool:
        """Everything was copied and found to be the same on both sides."""
        has_begun = all(ledger.read(each) for each in self.new.values())
        return has_begun and all(entry.checksum for entry in self.ledger.values())

    @property
    def is_dropped(self) -> bool:
        """Refused when there is nothing to be moved, and nothing was."""
        if not self.missing:
            return False
        if self.is_complete and len(self.missing) == len(self.ledger):
            return True
        raise Refused(
            f"{self.origin} has no table {self.missing[0]}: migrate it by this version first, or "
            f"check {VARIABLE}."
        )

    def promises(self) -> str | None:
        """The outbox is read in the database of people, and moves with the rest."""
        count, due = sessions.one(self.old, PROMISES)
        if not count:
            return None
        return (
            f"The outbox of {self.origin} is not empty ({count} waiting, the last is due at "
            f"{due}): run deliver_outbox --watch there until it is, with the settings it had "
            "before."
        )

    def refuse_promises(self) -> None:
        if sentence := self.promises():
            raise Refused(sentence)

    def refuse_unlike(self) -> None:
        """The old database and the new ones must have been migrated by this same version."""
        expected = sessions.migrations_of(self.old)
        for connection in self.new.values():
            if odd := sorted(expected ^ sessions.migrations_of(connection)):
                raise Refused(
                    f"{self.origin} and {connection.info.dbname} are not migrated alike "
                    f"({odd[0]}): run migrate of this version on both."
                )
        for table in self.tables:
            connection = self.new[table.alias]
            if table.columns != tables.columns_of(connection, table.name):
                raise Refused(
                    f"{table.name} has other columns in {self.origin} than in "
                    f"{connection.info.dbname}."
                )

    def refuse_filled(self) -> None:
        """A new database must be empty, unless it was this command that filled it."""
        for table in self.tables:
            connection = self.new[table.alias]
            if table.name in FILLED_BY_MIGRATE or ledger.read(connection):
                continue
            if rows := tables.count(connection, table):
                raise Refused(
                    f"{connection.info.dbname} is not empty: {table.name} has {rows} rows that "
                    "were not moved by this command. If nothing in it is wanted, empty it: "
                    f"manage.py flush --database {table.alias}."
                )

    def others(self, connection: Connection) -> str:
        return sessions.others(connection, self.own)

    def refuse_others(self, connection: Connection) -> None:
        sessions.refuse_others(connection, self.own)

    @contextmanager
    def old_at_rest(self) -> Iterator[None]:
        """One snapshot of the old database, in which nobody else may write until the end."""
        self.old.isolation_level = IsolationLevel.REPEATABLE_READ
        names = tables.listed(table.name for table in self.tables)
        try:
            with self.old.transaction():
                self.old.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(names))
                yield
        except errors.LockNotAvailable as error:
            raise Refused("Somebody else holds a lock on a table that is to be moved.") from error

    def restart(self) -> None:
        """Forget what was copied so far."""
        for alias, connection in self.new.items():
            if ledger.read(connection):
                with connection.transaction():
                    tables.empty(connection, self.tables_of(alias))
                    ledger.forget(connection)

    def begin(self) -> None:
        for alias, connection in self.new.items():
            if not ledger.read(connection):
                filled = [t for t in self.tables_of(alias) if t.name in FILLED_BY_MIGRATE]
                with connection.transaction():
                    names = [table.name for table in self.tables_of(alias)]
                    ledger.begin(connection, names, self.origin)
                    tables.empty(connection, filled)
        self.ledger = self.read_ledger()

    def rows_left(self) -> int:
        rows = (tables.count(self.old, table) for table in self.tables)
        return sum(rows) - sum(entry.rows for entry in self.ledger.values())

    def copy(self, batch: int, advanced: Callable[[int], Any]) -> None:
        """`batch` rows at a time; `advanced` is called with the number of each."""
        for table in self.tables:
            entry = self.ledger[table.name]
            if not entry.is_copied:
                self.copy_table(table, entry.until, batch, advanced)

    def copy_table(
        self, table: Table, until: str | None, batch: int, advanced: Callable[[int], Any]
    ) -> None:
        new = self.new[table.alias]
        is_last = False
        while not is_last:
            bound = tables.bound(self.old, table, until, batch)
            is_last = bound is None
            with new.transaction():
                rows = tables.copy_batch(self.old, new, table, until, bound)
                if is_last:
                    tables.set_sequences(self.old, new, table)
                ledger.note_batch(new, table.name, rows, bound)
            until = bound
            advanced(rows)

    def checksum(self, connection: Connection, table: Table) -> tuple[int, str]:
        return tables.checksum(connection, table, generated=self.compares_generated)

    def verify(self, told: Callable[[Table, int], Any]) -> None:
        """Compare every table and note that all are the same. Refused at the first that is not."""
        checksums = {}
        for table in self.tables:
            new = self.new[table.alias]
            rows, expected = self.checksum(self.old, table)
            found, digest = self.checksum(new, table)
            if digest != expected:
                raise Refused(
                    f"{table.name} differs: {rows} rows in {self.origin}, {found} in "
                    f"{new.info.dbname}, and not the same. Nothing was dropped; --restart copies "
                    "everything anew."
                )
            checksums[table.name] = expected
            told(table, rows)
        for alias, new in self.new.items():
            with new.transaction():
                for table in self.tables_of(alias):
                    ledger.note_verified(new, table.name, checksums[table.name])
                if alias == AUTH:
                    self.record(checksums)
        self.ledger = self.read_ledger()

    def record(self, checksums: Mapping[str, str]) -> None:
        """The first entry of people's chain names the end of the old one, which is now APP's."""
        row = self.old.execute("SELECT position, hash FROM core_audithead").fetchone()
        head = Head(APP, *(row or (0, b"")))
        after = {"from": self.origin, "log": str(head), "tables": checksums}
        self.new[AUTH].execute(
            "INSERT INTO core_auditentry (action, subject_type, subject_id, after, request_id)"
            " VALUES ('people.moved', %s, '', %s, '')",
            [settings.AUTH_USER_MODEL.lower(), Jsonb(after)],
        )

    def changed(self) -> list[str]:
        """Of a complete move, the tables that are no longer the same in the new databases.

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
        names = tables.listed(table.name for table in self.tables)
        self.old.execute(sql.SQL("DROP TABLE {}").format(names))
