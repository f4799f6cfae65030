"""The one gate through which gunicorn and every management command go."""

import logging
import sys

from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.db import (
    DEFAULT_DB_ALIAS,
    Error as DatabaseError,
    OperationalError,
    connection,
    connections,
)

from core.checks import STARTUP
from core.stamp import read_stamp

logger = logging.getLogger("core.startup")


def refuse_what_is_wrong(*, serving: bool = False) -> None:
    """Run the start-up checks; exit with status 1 and one text that names all that is wrong.

    `serving` asks for more: the database must answer and must have been migrated. A command may
    run before that (`migrate` is one).
    """
    messages = run_checks(tags=[STARTUP], databases=[DEFAULT_DB_ALIAS])
    wrong = [sentence(message) for message in messages if message.is_serious()]
    if serving:
        for message in messages:
            if not message.is_serious():
                logger.warning(sentence(message))
    if serving and not wrong:
        wrong = unready_database()
    connection.close()
    if wrong:
        product = settings.PRODUCT
        lines = "\n".join(f"  {line}" for line in wrong)
        print(f"{product.id} does not start:\n{lines}", file=sys.stderr)
        sys.exit(1)


def sentence(message: CheckMessage) -> str:
    return f"{message.id}: {message.msg}" + (f" {message.hint}" if message.hint else "")


def unready_database() -> list[str]:
    try:
        if read_stamp() is None:
            return ["core.E005: the database was never migrated. Run manage.py migrate."]
    except DatabaseError:
        return ["core.E006: the database of DATABASE_URL does not answer."]
    return []


def connect_without_pools() -> None:
    """For a command, which is one thread: it hears at once, and in PostgreSQL's words, what is
    wrong, where a pool tries for seconds and then says no more than that it got no connection.
    """
    for database in connections.settings.values():
        database.get("OPTIONS", {}).pop("pool", None)


def unreachable_database(error: OperationalError) -> str | None:
    """The sentence for a command that could not reach its database, or lost it.

    None for an error that PostgreSQL itself reported in a session, which has an SQLSTATE.
    libpq's messages name host, role and database, and never a password.
    """
    if getattr(error.__cause__, "sqlstate", None):
        return None
    reason = " ".join(str(error).split()).removeprefix("connection failed: ")
    return (
        f"{settings.PRODUCT.id}: the database does not answer: {reason} "
        "(DATABASE_URL; migrate and flush use DATABASE_OWNER_URL)"
    )
