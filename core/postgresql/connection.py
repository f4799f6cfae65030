from collections.abc import Callable, Mapping
from select import POLLIN, poll
from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.errors import ConnectionTimeout, _WaitTimeout
from psycopg.pq import TransactionStatus

# Seconds. A frozen server, or one behind a network that swallows packets, refuses nothing: its
# side of the socket is held by the kernel, so no setting of TCP or of the server ends the wait.
CONNECTS_WITHIN = 2
CHECKED_WITHIN = 1.0
ASKED_AFTER = 2.0
ASKED_BY_WORKER_AFTER = 5.0
# A server that was heard so lately is not asked whether it is there: the question costs a tenth of
# a request.
LATELY = 1.0

SILENT = "PostgreSQL gives no answer"


def libpq(database: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `psycopg.connect`, of one of DATABASES or of its OWNER."""
    options = {name: value for name, value in database["OPTIONS"].items() if name != "pool"}
    return {
        "host": database["HOST"],
        "port": database["PORT"] or None,
        "dbname": database["NAME"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        **options,
    }


def asked_again(info: psycopg.ConnectionInfo) -> dict[str, Any]:
    """Arguments of `psycopg.connect` for a second connection, as the first one was made."""
    return {
        **info.get_parameters(),
        "password": info.password,
        "connect_timeout": CONNECTS_WITHIN,
    }


class Connection(psycopg.Connection[Any]):
    """Waits for a slow query, and not for a silent server.

    A query may well take longer than ASKED_AFTER (`statement_timeout` is its limit). Only then a
    second connection is tried, which a living server accepts or refuses. Of a silence others are
    told by `when_silent`.
    """

    when_silent: Callable[[], None] = staticmethod(lambda: None)
    _patience = ASKED_AFTER
    _is_being_checked = False
    _heard_at = 0.0

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        """An empty query asks whether somebody answers, before a connection is used."""
        if query != "":
            return super().execute(query, *args, **options)
        if monotonic() - self._heard_at < LATELY and not self._has_something_to_say():
            return None
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
                answer = super().wait(gen, interval, self._patience)
                self._heard_at = monotonic()
                return answer
            except _WaitTimeout:
                if self._is_being_checked or not self._server_answers():
                    self.close()
                    self.when_silent()
                    raise psycopg.OperationalError(SILENT) from None

    def _has_something_to_say(self) -> bool:
        """Whether something came that nobody asked for: mostly, that the server is going away."""
        watch = poll()
        watch.register(self.pgconn.socket, POLLIN)
        return bool(watch.poll(0))

    def _server_answers(self) -> bool:
        try:
            psycopg.connect(**asked_again(self.info)).close()
        except ConnectionTimeout:
            return False
        except psycopg.OperationalError:
            return True  # as too many clients are refused
        return True


class AsyncConnection(psycopg.AsyncConnection[Any]):
    """The same for the worker, which also waits for notifications: no query is under way then, and
    nobody is asked anything. No visitor waits, so a short silence is waited out."""

    _patience = ASKED_BY_WORKER_AFTER

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raises psycopg.OperationalError, with the connection closed, when nobody answers."""
        if timeout is not None:
            return await super().wait(gen, interval, timeout)
        while True:
            try:
                return await super().wait(gen, interval, self._patience)
            except _WaitTimeout:
                if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                    continue
                if not await self._server_answers():
                    await self.close()
                    raise psycopg.OperationalError(SILENT) from None

    async def _server_answers(self) -> bool:
        try:
            second = await psycopg.AsyncConnection.connect(**asked_again(self.info))
        except ConnectionTimeout:
            return False
        except psycopg.OperationalError:
            return True
        await second.close()
        return True
