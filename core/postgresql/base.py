"""Django's PostgreSQL backend, for a server that may fall silent (settings: ENGINE)."""

import logging
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from psycopg import IsolationLevel
from psycopg.abc import Params
from psycopg.errors import (
    DatatypeMismatch,
    FeatureNotSupported,
    InvalidSqlStatementName,
    UndefinedFunction,
)
from psycopg.pq import Format
from psycopg_pool import ConnectionPool

from core.breaker import Breaker
from core.postgresql.connection import CONNECTS_WITHIN, SILENT, Connection

PAUSE = 1.0  # seconds
# Seconds that a thread keeps a connection from one request to the next; then the pool, which knows
# its age, has it back.
KEPT_FOR = 60.0

# What a prepared statement fails with once a migration has given a column another type: its answer
# has another form, or its parameters keep the type that they had. Or somebody has deallocated it.
OUTDATED = (FeatureNotSupported, DatatypeMismatch, UndefinedFunction, InvalidSqlStatementName)

logger = logging.getLogger("core.postgresql")
told: set[str] = set()  # aliases, once in a process

# For each alias one in a process, as there is one pool.
breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(PAUSE))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        return {"connect_timeout": CONNECTS_WITHIN} | super().get_connection_params()

    def _configure_connection(self, connection: Any) -> Any:
        if not self.settings_dict["OPTIONS"].get("pool"):
            connection.prepared = None
        elif shares_sessions(connection):
            connection.prepared = None
            self._tell_of_who_stands_between()
        return super()._configure_connection(connection)  # type: ignore[misc]

    def _tell_of_who_stands_between(self) -> None:
        if self.alias not in told:
            told.add(self.alias)
            logger.warning(
                "Something like PgBouncer stands before the database of %r: nothing is prepared. "
                "Set DB_POOL_MAX=0, for it keeps a pool of its own.",
                self.alias,
            )

    def connect(self) -> None:
        """A thread of a web server gives its connection back only after KEPT_FOR, or if it is asked
        to (`close`), where the settings say that the pool can spare it: to borrow one for each
        request took a twentieth of a short one. It is checked before its first use in a request.
        """
        super().connect()
        if self.settings_dict.get("KEPT_BY_THREADS"):
            self.close_at = monotonic() + KEPT_FOR

    def close_if_health_check_failed(self) -> None:
        if self.connection is None or self.health_check_done:  # type: ignore[has-type]
            return
        try:
            ConnectionPool.check_connection(self.connection)
        except self.Database.Error:
            self.close()
        self.health_check_done = True

    def steady_rows(
        self, statement: str, values: Params, binary: bool = False
    ) -> list[tuple[Any, ...]]:
        """See core/databases.py. Without a pool nothing is prepared: behind PgBouncer the next
        transaction may have another session. Nor within a transaction, which a plan that is
        outdated would break, nor while queries are counted."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self.autocommit and self.connection.prepared is not None and not self.queries_logged:
            rows = self._ask(statement, values, Format(binary))
            if rows is not None:
                return rows
        with self.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def _ask(self, statement: str, values: Params, format: Format) -> list[tuple[Any, ...]] | None:
        """By way of whoever looks at each statement (`execute_wrapper`), as those of a cursor go.
        None for one that was outdated: from then on this connection prepares nothing."""

        def ask(sql: str, params: Params, many: bool, context: Mapping[str, Any]) -> Any:
            with self.wrap_database_errors:
                try:
                    return self.connection.ask(sql, params, format)
                except OUTDATED:
                    self.connection.prepared = None
                    return None

        for wrapper in reversed(self.execute_wrappers):
            ask = partial(wrapper, ask)
        return ask(statement, values, False, {"connection": self})

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Borrowed from the pool; OperationalError at once while the server is known to be silent.

        It is known from a request that waited for a connection in vain. Without a pool, as in
        commands and behind PgBouncer, it is made here.
        """
        if self.pool is None:
            # What Django sets; no product asks for another level.
            self.isolation_level = IsolationLevel.READ_COMMITTED
            return Connection.connect(**conn_params)
        breaker = breakers[self.alias]
        if breaker.refuses():
            raise self.Database.OperationalError(SILENT)
        try:
            connection = self._borrow(conn_params, breaker)
        except self.Database.OperationalError:
            breaker.failed()
            raise
        breaker.succeeded()
        return connection

    def _borrow(self, conn_params: dict[str, Any], breaker: Breaker) -> Any:
        """One that answers. The pool could look itself (CONN_HEALTH_CHECKS), but pauses for a
        second after each that was lost, and when PostgreSQL was restarted all are."""
        deadline = monotonic() + self.pool.timeout
        while True:
            connection = super().get_new_connection(conn_params)
            connection.when_silent = breaker.failed
            try:
                ConnectionPool.check_connection(connection)
                return connection
            except self.Database.Error:
                connection.close()
                self.pool.putconn(connection)  # which makes another in its place
                if monotonic() >= deadline:
                    raise


def shares_sessions(connection: Any) -> bool:
    """Whether somebody between may give each transaction another session: it has told a process
    that is not the one that answers. A statement that was prepared in one session would be missing
    in the next, or be another one there, of the same name.
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return bool(row[0] != connection.info.backend_pid)
