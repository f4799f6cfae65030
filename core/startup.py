"""The one gate through which gunicorn and every management command go."""

import logging
import sys

from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.db import DEFAULT_DB_ALIAS, Error as DatabaseError, connection

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
