"""The people of a product's sample data."""

from django.conf import settings
from django.db import transaction

from accounts.models import Role, User
from core import audit
from core.databases import AUTH
from core.seeding import Row, SeedReport, rows


def seed() -> SeedReport:
    """Make the people of `people.json` who are not there yet, known by their email.

    Who is there stays as they are: a role may have been changed since. An admin gets
    SEED_ADMIN_PASSWORD, where it is set, whenever it does not open the door. Raises CommandError
    for what is wrong with a sample. Where another deployment keeps the people, it makes them.
    """
    report = SeedReport("people")
    if settings.ACCOUNTS_API is not None:
        return report
    people = rows("people.json", "email")
    with transaction.atomic(using=AUTH):
        for person in people:
            outcome = seed_person(person, settings.SEED_ADMIN_PASSWORD)
            setattr(report, outcome, getattr(report, outcome) + 1)
        if report.created or report.updated:
            after = {"created": report.created, "updated": report.updated}
            audit.record("people.seeded", User(id=None), after=after)
    return report


def seed_person(row: Row, admin_password: str) -> str:
    """ "created", "updated" or "unchanged"."""
    role = row.text("role")
    person = User.objects.with_email(row.text("email")).first()
    created = person is None
    if person is None:
        with row.naming():
            person = User.objects.create_user(**row.values)
    is_admin = role == Role.ADMIN == person.role
    password_changed = is_admin and open_with(person, admin_password)
    if created:
        return "created"
    return "updated" if password_changed else "unchanged"


def open_with(person: User, password: str) -> bool:
    """Make the password fit; whether it had to be set."""
    if not password or person.check_password(password):
        return False
    person.set_password(password)
    person.save(update_fields=["password", "updated_at"])
    return True
