from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import flush
from django.db import connections, transaction

from core.databases import APP
from core.models import AuditEntry, AuditLink
from core.owner import connected_as_owner
from core.stamp import write_stamp


class Command(flush.Command):
    help = "Remove all data, as the databases' owners (a runtime role may not TRUNCATE)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def handle(self, **options: Any) -> None:
        for alias in [options["database"]] if options["database"] else connections:
            with connected_as_owner(alias):
                with erasable_audit_log(alias):
                    super().handle(**options | {"database": alias})
                    empty_jobs(alias)
                write_stamp(settings.PRODUCT, alias)


def empty_jobs(alias: str) -> None:
    """Django leaves out tables of models that it does not manage."""
    models = apps.get_app_config("procrastinate").get_models()
    tables = ", ".join(model._meta.db_table for model in models)
    if alias == APP:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY")


@contextmanager
def erasable_audit_log(alias: str) -> Iterator[None]:
    """All or nothing: the log is append-only again, also when this is killed."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        switch(cursor, "DISABLE")
        yield
        switch(cursor, "ENABLE")


def switch(cursor: Any, state: str) -> None:
    for table in (AuditEntry._meta.db_table, AuditLink._meta.db_table):
        cursor.execute(f"ALTER TABLE {table} {state} TRIGGER core_audit_append_only")
