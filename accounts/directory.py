"""People by id, for apps that store a person as a UUID and never join to the user table."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User

# A page of any list names fewer people; more in one call is a mistake of the caller.
MAX_IDS = 1000


@dataclass(frozen=True)
class Person:
    """`name` is "" and `email` None when Clerk has not told them."""

    id: UUID
    name: str
    email: str | None


def names(ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    """The people with these ids, by one query; an unknown id is absent, None is passed over.

    Raises ValueError for more than MAX_IDS different ids.
    """
    wanted = {id for id in ids if id is not None}
    if len(wanted) > MAX_IDS:
        raise ValueError(f"{len(wanted)} people asked for at once; at most {MAX_IDS}")
    if not wanted:
        return {}
    rows = User.objects.filter(id__in=wanted).values_list("id", "first_name", "last_name", "email")
    return {id: Person(id, f"{first} {last}".strip(), email) for id, first, last, email in rows}


def id_of_email(email: str) -> UUID | None:
    """In any case. For sample data and imports, which name an agent by email."""
    return User.objects.with_email(email).values_list("id", flat=True).first()
