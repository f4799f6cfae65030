import pytest
from django.db import IntegrityError, connection

from core.databases import APP
from core.owner import connected_as_owner
from core.postgresql.operations import is_there, words_rewritten


@pytest.fixture
def editor(transactional_db):
    """Of the owner, beside whatever else is going on, with a table of two equal rows."""
    with connected_as_owner(APP), connection.schema_editor(atomic=False) as editor:
        editor.execute("CREATE TABLE rows_alike AS SELECT 1 AS n FROM generate_series(1, 2)")
        yield editor
        editor.execute("DROP TABLE rows_alike")


def test_a_whole_index_is_kept(editor):
    assert not is_there(editor, "rows_alike_n")
    editor.execute("CREATE INDEX rows_alike_n ON rows_alike (n)")
    assert is_there(editor, "rows_alike_n")


def test_what_a_stopped_run_left_is_dropped(editor):
    begin = "CREATE {} INDEX CONCURRENTLY rows_alike_n ON rows_alike (n)"
    with pytest.raises(IntegrityError):
        editor.execute(begin.format("UNIQUE"))
    assert not is_there(editor, "rows_alike_n")
    editor.execute(begin.format(""))  # the name is free
    assert is_there(editor, "rows_alike_n")


def test_words_are_rewritten_and_other_rows_left_alone(editor):
    editor.execute("CREATE TEMPORARY TABLE texts (a text, b text)")
    before = [("slow wi fi wi fi", "x"), ("wi fine", "swi fi"), ("x", "check in")]
    for row in before:
        editor.execute("INSERT INTO texts VALUES (%s, %s)", row)
    changes = {"wi fi": "wifi", "check in": "check in checkin"}
    editor.execute(words_rewritten("texts", ["a", "b"], changes).sql)
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT * FROM texts ORDER BY ctid")
        assert set(cursor.fetchall()) == {
            ("slow wifi wifi", "x"), before[1], ("x", "check in checkin")
        }  # fmt: skip
    editor.execute("DROP TABLE texts")
