"""FAQs as CSV: a header of the names of `faq.feeds.rows.NAMES`, of which only `question` and
`answer` are needed, and a row for each FAQ. For spreadsheets a formula is written as a text."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from core import files
from core.files import Rejection, RowError, UnreadableFile
from faq.feeds.rows import NAMES, Row, rows_of
from faq.models import Document

NEEDED = ("question", "answer")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for Latin-1


def read(name: str, text: str, most: int) -> Iterator[Row | Rejection]:
    """Row by row, so that whoever wants no more than `most` builds no more."""
    reader = files.csv_reader(StringIO(text, newline=""))
    header = [column.strip().lower() for column in files.csv_header(name, reader)]
    if missing := [column for column in NEEDED if column not in header]:
        raise UnreadableFile(f"{name} lacks these columns: {', '.join(missing)}.")
    if unknown := [column for column in header if column not in NAMES]:
        raise UnreadableFile(f"{name} has columns that are not known: {', '.join(unknown)}.")
    if len(set(header)) < len(header):
        raise UnreadableFile(f"{name} has a column twice.")
    return rows_of(numbered(header, reader))


def numbered(header: list[str], reader: Any) -> Iterator[tuple[int, dict[str, str] | RowError]]:
    for line, cells in files.csv_cells(reader):
        row = files.csv_row(header, cells)
        if isinstance(row, RowError):
            yield line, row
        else:
            yield line, {column: files.armed(cell) for column, cell in row.items()}


def write(documents: Iterable[Document]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + line_of(NAMES)
    for document in documents:
        category = document.category
        yield line_of(
            (
                document.slug, category.slug, category.name, category.position, document.language,
                document.status, document.position, document.question, document.answer,
                "\n".join(document.alternate_questions),
            )
        )  # fmt: skip


def line_of(cells: Iterable[Any]) -> str:
    line = StringIO(newline="")
    csv.writer(line).writerow([files.disarmed(str(cell)) for cell in cells])
    return line.getvalue()
