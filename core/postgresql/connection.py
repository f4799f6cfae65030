from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from select import POLLIN, poll
from time import monotonic
from typing import Any

import psycopg
from psycopg import generators
from psycopg._queries import _query2pg_nocache
from psycopg.abc import RV, Params, PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import ConnectionTimeout, _WaitTimeout, error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

# Seconds. A frozen server, or one behind a network that swallows packets, refuses nothing: its
# side of the socket is held by the kernel, so no setting of TCP or of the server ends the wait.
CONNECTS_WITHIN = 2
CHECKED_WITHIN = 1.0
ASKED_AFTER = 2.0
ASKED_BY_WORKER_AFTER = 5.0
# A server that was heard so lately is not asked whether it is there: the question costs a tenth of
# a request.
LATELY = 1.0
# Statements that a connection keeps prepared; each takes memory of the server. With one more it
# begins anew: visitors choose the limits of lists, and each limit is a statement.
PREPARED_MAX = 100

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


@lru_cache(maxsize=2 * PREPARED_MAX)
def read(statement: str) -> tuple[bytes, Sequence[PyFormat], Sequence[str]]:
    """A statement as PostgreSQL reads it ($1), and of its values their formats and, where they have
    some, their names."""
    query, formats, names, _ = _query2pg_nocache(statement.encode(), "utf-8")
    return query, formats, names or ()


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

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Names of prepared statements, by what they say and the types of their values. None: here
        # nothing can be prepared.
        self.prepared: dict[tuple[bytes, tuple[int, ...]], bytes] | None = {}
        self._numbers = count()

    def ask(self, statement: str, values: Params, format: Format) -> list[tuple[Any, ...]]:
        """The rows that a statement gives, which the server plans once for all. For a connection
        that is in no transaction and whose `prepared` is not None.

        As psycopg's cursor does it, which also keeps what a cursor offers later: that took longer
        than to find one row. Raises psycopg.Error.
        """
        query, formats, order = read(statement)
        in_order = [values[name] for name in order] if isinstance(values, Mapping) else values
        transformer = Transformer(self)
        sent = transformer.dump_sequence(in_order, formats)
        with self.lock:
            name = self._name_of(query, transformer.types or ())
            self.pgconn.send_query_prepared(name, sent, transformer.formats, format)
            result = self._result()
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)

    def _name_of(self, query: bytes, types: tuple[int, ...]) -> bytes:
        """No name is given twice: whoever was interrupted may have left one that is not noted."""
        assert self.prepared is not None
        if name := self.prepared.get((query, types)):
            return name
        if len(self.prepared) >= PREPARED_MAX:
            self.pgconn.send_query(b"DEALLOCATE ALL")
            self._result()
            self.prepared.clear()
        name = b"steady_%d" % next(self._numbers)
        self.pgconn.send_prepare(name, query, types)
        self._result()
        self.prepared[query, types] = name
        return name

    def _result(self) -> PGresult:
        [result] = self.wait(generators.execute(self.pgconn))
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise error_from_result(result)
        return result

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
