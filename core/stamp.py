"""The product stamp of a database: the last stone of the wall.

Credentials keep a process out of another product's database. The stamp is for the day on which
somebody hands it the wrong ones.
"""

from django.db import DEFAULT_DB_ALIAS, ProgrammingError, connections
from psycopg.errors import UndefinedTable

from core.databases import url_variables
from core.models import ProductStamp
from core.product import Product


def read_stamp(alias: str = DEFAULT_DB_ALIAS) -> str | None:
    """Product id in the database, or None when it was never migrated.

    Raises django.db.Error when the database cannot be asked.
    """
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT product_id FROM {ProductStamp._meta.db_table}")
            row = cursor.fetchone()
    except ProgrammingError as error:
        if isinstance(error.__cause__, UndefinedTable):
            return None
        raise
    return row[0] if row else None


def foreign_stamp_sentence(
    product: Product, stamp: str | None, alias: str = DEFAULT_DB_ALIAS
) -> str | None:
    """Why this product must keep out of a database stamped so; None when it may go in."""
    if stamp is None or stamp == product.id:
        return None
    return (
        f"This is {product.id}, but the database belongs to {stamp}: "
        f"its stamp says so. Check {' and '.join(url_variables(alias))}."
    )


def write_stamp(product: Product, alias: str = DEFAULT_DB_ALIAS) -> None:
    ProductStamp.objects.using(alias).get_or_create(id=1, defaults={"product_id": product.id})
