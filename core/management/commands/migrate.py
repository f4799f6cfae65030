import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import DatabaseError, connections

from core.models import ProductStamp
from core.owner import connected_as_owner
from core.placement import misplaced_sentence
from core.stamp import foreign_stamp_sentence, read_stamp, write_stamp

TAKE_TURN = "SELECT pg_try_advisory_lock(hashtext('migrate'))"
END_TURN = "SELECT pg_advisory_unlock(hashtext('migrate'))"


class Command(migrate.Command):
    help = "Migrate every database of this product as its owner, and stamp it as this product's."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        return super().get_check_kwargs(options) | {"databases": chosen(options)}

    def handle(self, *args: Any, **options: Any) -> None:
        aliases = chosen(options)
        with ExitStack() as owners:
            for alias in aliases:
                owners.enter_context(connected_as_owner(alias))
            for alias in aliases:
                # The owner's URL may lead elsewhere than the runtime's, which was checked at start.
                stamp = read_stamp(alias)
                if refusal := foreign_stamp_sentence(settings.PRODUCT, stamp, alias):
                    raise CommandError(refusal)
            if refusal := misplaced_sentence():
                raise CommandError(refusal)
            for alias in aliases:
                owners.enter_context(self.alone(alias))
                super().handle(*args, **options | {"database": alias})
                if ProductStamp._meta.db_table in connections[alias].introspection.table_names():
                    write_stamp(settings.PRODUCT, alias)

    @contextmanager
    def alone(self, alias: str) -> Iterator[None]:
        """Two at once would each make what the other has made. It is asked again and again, not
        waited for in a statement, for which an index that is made concurrently would wait."""
        with connections[alias].cursor() as cursor:
            told = False
            while not cursor.execute(TAKE_TURN).fetchone()[0]:
                if not told:
                    self.stderr.write("Another migrate is under way: waiting for its end.")
                told = True
                time.sleep(1)
        try:
            yield
        finally:
            with suppress(DatabaseError), connections[alias].cursor() as cursor:
                cursor.execute(END_TURN)


def chosen(options: dict[str, Any]) -> list[str]:
    return [options["database"]] if options["database"] else list(connections)
