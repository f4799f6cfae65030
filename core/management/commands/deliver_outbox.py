from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.db.models import Count, Min
from django.db.models.functions import Now

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
        parser.add_argument(
            "--now", action="store_true", help="also what failed before and was put off"
        )
        parser.add_argument("--watch", action="store_true", help="go on until stopped")

    def handle(self, *, limit: int, now: bool, watch: bool, **options: Any) -> None:
        if now:
            outbox.hurry()
        outcomes = outbox.deliver_due(limit)
        done, failed = outcomes[True], outcomes[False]
        self.stdout.write(f"{done} done, {failed} put off, {waiting()}.")
        if watch:
            outbox.keep_delivering()
        if failed:
            raise CommandError("What was put off failed; it is tried again, and at once by --now.")


def waiting() -> str:
    entries = Outbox.objects.using(AUTH)
    later = entries.filter(due_at__gt=Now()).aggregate(count=Count("id"), first=Min("due_at"))
    told = f"{entries.count()} waiting in all"
    if not later["count"]:
        return told
    return f"{told}, {later['count']} of them until {later['first']:%H:%M:%S} UTC or later"
