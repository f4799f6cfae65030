"""Files of rows that people send to be imported: read as text, and a report of what was refused.

Which columns a row has, and what they mean, is the business of who imports it.
"""

import codecs
import csv
import gzip
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import IO, Any

# csv's own limit of 128 KB, said aloud: a quote that never closes must not swallow the file.
CELL_MAX_LENGTH = 131_072
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"  # also of .xlsx and .ods
PEEKED = 4096  # bytes, which hold any feed's header
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
FORMULA = re.compile(r"'*[=+\-@\t\r]")
DISARMED = re.compile(r"'+[=+\-@\t\r]")


class UnreadableFile(Exception):
    """The file as a whole cannot be imported. Nothing was written."""


class UnwritableReport(UnreadableFile):
    """There is no place for the report that was asked for."""


class RowError(Exception):
    """Why a row is rejected: `field` is the column, "" for the row as a whole."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Rejection:
    """`row` is its number, or the number of its line; `key` is what the file calls it by."""

    row: int
    key: str
    field: str
    reason: str

    def cells(self) -> list[str]:
        return [harmless(str(cell)) for cell in (self.row, self.key, self.field, self.reason)]


def harmless(cell: str) -> str:
    """As text for a spreadsheet, and on one line."""
    line = " ".join(cell.encode("utf-8", "replace").decode().split())
    return f"'{line}" if cell.startswith(FORMULA_SIGNS) else line


def disarmed(cell: str) -> str:
    """As text for a spreadsheet, so that `armed` gives it back as it was."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def armed(cell: str) -> str:
    return cell[1:] if DISARMED.match(cell) else cell


def refuse_unwritable(report: Path, source: Path) -> None:
    """Before anything is imported. Raises UnwritableReport."""
    try:
        if report.exists() and source.exists() and report.samefile(source):
            raise UnwritableReport(
                f"The report would overwrite {source}: give it another --report."
            )
        problem = "" if report.parent.is_dir() else "there is no such folder"
        problem = "it is a folder" if report.is_dir() else problem
        if not problem and not os.access(report if report.exists() else report.parent, os.W_OK):
            problem = "not allowed"
    except OSError as error:
        problem = str(error.strerror)
    if problem:
        raise UnwritableReport(f"The report cannot be written to {report} (--report): {problem}.")


def write_report(
    path: Path,
    rejections: Sequence[Rejection],
    columns: Sequence[str] = ("row", "external_id", "field", "reason"),
) -> None:
    """Raises UnwritableReport."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rejection.cells() for rejection in rejections)
    except OSError as error:
        message = f"The report cannot be written to {path} (--report): {error.strerror}."
        raise UnwritableReport(message) from error


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """Text of a plain or gzipped file; what is not UTF-8 comes as surrogates, row by row.

    Raises UnreadableFile.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from error
    with file, as_text(str(path), file) as text:
        yield text


@contextmanager
def as_text(name: str, file: Any) -> Iterator[IO[str]]:
    """The same of a buffered binary file that is open, and is closed by this; `name` is for the
    messages."""
    zipped = file.peek(2)[:2] == GZIP_MAGIC
    plain: Any = BufferedReader(gzip.GzipFile(fileobj=file)) if zipped else file
    try:
        if wrong := what_it_is_instead(plain.peek(PEEKED)):
            raise UnreadableFile(f"{name} {wrong}")
        with TextIOWrapper(plain, "utf-8-sig", errors="surrogateescape", newline="") as text:
            yield text
    except (EOFError, OSError, zlib.error) as error:
        raise UnreadableFile(f"{name} is damaged: {str(error).rstrip('.')}.") from error


def what_it_is_instead(start: bytes) -> str:
    """The end of a sentence about a file that begins so; "" when it may be a text in UTF-8."""
    if not start.strip():
        return "is empty."
    if start.startswith(ZIP_MAGIC):
        return "is a ZIP archive or a workbook: unpack it, or save it as CSV in UTF-8."
    if start.startswith(GZIP_MAGIC):
        return "is gzipped twice: unpack it once."
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "is in UTF-16: save it in UTF-8."
    header = start.partition(b"\n")[0]
    if b"\x00" in header:
        return "is not a text file: one in UTF-8 is needed."
    return ""


def csv_header(name: str, reader: Any) -> list[str]:
    """The first row of a `csv.reader`. Raises UnreadableFile."""
    try:
        header: list[str] = next(reader, [])
    except csv.Error as error:
        raise UnreadableFile(f"{name} is not a CSV file: {error}.") from error
    if has_surrogates("".join(header)):
        raise UnreadableFile(f"{name} is not a text file in UTF-8: save it as CSV in UTF-8.")
    return header


def csv_reader(file: IO[str]) -> Any:
    csv.field_size_limit(CELL_MAX_LENGTH)
    return csv.reader(file)


def csv_cells(reader: Any) -> Iterator[tuple[int, list[str] | RowError]]:
    """The line on which each further row begins, from 1, and its cells or why it has none."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, RowError("", f"cannot be read as CSV: {error}")
            continue
        if cells:
            yield line, cells


def csv_row(header: Sequence[str], cells: list[str] | RowError) -> dict[str, str] | RowError:
    """A row by its columns. The first of two columns of one name would be lost without a word:
    who reads the header sees to it."""
    if isinstance(cells, RowError):
        return cells
    if len(cells) != len(header):
        return RowError("", f"has {len(cells)} cells; the header has {len(header)}")
    return dict(zip(header, cells, strict=True))


def what_is_unstorable(text: str) -> str:
    """The end of a sentence about a text that PostgreSQL would refuse; "" if it would not."""
    if "\x00" in text:
        return "holds a null character"
    if not text.isprintable() and has_surrogates(text):
        return "is not UTF-8"
    return ""


def has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
