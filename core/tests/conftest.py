from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from core.databases import APP

Stamp = Callable[..., None]


def owner_of(alias: str) -> psycopg.Connection:
    owner = settings.DATABASES[alias]["OWNER"]
    where = {"dbname": connections[alias].settings_dict["NAME"], "host": owner["HOST"]}
    who = {"port": owner["PORT"], "user": owner["USER"], "password": owner["PASSWORD"]}
    return psycopg.connect(**where, **who, autocommit=True)


@pytest.fixture
def as_owner() -> Iterator[psycopg.Connection]:
    """The test database as its owner; what is done there is there at once."""
    with owner_of(APP) as session:
        yield session


@pytest.fixture
def stamp() -> Iterator[Stamp]:
    """Change a database's stamp, or remove it, until the test is over."""

    def change(product_id: str | None, alias: str = APP) -> None:
        with owner_of(alias) as session:
            session.execute("DELETE FROM core_productstamp")
            if product_id is not None:
                session.execute(
                    "INSERT INTO core_productstamp (id, product_id, stamped_at)"
                    " VALUES (1, %s, now())",
                    [product_id],
                )

    yield change
    for alias in connections:
        change(settings.PRODUCT.id, alias)
