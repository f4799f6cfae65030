"""Pages of documents, categories and versions, each after the last row of the one before."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from core.api import page_size
from core.paging import decode_cursor, encode_cursor


@dataclass(frozen=True)
class Order:
    """Columns that a list is ordered by, with the PostgreSQL type of each; the last is unique."""

    columns: tuple[tuple[str, str], ...]
    descending: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)

    def after(self, table: str, position: tuple[Any, ...]) -> RawSQL:
        """A row comparison, which an index over the columns answers."""
        columns = ", ".join(f"{table}.{name}" for name in self.names)
        values = ", ".join(f"%s::{kind}" for _, kind in self.columns)
        beyond = "<" if self.descending else ">"
        return RawSQL(f"({columns}) {beyond} ({values})", position, output_field=BooleanField())

    def by(self) -> list[str]:
        return [f"-{name}" if self.descending else name for name in self.names]


def page(
    rows: QuerySet[Any], order: Order, parameters: dict[str, str], binding: str
) -> tuple[list[Any], str | None]:
    """One page of a list, and the cursor of the next. Raises VALIDATION_ERROR, INVALID_CURSOR."""
    limit = page_size(parameters)
    if cursor := parameters.get("cursor"):
        rows = rows.filter(order.after(rows.model._meta.db_table, decode_cursor(cursor, binding)))
    found = list(rows.order_by(*order.by())[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor(tuple(getattr(last, name) for name in order.names), binding)
