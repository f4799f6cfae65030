"""Listings from elsewhere (feeds, sample data) into the table: made once, then kept up to date."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from properties import indexing
from properties.models import Property

# What a source says about a listing; only a change in these makes it newer than ours.
SOURCE_FIELDS = (
    "title", "description", "type", "transaction", "price", "currency", "bedrooms", "bathrooms",
    "max_guests", "area", "land_area", "city", "district", "latitude", "longitude", "amenities",
)  # fmt: skip
DERIVED_FIELDS = ("search_text", "content_hash", "source_hash")
# Set when a listing is made; who it belongs to and whether it shows is then up to staff.
OURS_FIELDS = ("id", "status", "agent_id", "source", "external_id")
COLUMNS = (*SOURCE_FIELDS, *DERIVED_FIELDS, *OURS_FIELDS)

# One statement for a batch. `xmax` is 0 in a row that was just inserted; a row that is as it
# was is not written, and so not returned.
UPSERT = f"""
INSERT INTO properties_property AS ours ({", ".join(COLUMNS)}, created_at, updated_at)
VALUES {{rows}}
ON CONFLICT (source, external_id) WHERE external_id <> '' DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in (*SOURCE_FIELDS, *DERIVED_FIELDS))},
    updated_at = excluded.updated_at
WHERE ours.source_hash <> excluded.source_hash
RETURNING ours.xmax = 0"""
ROW = f"({', '.join(['%s'] * len(COLUMNS))}, now(), now())"


@dataclass
class Outcome:
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def written(self) -> dict[str, int]:
        """For the audit log; empty when nothing was."""
        counts = {"created": self.created, "updated": self.updated}
        return counts if any(counts.values()) else {}


def store(listings: Sequence[Property]) -> Outcome:
    """Insert or update by (source, external_id) in one statement: all of the batch, or none.

    No two of `listings` may have the same id. A listing that has not changed at its source since
    it was last stored is left alone, with whatever staff have edited. They are written in the order
    of their ids, or two imports of the same ones in another order would wait for each other.
    """
    if not listings:
        return Outcome()
    ordered = sorted(listings, key=lambda listing: listing.external_id)
    values = [value for listing in ordered for value in row_of(listing)]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT.format(rows=", ".join([ROW] * len(listings))), values)
        written = [inserted for (inserted,) in cursor.fetchall()]
    if written:
        indexing.schedule_all()
    created = sum(written)
    return Outcome(created, len(written) - created, len(listings) - len(written))


def row_of(listing: Property) -> list[Any]:
    listing.derive()
    listing.source_hash = hash_of(listing)
    values = {name: getattr(listing, name) for name in COLUMNS}
    values["amenities"] = orjson.dumps(listing.amenities).decode()
    return list(values.values())


def hash_of(listing: Property) -> str:
    said = [getattr(listing, name) for name in SOURCE_FIELDS]
    return hashlib.blake2b(orjson.dumps(said, default=str), digest_size=16).hexdigest()
