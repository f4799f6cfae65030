from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection

Stamp = Callable[[str | None], None]


@pytest.fixture
def as_owner() -> Iterator[psycopg.Connection]:
    """The test database as its owner; what is done there is there at once."""
    owner = settings.DATABASES["default"]["OWNER"]
    where = {"dbname": connection.settings_dict["NAME"], "host": owner["HOST"]}
    who = {"port": owner["PORT"], "user": owner["USER"], "password": owner["PASSWORD"]}
    with psycopg.connect(**where, **who, autocommit=True) as session:
        yield session


@pytest.fixture
def stamp(as_owner: psycopg.Connection) -> Iterator[Stamp]:
    """Change the database's stamp, or remove it, until the test is over."""

    def change(product_id: str | None) -> None:
        as_owner.execute("DELETE FROM core_productstamp")
        if product_id is not None:
            as_owner.execute(
                "INSERT INTO core_productstamp (id, product_id, stamped_at) VALUES (1, %s, now())",
                [product_id],
            )

    yield change
    change(settings.PRODUCT.id)
