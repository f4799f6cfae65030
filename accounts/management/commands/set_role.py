from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.db import transaction

from accounts import changes
from accounts.models import Role, User
from core.databases import AUTH


class Command(BaseCommand):
    help = "Give somebody a role. Makes the first admin of a new deployment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", metavar="EMAIL|CLERK_ID")
        parser.add_argument("role", choices=Role.values)

    def handle(self, *, person: str, role: str, **options: Any) -> None:
        with transaction.atomic(using=AUTH):
            self.set_role(find(person), role)

    def set_role(self, found: User, role: str) -> None:
        before = found.role
        if before == role:
            self.stdout.write(f"{found} is {role} of {settings.PRODUCT.name} already.")
            return
        found.role = Role(role)
        found.save(update_fields=["role", "updated_at"])
        changes.record(found, {"role": before})
        self.stdout.write(f"{found} was {before} and is now {role} of {settings.PRODUCT.name}.")


def find(person: str) -> User:
    is_email = "@" in person
    people = User.objects.select_for_update()
    matching = people.with_email(person) if is_email else people.filter(clerk_user_id=person)
    if found := matching.first():
        return found
    kind = "email" if is_email else "Clerk id"
    hint = " A session token carries no email by default: try the Clerk id." if is_email else ""
    raise CommandError(
        f"{settings.PRODUCT.name} knows nobody with the {kind} {person}. "
        f"A person is known from their first sign-in on.{hint}"
    )
