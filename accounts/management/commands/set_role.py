import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.db import transaction

from accounts import changes
from accounts.management.elsewhere import refuse_elsewhere
from accounts.models import Role, Tombstone, User
from core import audit
from core.databases import AUTH

# As Clerk's ids of users are: a mistyped name must not become a person.
CLERK_ID = re.compile(r"user_[A-Za-z0-9_-]+")


class Command(BaseCommand):
    help = (
        "Give somebody a role. Makes the first admin of a new deployment: by Clerk id, also before "
        "their first sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", metavar="EMAIL|CLERK_ID")
        parser.add_argument("role", choices=Role.values)

    def handle(self, *, person: str, role: str, **options: Any) -> None:
        refuse_elsewhere()
        with transaction.atomic(using=AUTH):
            known = find(person)
            found = known or made(person)
            before = found.role
            if before != role:
                found.role = Role(role)
                found.save(using=AUTH, update_fields=["role", "updated_at"])
                changes.record(found, {"role": before})
        product = settings.PRODUCT.name
        if known is None:
            self.stdout.write(f"{found} was not known here: made, as {role} of {product}.")
        elif before == role:
            self.stdout.write(f"{found} is {role} of {product} already.")
        else:
            self.stdout.write(f"{found} was {before} and is now {role} of {product}.")


def find(person: str) -> User | None:
    people = User.objects.using(AUTH).select_for_update()
    is_email = "@" in person
    matching = people.with_email(person) if is_email else people.filter(clerk_user_id=person)
    return matching.first()


def made(clerk_id: str) -> User:
    """Somebody who has not signed in yet; their first sign-in finds this row. Raises CommandError
    for what is no Clerk id: an email alone says nothing of who will sign in with it."""
    if not CLERK_ID.fullmatch(clerk_id):
        raise CommandError(
            f"{settings.PRODUCT.name} knows nobody called {clerk_id}. A person is known by email "
            "from their first sign-in on, if the session token carries it; the Clerk id (user_...) "
            "does before that."
        )
    if not Tombstone.objects.may_make(clerk_id):
        raise CommandError(f"{clerk_id} was deleted here, which is for good.")
    person = User(clerk_user_id=clerk_id)
    person.set_unusable_password()
    try:
        person.full_clean()
    except ValidationError as error:
        raise CommandError("; ".join(error.messages)) from error
    person.save(using=AUTH)
    audit.record("user.created", person, after={"role": person.role})
    return person
