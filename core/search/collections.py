"""What is embedded: each app offers its collection, and settings list them (EMBEDDED)."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from core.search.vectors import StoredVector


class Text(NamedTuple):
    """A row's text as it is embedded. `content_hash` is what ties a vector to this text."""

    id: UUID
    content_hash: str
    text: str


class Vector(NamedTuple):
    """What a model made of the text that has `content_hash`."""

    id: UUID
    content_hash: str
    v: Sequence[float]


class Collection(Protocol):
    """Rows of one Django model of which embedding models keep a vector each.

    `name` is that model's `_meta.label_lower`, such as "faq.document", and `label` what staff call
    a row. `needs_meaning`: vectors of hashed n-grams are of no use to it, so without a model there
    is nothing to embed. `vectors` are all that are stored.
    """

    name: str
    label: str
    needs_meaning: bool

    @property
    def vectors(self) -> type[StoredVector]: ...

    def are_there(self) -> bool:
        """Whether there is a row that visitors see."""
        ...

    def texts(self, ids: Sequence[UUID]) -> list[Text]:
        """The present texts, in any order; rows that are gone are left out."""
        ...

    def missing(self, model: str, after: UUID | None, limit: int) -> list[UUID]:
        """Rows whose present text has no vector of this model: ids above `after`, ascending.

        At most `limit`, and found along the primary key: a walk through all rows is one scan.
        """
        ...

    def count_missing(self, model: str) -> int:
        """How many `missing` would give in all, for progress; may be an estimate."""
        ...

    def store(self, model: str, dimensions: int, vectors: Sequence[Vector]) -> None:
        """Keep these in place of what the model made before, in one statement.

        Skipped is what has another `content_hash` by now, or is gone.
        """
        ...
