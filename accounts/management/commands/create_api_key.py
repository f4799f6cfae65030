from argparse import ArgumentTypeError
from datetime import UTC, datetime, time
from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from accounts import api_keys
from accounts.management.elsewhere import refuse_elsewhere
from accounts.models import APIKey, Scope
from core.databases import AUTH

NAME_MAX_LENGTH = APIKey._meta.get_field("name").max_length or 0


class Command(BaseCommand):
    help = "Make an API key and print it: the key alone, on standard output, this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", type=name, help="who uses it, and for what")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            required=True,
            help="what it opens; may be given more than once",
        )
        parser.add_argument(
            "--expires", type=moment, metavar="DATE", help="2027-01-31, or with a time; UTC"
        )

    def handle(
        self, *, name: str, scope: list[str], expires: datetime | None, **options: Any
    ) -> None:
        refuse_elsewhere()
        scopes = [Scope(each) for each in dict.fromkeys(scope)]
        # One transaction: a key that could not be shown, on a full disk, is none.
        with transaction.atomic(using=AUTH):
            key, text = api_keys.create(name, scopes, expires_at=expires)
            self.stdout.write(text)
            self.stdout.flush()
        self.stderr.write(f"{key} opens {', '.join(key.scopes)}. It is not shown again.")


def name(text: str) -> str:
    if not text.strip() or len(text) > NAME_MAX_LENGTH or not text.isprintable():
        raise ArgumentTypeError(f"a name of 1 to {NAME_MAX_LENGTH} characters")
    return text.strip()


def moment(text: str) -> datetime:
    """A date alone means its beginning."""
    try:
        day = parse_date(text)
        given = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:
        given = None
    if given is None:
        raise ArgumentTypeError("a date such as 2027-01-31")
    aware = given if given.tzinfo else given.replace(tzinfo=UTC)
    if aware <= timezone.now():
        raise ArgumentTypeError("a moment to come")
    return aware
