"""Cursors whose statements PostgreSQL plans once in each connection."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from uuid import UUID

import pytest
from django.db import DatabaseError, ProgrammingError, connections, transaction
from django.test.utils import CaptureQueriesContext

from core.databases import APP
from core.postgresql.base import PREPARED_AFTER, DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)
SQL = "SELECT word FROM steady_words WHERE word = %s"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
GIVE_ANOTHER_TYPE = "ALTER TABLE steady_words ALTER word TYPE text"


@pytest.fixture
def words(as_owner):
    as_owner.execute("CREATE TABLE steady_words AS SELECT 'heron'::varchar(10) AS word")
    as_owner.execute("GRANT SELECT ON steady_words TO PUBLIC")
    connections[APP].close()
    connections[APP].close_pool()  # so that another test's connection has prepared nothing
    yield connections[APP]
    as_owner.execute("DROP TABLE steady_words")


def find(connection, times=1, sql=SQL):
    for _ in range(times):
        with connection.steady_cursor() as cursor:
            cursor.execute(sql, ["heron"])
            found = cursor.fetchone()
    return found


def prepared(connection, sql=SQL):
    with connection.cursor() as cursor:
        cursor.execute(PREPARED, [sql.replace("%s", "$1")])
        return cursor.fetchone()[0]


def test_a_statement_is_prepared_when_it_is_asked_often(words):
    sql = f"{SQL} OR word = 'ibis'"  # which no other test has asked this connection
    assert find(words, times=PREPARED_AFTER, sql=sql) == ("heron",)
    assert prepared(words, sql) == 0
    assert find(words, times=3, sql=sql) == ("heron",)
    assert prepared(words, sql) == 1


def test_a_column_of_another_type_is_read_all_the_same(words, as_owner):
    find(words, times=PREPARED_AFTER + 1)
    as_owner.execute(GIVE_ANOTHER_TYPE)
    assert find(words, times=2) == ("heron",)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT word FROM steady_words WHERE word = %s",
        "INSERT INTO steady_words VALUES (%s) RETURNING word",
    ],
)
def test_a_value_is_of_the_new_type_too(words, as_owner, sql):
    """That of a parameter is settled when its statement is prepared."""
    number = "00000000-0000-0000-0000-000000000007"
    as_owner.execute("ALTER TABLE steady_words ALTER word TYPE varchar(40)")
    as_owner.execute("GRANT INSERT ON steady_words TO PUBLIC")
    as_owner.execute(f"UPDATE steady_words SET word = '{number}'")
    with words.steady_cursor() as cursor:
        for _ in range(PREPARED_AFTER + 1):
            cursor.execute(sql, [number])
    as_owner.execute("ALTER TABLE steady_words ALTER word TYPE uuid USING word::uuid")
    with words.steady_cursor() as cursor:
        cursor.execute(sql, [number])
        assert cursor.fetchone() == (UUID(number),)


def test_a_statement_that_is_wrong_stays_so(words):
    for _ in range(2):
        with pytest.raises(ProgrammingError, match="operator does not exist"):
            find(words, sql="SELECT 1 WHERE true = 1 OR %s = ''")


def test_within_a_transaction_it_is_one_failure(words, as_owner):
    find(words, times=PREPARED_AFTER + 1)
    as_owner.execute(GIVE_ANOTHER_TYPE)
    with pytest.raises(DatabaseError), transaction.atomic(using=APP):
        find(words)
    assert find(words) == ("heron",)


@pytest.fixture
def alone() -> Iterator[DatabaseWrapper]:
    """Without a pool."""
    given = connections[APP].settings_dict
    options = {name: value for name, value in given["OPTIONS"].items() if name != "pool"}
    alone = DatabaseWrapper(given | {"OPTIONS": options}, APP)
    yield alone
    alone.close()


@pytest.mark.parametrize("kind", ["pooled", "alone"])
def test_values_are_the_same_as_binary_ones(kind, request, words):
    connection = words if kind == "pooled" else request.getfixturevalue("alone")
    sql = "SELECT now(), gen_random_uuid(), true, NULL, 'é'::text, now()::date, 1.5::numeric"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        as_text = cursor.fetchone()
    with connection.steady_cursor(binary=True) as cursor:
        cursor.execute(sql)
        as_binary = cursor.fetchone()
    assert [type(value) for value in as_binary] == [type(value) for value in as_text]
    assert as_binary[0].utcoffset() == as_text[0].utcoffset()
    assert as_binary[2:] == as_text[2:]


def test_without_a_pool_nothing_is_prepared(words, alone):
    """PgBouncer may give each transaction another session."""
    assert find(alone, times=2 * PREPARED_AFTER) == ("heron",)
    assert prepared(alone) == 0


def pump(source: socket.socket, sink: socket.socket, hides: bool) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            # BackendKeyData: https://www.postgresql.org/docs/current/protocol-message-formats.html
            told = rb"(?s)(K\0\0\0\x0c)....", rb"\1" + b"\0\0\0\x01"
            sink.sendall(re.sub(*told, data) if hides else data)
        sink.shutdown(socket.SHUT_RDWR)


class Between(BaseRequestHandler):
    """Names, as PgBouncer does, no process of PostgreSQL's."""

    def handle(self):
        given = connections[APP].settings_dict
        with socket.create_connection((given["HOST"], given["PORT"])) as upstream:
            answers = Thread(target=pump, args=(upstream, self.request, True))
            answers.start()
            pump(self.request, upstream, False)
            answers.join()


