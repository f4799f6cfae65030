"""Reading a feed's file and storing it, batch by batch. The report has a line for each
rejected row, and a note of what is odd in one that was taken.

Safe to interrupt: each batch is one transaction, and a second run finds the first one's listings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import DataError, IntegrityError, transaction

from core import audit, files
from core.databases import APP
from core.files import Rejection, RowError, UnreadableFile
from properties import feeds, market
from properties.models import Property
from properties.storing import Outcome, store

BATCH = 500


@dataclass
class Progress:
    rows: int = 0
    stored: Outcome = field(default_factory=Outcome)
    rejections: list[Rejection] = field(default_factory=list)
    notes: list[Rejection] = field(default_factory=list)

    def __str__(self) -> str:
        stored = self.stored
        told = (
            f"{self.rows} rows: {stored.created} created, {stored.updated} updated, "
            f"{stored.unchanged} unchanged, {len(self.rejections)} rejected"
        )
        return f"{told}, {len(self.notes)} noted" if self.notes else told

    def report(self) -> list[Rejection]:
        return sorted(self.rejections + self.notes, key=lambda line: line.row)


@dataclass(frozen=True)
class Feed:
    """A file and what it does not say itself."""

    path: Path
    source: str
    currency: str
    city: str


def run(feed: Feed, progress: Progress, advanced: Callable[[int], Any]) -> None:
    """Import a file. `progress` is up to date whenever this ends, also by an interruption;
    `advanced` is called with the number of rows done since the last call.

    Raises UnreadableFile.
    """
    seen: set[str] = set()
    rows = read_rows(feed.path)
    record("listings.import_begun", feed, {})
    try:
        while batch := list(islice(rows, BATCH)):
            listings = accepted(feed, batch, seen, progress)
            add(progress.stored, store_batch(listings, progress))
            progress.rows += len(batch)
            advanced(len(batch))
    finally:
        market.forget()
        record("listings.imported", feed, progress.stored.written())


def record(action: str, feed: Feed, written: dict[str, int]) -> None:
    """One entry as a run begins and one as it ends: a run that was killed leaves only the first."""
    after = {"file": feed.path.name, "source": feed.source, **written}
    with transaction.atomic(using=APP):
        audit.record(action, Property(id=None), after=after)


# A row number and its cells, or why it could not be read.
Row = tuple[int, dict[str, str] | RowError]


def accepted(
    feed: Feed, batch: list[Row], seen: set[str], progress: Progress
) -> list[tuple[int, Property]]:
    listings = []
    for number, row in batch:
        external_id = row.get("id", "").strip() if isinstance(row, dict) else ""
        try:
            if isinstance(row, RowError):
                raise row
            listing = feeds.listing_of(
                row, source=feed.source, currency=feed.currency, city=feed.city
            )
            if listing.external_id in seen:
                raise RowError("id", "is the id of an earlier row of this file")
            seen.add(listing.external_id)
            listings.append((number, listing))
            progress.notes += [
                Rejection(number, external_id, name, "looks like a formula: taken as text")
                for name in feeds.formulas_in(row)
            ]
        except RowError as error:
            progress.rejections.append(Rejection(number, external_id, error.field, error.reason))
    return listings


def store_batch(listings: list[tuple[int, Property]], progress: Progress) -> Outcome:
    """One transaction; if the database refuses a row, each by itself, to tell which one."""
    try:
        with transaction.atomic(using=APP):
            return store([listing for _, listing in listings])
    except (DataError, IntegrityError) as error:
        if len(listings) == 1:
            number, listing = listings[0]
            reason = f"the database refuses it: {first_line(error)}"
            progress.rejections.append(Rejection(number, listing.external_id, "", reason))
            return Outcome()
    total = Outcome()
    for one in listings:
        add(total, store_batch([one], progress))
    return total


def first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def add(total: Outcome, part: Outcome) -> None:
    total.created += part.created
    total.updated += part.updated
    total.unchanged += part.unchanged


def read_rows(path: Path) -> Iterator[Row]:
    """Numbered rows. Raises UnreadableFile when the file is no such feed or ends halfway."""
    with files.opened(path) as file:
        reader = files.csv_reader(file)
        header = files.csv_header(str(path), reader)
        missing = [name for name in feeds.REQUIRED_COLUMNS if name not in header]
        if missing:
            raise UnreadableFile(f"{path} lacks these columns: {', '.join(missing)}.")
        used = (*feeds.REQUIRED_COLUMNS, *feeds.OPTIONAL_COLUMNS)
        if twice := [name for name in used if header.count(name) > 1]:
            raise UnreadableFile(f"{path} has these columns twice: {', '.join(twice)}.")
        for number, (_, cells) in enumerate(files.csv_cells(reader), 1):
            yield number, storable(files.csv_row(header, cells))


def storable(row: dict[str, str] | RowError) -> dict[str, str] | RowError:
    if isinstance(row, RowError):
        return row
    for name in (*feeds.REQUIRED_COLUMNS, *feeds.OPTIONAL_COLUMNS):
        if reason := files.what_is_unstorable(row.get(name, "")):
            return RowError(name, reason)
    return row


@dataclass(frozen=True)
class Survey:
    rows: int
    city: str


def survey(path: Path) -> Survey:
    """How long a file is and which city it is about, before anything is written.

    Raises UnreadableFile.
    """
    rows = 0
    neighbourhoods: list[str] = []
    for _, row in read_rows(path):
        rows += 1
        if isinstance(row, dict):
            neighbourhoods.append(row.get("neighbourhood", ""))
    return Survey(rows, feeds.usual_city(neighbourhoods))
