"""Sample listings, written for each product in `seeds/{product}/listings.json`."""

from collections.abc import Iterable
from uuid import UUID

from django.core.management import CommandError
from django.db import transaction

from accounts import directory
from accounts.remote import DirectoryUnavailable
from core import audit
from core.databases import APP
from core.seeding import Row, SeedReport, rows
from properties import market
from properties.models import Property, Status
from properties.storing import Outcome, store

SOURCE = "seed"


def seed() -> SeedReport:
    """Idempotent. A listing that staff changed stays so until its sample itself changes.

    Raises CommandError for what is wrong with a sample, and when people kept elsewhere cannot be
    asked for.
    """
    samples = rows("listings.json", "external_id")
    agents = agents_of(samples)
    listings = [listing_of(sample, agents) for sample in samples]
    with transaction.atomic(using=APP):
        outcome = store(listings)
        if written := outcome.written():
            audit.record("listings.seeded", Property(id=None), after=written)
    market.forget()
    return report(outcome)


def agents_of(samples: Iterable[Row]) -> dict[str, UUID | None]:
    """By email. None for one of the sample people who is not there, or no longer."""
    sampled = {person.text("email") for person in rows("people.json", "email")}
    agents: dict[str, UUID | None] = {}
    for sample in samples:
        email = sample.text("agent")
        if email not in agents:
            agents[email] = id_of_email(email)
        if agents[email] is None and email not in sampled:
            raise sample.refusal(f"its agent {email} is nobody here, nor in people.json.")
    return agents


def id_of_email(email: str) -> UUID | None:
    try:
        return directory.id_of_email(email)
    except DirectoryUnavailable as error:
        raise CommandError(f"The directory of people gives no usable answer: {error}") from error


def listing_of(sample: Row, agents: dict[str, UUID | None]) -> Property:
    values = {name: value for name, value in sample.values.items() if name != "agent"}
    own = {"source": SOURCE, "agent_id": agents[sample.text("agent")], "status": Status.PUBLISHED}
    return Row(values, sample.where).made(Property, **own)


def report(outcome: Outcome) -> SeedReport:
    return SeedReport("listings", outcome.created, outcome.updated, outcome.unchanged)
