from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from core import outbox
from core.databases import AUTH
from core.models import Outbox


class Command(BaseCommand):
    help = (
        "Do what earlier changes have promised and could not be done yet, such as the rest of an "
        "erasure. Web servers do so by themselves; this is for cron, or for now."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--limit", type=int, default=outbox.AT_ONCE, help="entries in one round (%(default)s)"
        )
        parser.add_argument("--watch", action="store_true", help="go on until stopped")

    def handle(self, *, limit: int, watch: bool, **options: Any) -> None:
        outcomes = outbox.deliver_due(limit)
        waiting = Outbox.objects.using(AUTH).count()
        self.stdout.write(
            f"{outcomes[True]} done, {outcomes[False]} put off, {waiting} waiting in all."
        )
        if watch:
            outbox.keep_delivering()
