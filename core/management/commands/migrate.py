from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import connections

from core.models import ProductStamp
from core.owner import connected_as_owner
from core.stamp import foreign_stamp_sentence, read_stamp, write_stamp


class Command(migrate.Command):
    help = "Migrate as the database's owner and stamp the database as this product's."

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        with connected_as_owner(alias):
            # The owner's URL may lead elsewhere than the runtime's, which was checked at start.
            if refusal := foreign_stamp_sentence(settings.PRODUCT, read_stamp(alias)):
                raise CommandError(refusal)
            super().handle(*args, **options)
            if ProductStamp._meta.db_table in connections[alias].introspection.table_names():
                write_stamp(settings.PRODUCT, alias)
