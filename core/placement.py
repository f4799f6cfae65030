"""Whether a product's databases are those that hold its tables: two that are two, and not taken for
each other, or one that was not split."""

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import Error as DatabaseError, connections

from core.databases import AUTH, url_variables
from core.routers import EVERYWHERE, home
from core.stamp import foreign_stamp_sentence, read_stamp

# Two servers' start times differ in the microseconds, whatever name each was reached by.
IDENTITY = """
SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"""
PEOPLE_ARE_GONE = """
SELECT to_regclass(%s) IS NULL AND to_regclass('django_migrations') IS NOT NULL"""
WERE_MADE = "SELECT EXISTS (SELECT FROM django_migrations WHERE app = %s)"


def misplaced_sentence() -> str | None:
    """Why nothing must be migrated or served with these URLs. One that does not answer is skipped:
    the command that needs it says so. So is another product's (core.E004), of which nothing else
    would be of use to know."""
    return exchanged_sentence() or split_sentence()


def split_sentence() -> str | None:
    variable, _ = url_variables(AUTH)
    try:
        if connections[AUTH].vendor != "postgresql" or is_foreign(AUTH) or not was_split():
            return None
    except DatabaseError:
        return None
    return (
        f"The database of {variable} was split and dropped (split_auth --drop): set "
        "AUTH_DATABASE_URL and APP_DATABASE_URL, which name the two that hold its tables now."
    )


def was_split() -> bool:
    """Whether people's table, made here once, was dropped. Raises django.db.Error. A deployment
    whose people are kept by another needs none."""
    if settings.ACCOUNTS_API is not None:
        return False
    people = get_user_model()._meta
    with connections[AUTH].cursor() as cursor:
        if not cursor.execute(PEOPLE_ARE_GONE, [people.db_table]).fetchone()[0]:
            return False
        return cursor.execute(WERE_MADE, [people.app_label]).fetchone()[0]


def exchanged_sentence() -> str | None:
    if len(connections.settings) < 2:
        return None
    found: dict[object, str] = {}
    for alias in connections:
        if connections[alias].vendor != "postgresql":
            continue  # its URL is missing or malformed, which is told by itself
        variable, _ = url_variables(alias)
        try:
            if is_foreign(alias):
                continue
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


def is_foreign(alias: str) -> bool:
    """Raises django.db.Error."""
    return foreign_stamp_sentence(settings.PRODUCT, read_stamp(alias), alias) is not None


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
