from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from accounts import api_keys
from accounts.management.elsewhere import refuse_elsewhere
from accounts.models import APIKey


class Command(BaseCommand):
    help = "Revoke an API key, at once and for good. A second time changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="what stands before the point in the key, or all of it")

    def handle(self, *, prefix: str, **options: Any) -> None:
        refuse_elsewhere()
        prefix = prefix.partition(".")[0]  # the whole key is taken, and its secret not repeated
        key = APIKey.objects.filter(prefix=prefix).first()
        if key is None:
            shown = prefix if len(prefix) <= 2 * api_keys.PREFIX_BYTES else "of this prefix"
            raise CommandError(f"There is no key {shown}.")
        done = "is revoked" if api_keys.revoke(prefix) else "was revoked before"
        self.stdout.write(f"{key} {done}.")