@contextmanager
def somebody_between() -> Iterator[int]:
    """The port of a server that hands everything on to PostgreSQL."""
    with ThreadingTCPServer(("127.0.0.1", 0), Between) as server:
        Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def test_with_somebody_between_nothing_is_prepared_and_the_operator_told(words, caplog):
    """With a statement in one session and another in the next, of the same name, answers went to
    other questions."""
    given = words.settings_dict
    with somebody_between() as port:
        behind = DatabaseWrapper(given | {"HOST": "127.0.0.1", "PORT": port}, APP)
        try:
            assert find(behind, times=2 * PREPARED_AFTER) == ("heron",)
            assert prepared(behind) == 0
        finally:
            behind.close()
            behind.close_pool()
    warnings = [record.getMessage() for record in caplog.records]
    assert [text for text in warnings if "Set DB_POOL_MAX=0" in text] == [warnings[-1]]


def test_who_debugs_reads_it_with_its_values(words):
    find(words, times=PREPARED_AFTER + 1)
    with CaptureQueriesContext(words) as queries:
        find(words)
    assert [query["sql"] for query in queries] == [SQL % "'heron'"]


@pytest.fixture(params=[True, False], ids=["kept", "given back"])
def thread_s_own(request) -> Iterator[DatabaseWrapper]:
    """A connection as a thread of a web server has one, which keeps it or not."""
    own = DatabaseWrapper(connections[APP].settings_dict | {"KEPT_BY_THREADS": request.param}, APP)
    yield own
    own.close()


def process(connection: DatabaseWrapper) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def after_a_request(connection: DatabaseWrapper) -> bool:
    """Whether it has its connection still; as Django does at the end of each."""
    connection.close_if_unusable_or_obsolete()
    return connection.connection is not None


def test_a_thread_keeps_its_connection_where_the_pool_can_spare_it(thread_s_own):
    asked = process(thread_s_own)
    assert after_a_request(thread_s_own) == thread_s_own.settings_dict["KEPT_BY_THREADS"]
    if thread_s_own.connection:
        assert process(thread_s_own) == asked


def test_the_pool_has_it_back_after_a_while(thread_s_own):
    process(thread_s_own)
    thread_s_own.close_at = time.monotonic()
    assert not after_a_request(thread_s_own)


@pytest.mark.parametrize("cursor", ["cursor", "steady_cursor"])
def test_one_that_was_lost_meanwhile_is_replaced(thread_s_own, cursor):
    lost = process(thread_s_own)
    after_a_request(thread_s_own)
    with connections[APP].cursor() as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
    with getattr(thread_s_own, cursor)() as open_cursor:
        open_cursor.execute("SELECT pg_backend_pid()")
        assert open_cursor.fetchone()[0] != lost


def test_after_a_restart_of_postgresql_nobody_waits(alone):
    """Every connection of the pool is lost then."""
    connections[APP].close()
    borrowers = [DatabaseWrapper(connections[APP].settings_dict, APP) for _ in range(6)]
    lost = [process(borrower) for borrower in borrowers]
    for borrower in borrowers:
        borrower.close()
    with alone.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", [lost])
    began = time.monotonic()
    for borrower in borrowers:
        assert process(borrower) not in lost
        borrower.close()
    assert time.monotonic() - began < 2  # DB_POOL_TIMEOUT is 3
