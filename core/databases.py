"""The databases of a product by what lives in them: for `using=` and `atomic(using=...)`.

People, keys and sessions are in AUTH, everything else in APP (core/routers.py). A product with one
database has both in it, and AUTH and APP are the same alias.
"""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.abc import Params

APP = DEFAULT_DB_ALIAS
AUTH = "auth" if "auth" in settings.DATABASES else APP


def url_variables(alias: str) -> tuple[str, str]:
    """Names of the variables that hold the URLs of the runtime role and of the owner."""
    runtime = settings.DATABASES[alias].get("VARIABLE", "DATABASE_URL")
    return runtime, runtime.replace("_URL", "_OWNER_URL")


def steady_rows(
    statement: str, values: Params = (), alias: str = APP, *, binary: bool = False
) -> list[tuple[Any, ...]]:
    """What a statement gives that is asked all the time, and whose best plan is the same for all
    values: to parse and plan one took longer than to run it. No good for filters. `binary` asks
    for values that need no reading of text, as dates do; some types, such as jsonb, are other ones
    then. Raises django.db.Error."""
    return connections[alias].steady_rows(statement, values, binary)  # type: ignore[attr-defined]
