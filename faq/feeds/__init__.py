"""FAQs as files: CSV, JSON and Markdown, read to rows and written from documents.

What is written by one of them and read again is the same. Reading and writing are pure;
`faq.imports` and `faq.exports` know the database.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from core.files import Rejection
from faq.feeds import csv_files, json_files, markdown_files
from faq.feeds.rows import Row
from faq.models import Document


@dataclass(frozen=True)
class Format:
    """`read(name, text, most)` raises UnreadableFile, and of a text with more than `most` FAQs
    builds no more than that takes; `write(documents)` wants them with their categories, a
    category's documents one after the other."""

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    read: Callable[[str, str, int], Iterator[Row | Rejection]]
    write: Callable[[Iterable[Document]], Iterator[str]]


FORMATS = {
    format.name: format
    for format in (
        Format("csv", (".csv",), "text/csv", csv_files.read, csv_files.write),
        Format("json", (".json",), "application/json", json_files.read, json_files.write),
        Format(
            "markdown",
            (".md", ".markdown"),
            "text/markdown",
            markdown_files.read,
            markdown_files.write,
        ),
    )
}


def format_of(name: str) -> Format | None:
    """By the name of a file, which may be gzipped."""
    name = name.lower().removesuffix(".gz")
    for format in FORMATS.values():
        if name.endswith(format.suffixes):
            return format
    return None
