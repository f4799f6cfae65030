"""People by id, for apps that store a person as a UUID and never join to the user table.

Where the people are kept elsewhere (ACCOUNTS_API_URL), their names come from there.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.conf import settings

from accounts.conf import AccountsApi
from accounts.models import User
from accounts.people import Person, person
from accounts.remote import RemoteDirectory

# A page of any list names fewer people; more in one call is a mistake of the caller.
MAX_IDS = 1000
UNKNOWN = "Unknown user"


class UserDirectory(Protocol):
    def known(self, ids: set[UUID]) -> dict[UUID, Person]:
        """Those who are known, of at most MAX_IDS; never raises because somebody is down."""

    def id_of_email(self, email: str) -> UUID | None:
        """In any case."""


class LocalDirectory:
    """The product's own tables, by one query."""

    def known(self, ids: set[UUID]) -> dict[UUID, Person]:
        rows = User.objects.filter(id__in=ids)
        columns = rows.values_list("id", "first_name", "last_name", "email")
        return {id: person(id, first, last, email) for id, first, last, email in columns}

    def id_of_email(self, email: str) -> UUID | None:
        return User.objects.with_email(email).values_list("id", flat=True).first()


def directory() -> UserDirectory:
    return LocalDirectory() if settings.ACCOUNTS_API is None else remote(settings.ACCOUNTS_API)


@lru_cache(maxsize=4)
def remote(api: AccountsApi) -> RemoteDirectory:
    """One for the process: it keeps connections and what it was told lately."""
    return RemoteDirectory(api)


def names(ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    """A person for each id, None passed over. Whoever is not known is called UNKNOWN, and so is
    everybody whom a directory elsewhere does not tell of just now.

    Raises ValueError for more than MAX_IDS different ids.
    """
    wanted = {id for id in ids if id is not None}
    if len(wanted) > MAX_IDS:
        raise ValueError(f"{len(wanted)} people asked for at once; at most {MAX_IDS}")
    found = directory().known(wanted) if wanted else {}
    return {id: found.get(id) or Person(id, UNKNOWN) for id in wanted}


def strangers(ids: Sequence[UUID]) -> list[UUID]:
    """Those of at most IDS_AT_ONCE who are nobody. Raises DirectoryUnavailable: silence must not be
    taken for a no."""
    if settings.ACCOUNTS_API is None:
        known = set(User.objects.filter(id__in=ids).values_list("id", flat=True))
    else:
        known = set(remote(settings.ACCOUNTS_API).accounts.with_ids(ids))
    return [id for id in ids if id not in known]


def id_of_email(email: str) -> UUID | None:
    """For sample data and imports, which name an agent by email."""
    return directory().id_of_email(email)
