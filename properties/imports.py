"""Reading a feed's file and storing it, batch by batch; a line of the report for each rejected row.

Safe to interrupt: each batch is one transaction, and a second run finds the first one's listings.
"""

import codecs
import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.db import DataError, IntegrityError, transaction

from core import audit
from core.databases import APP
from properties import feeds, market
from properties.feeds import RowError
from properties.models import Property
from properties.storing import Outcome, store

BATCH = 500
# csv's own limit of 128 KB, said aloud: a quote that never closes must not swallow the file.
CELL_MAX_LENGTH = 131_072
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"  # also of .xlsx and .ods
PEEKED = 4096  # bytes, which hold any feed's header
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class UnreadableFile(Exception):
    """The file as a whole cannot be imported. Nothing was written."""


@dataclass(frozen=True)
class Rejection:
    """`row` counts the rows after the header, from 1."""

    row: int
    external_id: str
    field: str
    reason: str

    def cells(self) -> list[str]:
        return [
            harmless(str(cell)) for cell in (self.row, self.external_id, self.field, self.reason)
        ]


@dataclass
class Progress:
    rows: int = 0
    stored: Outcome = field(default_factory=Outcome)
    rejections: list[Rejection] = field(default_factory=list)

    def __str__(self) -> str:
        stored = self.stored
        return (
            f"{self.rows} rows: {stored.created} created, {stored.updated} updated, "
            f"{stored.unchanged} unchanged, {len(self.rejections)} rejected"
        )


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


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """Text of a plain or gzipped file; what is not UTF-8 comes as surrogates, row by row."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        zipped = file.peek(2)[:2] == GZIP_MAGIC
        plain: Any = BufferedReader(gzip.GzipFile(fileobj=file)) if zipped else file
        try:
            if wrong := what_it_is_instead(plain.peek(PEEKED)):
                raise UnreadableFile(f"{path} {wrong}")
            yield TextIOWrapper(plain, "utf-8-sig", errors="surrogateescape", newline="")
        except (EOFError, OSError, zlib.error) as error:
            raise UnreadableFile(f"{path} is damaged: {str(error).rstrip('.')}.") from error


def what_it_is_instead(start: bytes) -> str:
    """The end of a sentence about a file that begins so; "" when it may be a text in UTF-8."""
    if not start.strip():
        return "is empty."
    if start.startswith(ZIP_MAGIC):
        return "is a ZIP archive or a workbook: unpack it, or save it as CSV in UTF-8."
    if start.startswith(GZIP_MAGIC):
        return "is gzipped twice: unpack it once."
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "is in UTF-16: save it as CSV in UTF-8."
    header = start.partition(b"\n")[0]
    if b"\x00" in header:
        return "is not a text file: a CSV file in UTF-8 is needed."
    return ""


def read_rows(path: Path) -> Iterator[Row]:
    """Numbered rows. Raises UnreadableFile when the file is no such feed or ends halfway."""
    csv.field_size_limit(CELL_MAX_LENGTH)
    with opened(path) as file:
        reader = csv.reader(file)
        header = header_of(path, reader)
        for number, cells in enumerate(cells_of(reader), 1):
            yield number, row_of(header, cells)


def header_of(path: Path, reader: Any) -> list[str]:
    try:
        header: list[str] = next(reader, [])
    except csv.Error as error:
        raise UnreadableFile(f"{path} is not a CSV file: {error}.") from error
    if has_surrogates("".join(header)):
        raise UnreadableFile(f"{path} is not a text file in UTF-8: save it as CSV in UTF-8.")
    missing = [name for name in feeds.REQUIRED_COLUMNS if name not in header]
    if missing:
        raise UnreadableFile(f"{path} lacks these columns: {', '.join(missing)}.")
    return header


def cells_of(reader: Any) -> Iterator[list[str] | RowError]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowError("", f"cannot be read as CSV: {error}")
            continue
        if cells:
            yield cells


def row_of(header: list[str], cells: list[str] | RowError) -> dict[str, str] | RowError:
    if isinstance(cells, RowError):
        return cells
    if len(cells) != len(header):
        return RowError("", f"has {len(cells)} cells; the header has {len(header)}")
    row = dict(zip(header, cells, strict=True))
    for name in (*feeds.REQUIRED_COLUMNS, *feeds.OPTIONAL_COLUMNS):
        if "\x00" in row.get(name, ""):
            return RowError(name, "holds a null character")
        if not row.get(name, "").isprintable() and has_surrogates(row[name]):
            return RowError(name, "is not UTF-8")
    return row


def has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def harmless(cell: str) -> str:
    """As text for a spreadsheet, and on one line."""
    line = " ".join(cell.encode("utf-8", "replace").decode().split())
    return f"'{line}" if cell.startswith(FORMULA_SIGNS) else line


def write_report(path: Path, rejections: list[Rejection]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "external_id", "field", "reason"])
        writer.writerows(rejection.cells() for rejection in rejections)


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
