"""Cursors whose statements PostgreSQL plans once in each connection."""

import pytest
from django.db import DatabaseError, connections, transaction
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


def test_within_a_transaction_it_is_one_failure(words, as_owner):
    find(words, times=PREPARED_AFTER + 1)
    as_owner.execute(GIVE_ANOTHER_TYPE)
    with pytest.raises(DatabaseError), transaction.atomic(using=APP):
        find(words)
    assert find(words) == ("heron",)


def test_without_a_pool_nothing_is_prepared(words):
    """PgBouncer may give each transaction another session."""
    given = words.settings_dict
    options = {name: value for name, value in given["OPTIONS"].items() if name != "pool"}
    alone = DatabaseWrapper(given | {"OPTIONS": options}, APP)
    try:
        assert find(alone, times=2 * PREPARED_AFTER) == ("heron",)
        assert prepared(alone) == 0
    finally:
        alone.close()


def test_who_debugs_reads_it_with_its_values(words):
    find(words, times=PREPARED_AFTER + 1)
    with CaptureQueriesContext(words) as queries:
        find(words)
    assert [query["sql"] for query in queries] == [SQL % "'heron'"]
