"""Sample listings, written for each product in `seeds/{product}/listings.json`."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import CommandError
from django.db import transaction

from accounts import directory
from accounts.remote import DirectoryUnavailable
from core import audit
from core.databases import APP
from core.seeding import SeedReport
from properties import market
from properties.models import Property, Status
from properties.storing import Outcome, store

SOURCE = "seed"


def seed() -> SeedReport:
    """Idempotent. A listing that staff changed stays so until its sample itself changes.

    Raises CommandError when people kept elsewhere cannot be asked for.
    """
    samples = json.loads((settings.SEED_DIR / "listings.json").read_text())
    agents = agents_of({each["agent"] for each in samples})
    listings = [listing_of(sample, agents) for sample in samples]
    with transaction.atomic(using=APP):
        outcome = store(listings)
        if written := outcome.written():
            audit.record("listings.seeded", Property(id=None), after=written)
    market.forget()
    return report(outcome)


def agents_of(emails: set[str]) -> dict[str, UUID | None]:
    try:
        return {email: directory.id_of_email(email) for email in emails}
    except DirectoryUnavailable as error:
        raise CommandError(f"The directory of people gives no usable answer: {error}") from error


def listing_of(sample: dict[str, Any], agents: dict[str, UUID | None]) -> Property:
    values = {name: value for name, value in sample.items() if name != "agent"}
    return Property(
        **values, source=SOURCE, agent_id=agents[sample["agent"]], status=Status.PUBLISHED
    )


def report(outcome: Outcome) -> SeedReport:
    return SeedReport("listings", outcome.created, outcome.updated, outcome.unchanged)
