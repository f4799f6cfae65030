"""Django's PostgreSQL backend, for a server that may fall silent (settings: ENGINE)."""

from collections import defaultdict
from typing import Any

from django.db.backends.postgresql import base
from psycopg import IsolationLevel

from core.breaker import Breaker
from core.postgresql.connection import CONNECTS_WITHIN, SILENT, Connection

PAUSE = 1.0  # seconds

# For each alias one in a process, as there is one pool.
breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(PAUSE))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        return {"connect_timeout": CONNECTS_WITHIN} | super().get_connection_params()

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
            connection = super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            breaker.failed()
            raise
        breaker.succeeded()
        return connection
