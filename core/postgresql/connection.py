from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.errors import ConnectionTimeout, _WaitTimeout

# Seconds. A frozen server, or one behind a network that swallows packets, refuses nothing: its
# side of the socket is held by the kernel, so no setting of TCP or of the server ends the wait.
CONNECTS_WITHIN = 2
CHECKED_WITHIN = 1.0
ASKED_AFTER = 3.0

SILENT = "PostgreSQL gives no answer"


class Connection(psycopg.Connection[Any]):
    """Waits for a slow query, and not for a silent server.

    A query may well take longer than ASKED_AFTER (`statement_timeout` is its limit). Only then a
    second connection is tried, which a living server accepts or refuses.
    """

    _patience = ASKED_AFTER
    _is_being_checked = False

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        """With an empty query the pool checks a connection that it is about to lend."""
        if query != "":
            return super().execute(query, *args, **options)
        self._patience, self._is_being_checked = CHECKED_WITHIN, True
        try:
            return super().execute(query, *args, **options)
        finally:
            self._patience, self._is_being_checked = ASKED_AFTER, False

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raises psycopg.OperationalError, with the connection closed, when nobody answers."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        while True:
            try:
                return super().wait(gen, interval, self._patience)
            except _WaitTimeout:
                if self._is_being_checked or not self._server_answers():
                    self.close()
                    raise psycopg.OperationalError(SILENT) from None

    def _server_answers(self) -> bool:
        parameters: dict[str, Any] = {
            **self.info.get_parameters(),
            "password": self.info.password,
            "connect_timeout": CONNECTS_WITHIN,
        }
        try:
            psycopg.connect(**parameters).close()
        except ConnectionTimeout:
            return False
        except psycopg.OperationalError:
            return True  # as too many clients are refused
        return True
