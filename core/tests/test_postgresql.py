"""Statements that PostgreSQL plans once in each connection."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from uuid import UUID

import pytest
from django.db import DataError, ProgrammingError, connections, transaction
from django.test.utils import CaptureQueriesContext

from core.databases import APP
from core.postgresql.base import DatabaseWrapper
from core.postgresql.connection import PREPARED_MAX

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


def find(connection, sql=SQL, value="heron"):
    [row] = connection.steady_rows(sql, [value])
    return row


def prepared(connection, sql=SQL):
    with connection.cursor() as cursor:
        cursor.execute(PREPARED, [sql.replace("%s", "$1")])
        return cursor.fetchone()[0]


def test_a_statement_is_prepared_once(words):
    for _ in range(3):
        assert find(words) == ("heron",)
    assert prepared(words) == 1


def test_it_is_another_one_for_values_of_other_types(words):
    sql = "SELECT pg_typeof(%s)::text"
    words.steady_rows(sql, [1])
    assert words.steady_rows(sql, [1]) == [("smallint",)]
    assert words.steady_rows(sql, [100_000]) == [("integer",)]


def test_a_connection_that_has_prepared_too_many_begins_anew(words):
    for number in range(PREPARED_MAX + 2):
        assert words.steady_rows(f"SELECT {number}, %s::text", ["heron"]) == [(number, "heron")]
    assert prepared(words, "SELECT %") == 2
    assert find(words) == ("heron",)


def test_without_autocommit_it_belongs_to_the_transaction(words, as_owner):
    as_owner.execute("GRANT INSERT ON steady_words TO PUBLIC")
    words.set_autocommit(False)
    try:
        words.steady_rows("INSERT INTO steady_words VALUES (%s) RETURNING word", ["ibis"])
        words.rollback()
    finally:
        words.set_autocommit(True)
    assert words.steady_rows(SQL, ["ibis"]) == []


def test_whoever_looks_at_each_statement_sees_it_once(words, alone):
    seen = []

    def look(execute, sql, params, many, context):
        seen.append((sql, context["connection"]))
        return execute(sql, params, many, context)

    for connection in (words, alone):
        with connection.execute_wrapper(look):
            find(connection)
    assert seen == [(SQL, words), (SQL, alone)]


def test_named_values_and_percent_signs(words):
    sql = "SELECT %(word)s, 'a' LIKE 'a%%', %(word)s"
    assert words.steady_rows(sql, {"word": "heron"}) == [("heron", True, "heron")]


def test_no_row_is_an_empty_list(words):
    assert words.steady_rows(SQL, ["ibis"]) == []


def test_one_that_is_there_unnoted_is_asked_all_the_same(words):
    """Whoever prepared it was interrupted."""
    find(words)
    words.connection.prepared.clear()
    assert find(words) == ("heron",)


def test_one_that_somebody_deallocated_is_asked_all_the_same(words):
    find(words)
    with words.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert find(words) == ("heron",)


def test_a_column_of_another_type_is_read_all_the_same(words, as_owner):
    find(words)
    as_owner.execute(GIVE_ANOTHER_TYPE)
    assert find(words) == find(words) == ("heron",)


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
    assert find(words, sql, number) == (number,)
    as_owner.execute("ALTER TABLE steady_words ALTER word TYPE uuid USING word::uuid")
    assert find(words, sql, number) == (UUID(number),)


def test_a_statement_that_is_wrong_stays_so(words):
    for _ in range(2):
        with pytest.raises(ProgrammingError, match="operator does not exist"):
            find(words, sql="SELECT 1 WHERE true = 1 OR %s = ''")


def test_within_a_transaction_nothing_is_prepared_and_what_is_outdated_breaks_none(words, as_owner):
    with transaction.atomic(using=APP):
        find(words)
        assert prepared(words) == 0
    find(words)
    as_owner.execute(GIVE_ANOTHER_TYPE)
    with transaction.atomic(using=APP):
        assert find(words) == ("heron",)


def test_whoever_counts_what_is_asked_sees_it(words):
    with CaptureQueriesContext(words) as asked:
        find(words)
    assert [query["sql"] for query in asked] == [SQL.replace("%s", "'heron'")]


def test_a_failure_is_one_of_django_s_and_leaves_the_connection_as_it_was(words):
    find(words)
    asked = words.connection
    with pytest.raises(DataError, match="division by zero"):
        words.steady_rows("SELECT 1 / %s::int", [0])
    assert find(words) == ("heron",)
    assert words.connection is asked


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
    [as_binary] = connection.steady_rows(sql, [], binary=True)
    assert [type(value) for value in as_binary] == [type(value) for value in as_text]
    assert as_binary[0].utcoffset() == as_text[0].utcoffset()
    assert as_binary[2:] == as_text[2:]


def test_without_a_pool_nothing_is_prepared(words, alone):
    """PgBouncer may give each transaction another session."""
    assert find(alone) == ("heron",)
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
            assert find(behind) == ("heron",)
            assert prepared(behind) == 0
        finally:
            behind.close()
            behind.close_pool()
    warnings = [record.getMessage() for record in caplog.records]
    assert [text for text in warnings if "Set DB_POOL_MAX=0" in text] == [warnings[-1]]


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


@pytest.mark.parametrize("is_steady", [True, False])
def test_one_that_was_lost_meanwhile_is_replaced(thread_s_own, is_steady):
    lost = process(thread_s_own)
    after_a_request(thread_s_own)
    with connections[APP].cursor() as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
    if is_steady:
        [[now]] = thread_s_own.steady_rows("SELECT pg_backend_pid()", [])
    else:
        now = process(thread_s_own)
    assert now != lost


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
