from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandParser

from accounts.management.elsewhere import refuse_elsewhere
from core.databases import AUTH


class Command(changepassword.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        """People live in AUTH, wherever that is."""
        super().add_arguments(parser)
        parser.set_defaults(database=AUTH)

    def handle(self, *args: Any, **options: Any) -> str | None:
        refuse_elsewhere()
        return super().handle(*args, **options)
