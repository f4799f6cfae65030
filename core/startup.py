"""The one gate through which gunicorn and every management command go."""

import logging
import sys

import psycopg
from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.db import Error as DatabaseError, OperationalError, ProgrammingError, connections

from core.checks import STARTUP
from core.databases import url_variables
from core.stamp import read_stamp

logger = logging.getLogger("core.startup")
UNDEFINED_TABLE = "42P01"
# Classes of SQLSTATE: a deadlock, a full disk and the like, a lock that another holds, an operator
# who stops a query or the server, an error of its files (PostgreSQL, appendix A).
STATES = ("40", "53", "55", "57", "58")


def refuse_what_is_wrong(*, serving: bool = False) -> None:
    """Run the start-up checks; exit with status 1 and one text that names all that is wrong.

    `serving` asks for more: each database must answer and must have been migrated. A command may
    run before that (`migrate` is one).
    """
    messages = run_checks(tags=[STARTUP], databases=list(connections))
    wrong = [sentence(message) for message in messages if message.is_serious()]
    if serving:
        for message in messages:
            if not message.is_serious():
                logger.warning(sentence(message))
    if serving and not wrong:
        wrong = [reason for alias in connections if (reason := unready(alias))]
    connections.close_all()
    if wrong:
        product = settings.PRODUCT
        lines = "\n".join(f"  {line}" for line in wrong)
        print(f"{product.id} does not start:\n{lines}", file=sys.stderr)
        sys.exit(1)


def sentence(message: CheckMessage) -> str:
    return f"{message.id}: {message.msg}" + (f" {message.hint}" if message.hint else "")


def unready(alias: str) -> str | None:
    variable, _ = url_variables(alias)
    database = f"the database of {variable}"
    try:
        migrated = read_stamp(alias) is not None
    except DatabaseError as error:
        return f"core.E006: {database} does not answer: {in_short(error)}"
    return None if migrated else f"core.E005: {database} was never migrated. Run manage.py migrate."


def in_short(error: DatabaseError) -> str:
    """libpq's and PostgreSQL's words on one line; they name host, role and database, and never a
    password."""
    return " ".join(str(error).split()).removeprefix("connection failed: ")


def never_migrated(error: ProgrammingError) -> str | None:
    """The sentence for a command that found a table missing; None where that is not the reason."""
    if getattr(error.__cause__, "sqlstate", None) != UNDEFINED_TABLE:
        return None
    connections.close_all()
    reason = next(filter(None, map(unready, connections)), None)
    return f"{settings.PRODUCT.id}: {reason}" if reason else None


def connect_without_pools() -> None:
    """For a command or the checks of a server, which are one thread: it hears at once, and in
    PostgreSQL's words, what is wrong, where a pool tries for seconds and then says no more than
    that it got no connection.
    """
    for database in connections.settings.values():
        database.get("OPTIONS", {}).pop("pool", None)


def unreachable_database(error: OperationalError) -> str | None:
    """The sentence for a command that could not reach its database, or lost it.

    An error that PostgreSQL itself reported in a session has an SQLSTATE: of those, None for what
    is not the server's state (STATES). PostgreSQL's primary messages show no values of a row.
    """
    cause = error.__cause__
    if isinstance(cause, psycopg.Error) and cause.sqlstate:
        if not cause.sqlstate.startswith(STATES):
            return None
        return f"{settings.PRODUCT.id}: PostgreSQL: {cause.diag.message_primary}. Run it again."
    runtime, owner = zip(*map(url_variables, connections), strict=True)
    return (
        f"{settings.PRODUCT.id}: the database does not answer: {in_short(error)} "
        f"({', '.join(runtime)}; migrate and flush use {', '.join(owner)})"
    )
