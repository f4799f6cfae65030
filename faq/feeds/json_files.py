"""FAQs as JSON: `{"categories": [{slug, name, position}], "documents": [{slug, category, ...}]}`,
as in `seeds/`, or the list of documents alone. Categories may be left out."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from core.files import Rejection, RowError, UnreadableFile
from faq.feeds.rows import Row, more_than, rows_of
from faq.models import Document

DECODER = json.JSONDecoder()
BLANK = re.compile(r"[ \t\r\n]*")
# Where a value begins, and the value.
Placed = tuple[int, Any]


class TooMany(Exception):
    """There are more documents than are taken; the rest was not read."""


def read(name: str, text: str, most: int) -> Iterator[Row | Rejection]:
    try:
        documents, categories = parsed(text, most)
    except TooMany as error:
        raise more_than(most, name) from error
    except (ValueError, RecursionError) as error:
        line, reason = what_is_wrong(error)
        raise UnreadableFile(f"{name} is not JSON of FAQs: line {line}: {reason}.") from error
    return rows_of(with_categories(text, documents, categories))


def what_is_wrong(error: Exception) -> tuple[int, str]:
    """The line, and the reason."""
    if isinstance(error, json.JSONDecodeError):
        return error.lineno, error.msg
    if isinstance(error, RecursionError):
        return 1, "it is nested too deeply"
    return 1, "a number in it has too many digits"  # all else that Python's reader refuses


def parsed(text: str, most: int) -> tuple[list[Placed], Any]:
    """The documents, each with the place at which it begins, and the categories.

    Raises ValueError and TooMany.
    """
    start = after_blank(text, 0)
    if text[start : start + 1] == "[":
        documents, end = items(text, start, most)
        found: dict[str, Any] = {"documents": documents}
    elif text[start : start + 1] == "{":
        found, end = members(text, start, most)
    else:
        raise json.JSONDecodeError("Expecting an object or a list", text, start)
    if after_blank(text, end) != len(text):
        raise json.JSONDecodeError("There is more after the end", text, end)
    if "documents" not in found or set(found) - {"documents", "categories"}:
        raise json.JSONDecodeError("Expecting `documents` and `categories` alone", text, start)
    return found["documents"], found.get("categories", [])


def members(text: str, start: int, most: int) -> tuple[dict[str, Any], int]:
    """Of the object that begins there, and where it ends; `documents` as `items` has them."""
    found: dict[str, Any] = {}
    at = after_blank(text, start + 1)
    more = text[at : at + 1] != "}"
    while more:
        name, end = DECODER.raw_decode(text, at)
        at = after_blank(text, end)
        if not isinstance(name, str) or text[at : at + 1] != ":":
            raise json.JSONDecodeError("Expecting a name and ':'", text, at)
        at = after_blank(text, at + 1)
        if name == "documents" and text[at : at + 1] != "[":
            raise json.JSONDecodeError("Expecting a list of documents", text, at)
        if name == "documents":
            found[name], end = items(text, at, most)
        else:
            found[name], end = DECODER.raw_decode(text, at)
        at, more = past_comma(text, end, "}")
    return found, at if found else at + 1


def items(text: str, start: int, most: int) -> tuple[list[Placed], int]:
    """Of the list that begins there, and where it ends. Raises TooMany."""
    found: list[Placed] = []
    at = after_blank(text, start + 1)
    more = text[at : at + 1] != "]"
    while more:
        if len(found) == most:
            raise TooMany
        value, end = DECODER.raw_decode(text, at)
        found.append((at, value))
        at, more = past_comma(text, end, "]")
    return found, at if found else at + 1


def past_comma(text: str, at: int, closing: str) -> tuple[int, bool]:
    """Where the next element begins, and True; or where the whole ends, and False."""
    at = after_blank(text, at)
    if text[at : at + 1] == closing:
        return at + 1, False
    if text[at : at + 1] != ",":
        raise json.JSONDecodeError(f"Expecting ',' or '{closing}'", text, at)
    return after_blank(text, at + 1), True


def after_blank(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def with_categories(
    text: str, documents: list[Placed], categories: Any
) -> Iterator[tuple[int, dict[str, Any] | RowError]]:
    """Each document with its line and with what is said of its category."""
    names = {
        given["slug"]: {
            "category_name": given.get("name"),
            "category_position": given.get("position"),
        }
        for given in (categories if isinstance(categories, list) else [])
        if isinstance(given, dict) and isinstance(given.get("slug"), str)
    }
    line, before = 1, 0
    for at, given in documents:
        line, before = line + text.count("\n", before, at), at
        if not isinstance(given, dict):
            yield line, RowError("", "is not an object")
            continue
        category = given.get("category")
        said = names.get(category, {}) if isinstance(category, str) else {}
        yield line, {**said, **given}


def write(documents: Iterable[Document]) -> Iterator[str]:
    """The documents first: their categories are known when all have been seen."""
    categories = {}
    yield '{"documents": ['
    for number, document in enumerate(documents):
        category = document.category
        categories[category.slug] = {
            "slug": category.slug, "name": category.name, "position": category.position,
        }  # fmt: skip
        row = {
            "slug": document.slug,
            "category": category.slug,
            "language": document.language,
            "status": document.status,
            "position": document.position,
            "question": document.question,
            "answer": document.answer,
            "alternate_questions": document.alternate_questions,
        }
        yield (",\n" if number else "\n") + orjson.dumps(row).decode()
    listed = ",\n".join(orjson.dumps(category).decode() for category in categories.values())
    yield f'\n], "categories": [\n{listed}\n]}}\n'
