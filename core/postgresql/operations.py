"""What migrations do besides what Django knows: indexes built beside the old ones, which may be
stopped halfway, and words written otherwise."""

from collections.abc import Mapping, Sequence

from django.contrib.postgres import operations
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

IS_WHOLE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"


def is_there(editor: BaseDatabaseSchemaEditor, name: str) -> bool:
    """Whether a run before has built this index. What a stopped one left of it, which no search
    uses, is dropped."""
    with editor.connection.cursor() as cursor:
        cursor.execute(IS_WHOLE, [name])
        found = cursor.fetchone()
    if found and not found[0]:
        editor.execute(f"DROP INDEX CONCURRENTLY {editor.quote_name(name)}")
    return bool(found and found[0])


class AddIndexBeside(operations.AddIndexConcurrently):
    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if not is_there(schema_editor, self.index.name):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class RemoveIndexBeside(operations.RemoveIndexConcurrently):
    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if not is_there(schema_editor, self.name):
            super().database_backwards(app_label, schema_editor, from_state, to_state)


def words_rewritten(
    table: str, columns: Sequence[str], changes: Mapping[str, str]
) -> migrations.RunSQL:
    """Words of stored searchable texts, single-spaced and lower-case, written otherwise; rows that
    hold none of them are left alone. There is no way back, and none is needed."""
    wanted = rf"\m({'|'.join(changes)})\M"

    def changed(column: str) -> str:
        for words, written in changes.items():
            column = rf"regexp_replace({column}, '\m{words}\M', '{written}', 'g')"
        return column

    values = ", ".join(f"{column} = {changed(column)}" for column in columns)
    where = " OR ".join(f"{column} ~ '{wanted}'" for column in columns)
    # Not even begun where there is nothing to do: triggers of the statement would tell of a change.
    return migrations.RunSQL(
        f"""DO $do$ BEGIN IF EXISTS (SELECT FROM {table} WHERE {where}) THEN
            UPDATE {table} SET {values} WHERE {where};
        END IF; END $do$""",
        migrations.RunSQL.noop,
    )
