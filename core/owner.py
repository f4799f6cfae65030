from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import CommandError
from django.db import connections

from core.databases import url_variables


@contextmanager
def connected_as_owner(alias: str) -> Iterator[None]:
    """Swap the credentials of one alias for its owner's, without a pool, while DDL runs.

    Everything else connects as the runtime role, which can run no DDL.
    Raises CommandError when no owner is configured.
    """
    connection = connections[alias]
    runtime = connection.settings_dict
    owner = runtime.get("OWNER")
    if owner is None:
        _, variable = url_variables(alias)
        raise CommandError(f"{variable} is not set: this command connects as the owner.")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend
    # The name stays the runtime's: a test database has another name than the URL gives.
    connection.settings_dict = runtime | owner | {"NAME": runtime["NAME"]}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = runtime
