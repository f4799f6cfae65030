from typing import Any

from django.conf import settings
from django.core.management.commands import flush

from core.owner import connected_as_owner
from core.stamp import write_stamp


class Command(flush.Command):
    help = "Remove all data, as the database's owner (the runtime role may not TRUNCATE)."

    def handle(self, **options: Any) -> None:
        with connected_as_owner(options["database"]):
            super().handle(**options)
            write_stamp(settings.PRODUCT, options["database"])
