from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from accounts import erasure
from accounts.management.elsewhere import refuse_elsewhere
from accounts.models import ErasureReceipt, Tombstone, User
from core.databases import AUTH

# A slip of the pen must not look like an erasure, hence no exit status 0.
ERASED_ALREADY = "Erased already, perhaps: the email goes too, and only an id tells."


class Command(BaseCommand):
    help = (
        "Erase somebody for good, in every database of this product, and print the receipt. Twice "
        "is as good as once. Whoever may come back is deactivated instead."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", metavar="EMAIL|CLERK_ID|UUID")

    def handle(self, *, person: str, **options: Any) -> None:
        refuse_elsewhere()
        person = person.strip()
        id = id_of(person)
        erased = erasure.erase(id) if id else None
        if erased is None and Tombstone.objects.covers(person):
            self.stdout.write(f"{person} was erased before.")
            return
        if erased is None:
            again = f" {ERASED_ALREADY}" if "@" in person else ""
            raise CommandError(f"{settings.PRODUCT.name} knows nobody called {person}.{again}")
        receipt = ErasureReceipt.objects.using(AUTH).get(id=erased.id)
        told = ", ".join(f"{name} {count}" for name, count in sorted(receipt.counts.items()))
        state = "finished" if receipt.finished_at else "begun; the rest follows by itself"
        self.stdout.write(f"{state}. Receipt {receipt.id}: {told}")


def id_of(person: str) -> UUID | None:
    """An id is also taken of somebody who was erased before."""
    try:
        return UUID(person)
    except ValueError:
        people = User.objects.using(AUTH)
        matching = (
            people.with_email(person) if "@" in person else people.filter(clerk_user_id=person)
        )
        return matching.values_list("id", flat=True).first()
