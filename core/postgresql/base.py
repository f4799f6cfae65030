"""Django's PostgreSQL backend, for a server that may fall silent (settings: ENGINE)."""

from collections import defaultdict
from typing import Any

from django.db.backends.postgresql import base

from core.breaker import Breaker
from core.postgresql.connection import CONNECTS_WITHIN, SILENT

PAUSE = 1.0  # seconds

# For each alias one in a process, as there is one pool.
breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(PAUSE))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        return {"connect_timeout": CONNECTS_WITHIN} | super().get_connection_params()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Borrowed from the pool; OperationalError at once while the server is known to be silent.

        It is known from a request that waited for a connection in vain.
        """
        if self.pool is None:
            return super().get_new_connection(conn_params)
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
