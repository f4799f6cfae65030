"""Indexes that are built beside the old ones, in migrations that may be stopped halfway."""

from django.contrib.postgres import operations
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
