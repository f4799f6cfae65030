"""What an app keeps of a person, read page by page so that no amount of it fills the memory."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

Row = Mapping[str, Any]
# One object, or the pages of a list, by name.
Kept = Mapping[str, Row | Iterator[list[Row]]]
PAGE = 500


def pages(rows: QuerySet[Any, Any], *key: str) -> Iterator[list[Row]]:
    """Rows of `values(...)` in the order of these columns, which no two rows share; "id" if none is
    named. Each page is one query, and nothing is held open between two."""
    key = key or ("id",)
    beyond = f"({', '.join(key)}) > ({', '.join(['%s'] * len(key))})"
    following = rows.order_by(*key)
    while page := list(following[:PAGE]):
        yield page
        if len(page) < PAGE:
            return
        last = [page[-1][name] for name in key]
        following = rows.order_by(*key).extra(where=[beyond], params=last)
