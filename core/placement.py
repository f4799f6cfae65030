"""Whether the two databases of a product are two, and not taken for each other."""

from django.apps import apps
from django.db import Error as DatabaseError, connections

from core.databases import url_variables
from core.routers import EVERYWHERE, home

# Two servers' start times differ in the microseconds, whatever name each was reached by.
IDENTITY = """
SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"""


def misplaced_sentence() -> str | None:
    """Why nothing must be migrated or served with these URLs. One that does not answer is skipped:
    the command that needs it says so."""
    if len(connections.settings) < 2:
        return None
    found: dict[object, str] = {}
    for alias in connections:
        if connections[alias].vendor != "postgresql":
            continue  # its URL is missing or malformed, which is told by itself
        variable, _ = url_variables(alias)
        try:
            identity, tables = look(alias)
        except DatabaseError:
            continue
        if other := found.get(identity):
            return (
                f"{other} and {variable} name one database in two ways. Write the same host, port "
                "and name in both, if one is what you want."
            )
        found[identity] = variable
        own, others = tables_by_place(alias)
        if (strange := sorted(tables & others)) and not tables & own:
            return (
                f"The database of {variable} has the table {strange[0]}, which does not belong "
                "there, and none of those that do. Are the URLs exchanged?"
            )
    return None


def look(alias: str) -> tuple[object, set[str]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(IDENTITY)
        return cursor.fetchone(), set(connections[alias].introspection.table_names(cursor))


def tables_by_place(alias: str) -> tuple[set[str], set[str]]:
    """The tables that belong into this database, and those that belong into another one."""
    own, others = set[str](), set[str]()
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        if label not in EVERYWHERE:
            (own if home(label) == alias else others).add(model._meta.db_table)
    return own, others
