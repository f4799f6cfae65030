from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandParser

from core.databases import AUTH


class Command(createsuperuser.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        """People live in AUTH, wherever that is."""
        super().add_arguments(parser)
        parser.set_defaults(database=AUTH)
