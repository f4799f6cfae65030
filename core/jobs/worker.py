"""The worker of this product's jobs, on connections of its own."""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from threading import Timer
from typing import Any, LiteralString

import psycopg
from django.conf import settings
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.sql import queries

from core.databases import APP, url_variables
from core.placement import IDENTITY
from core.postgresql.connection import CONNECTS_WITHIN, AsyncConnection, libpq

logger = logging.getLogger("core.jobs")

# Without LISTEN a job waits for so many seconds at most.
POLLED_EVERY = 5.0
# A job that has begun may end; docker sends SIGKILL after 35 seconds, `make run` after 10.
ENDS_WITHIN = 25.0
# Then this process ends, and the job is left to another worker.
CUT_OFF_AFTER = ENDS_WITHIN + 5
# A database that is silent for less is waited for; then this process ends (a query under way a
# little later). After 30 seconds without a sign of life others would take its jobs.
CONNECTED_WITHIN = 5.0
# Times that it is told how a job ended, each of so many seconds at most.
TOLD_TRIES = 5
STOPS = (signal.SIGTERM, signal.SIGINT)

LOST = "The database of the jobs gives no answer. Nothing is lost: another worker goes on."


class DatabaseLost(Exception):
    """The worker cannot go on; its jobs are found by the next one."""


def run(*, jobs: int, wait: bool) -> None:
    """Until a signal comes or, without `wait`, until no job is due. Raises DatabaseLost."""
    with app.replace_connector(connector(parameters(), jobs)):
        try:
            was_stopped = asyncio.run(work(jobs, wait))
        except (ConnectorException, psycopg.OperationalError) as error:
            raise DatabaseLost(LOST) from error
    if wait and not was_stopped:  # one of Procrastinate's side tasks failed, and is in the log
        raise DatabaseLost(LOST)


class Connector(PsycopgConnector):
    """Tells again how a job ended where the database fell silent over it: what seems to be done by
    a worker that lives is given to no other."""

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        tries = TOLD_TRIES if query == queries["finish_job"] else 1
        for number in range(1, tries + 1):
            try:
                return await super().execute_query_async(query, **arguments)
            except ConnectorException as error:
                if number == tries or not isinstance(error.__cause__, psycopg.OperationalError):
                    raise


def connector(parameters: dict[str, Any], jobs: int) -> Connector:
    return Connector(
        kwargs=parameters,
        connection_class=AsyncConnection,
        min_size=1,
        max_size=jobs + 1,
        timeout=CONNECTED_WITHIN,
        # Then the next who asks has it connect anew; it would pause ever longer between its tries.
        reconnect_timeout=CONNECTED_WITHIN,
    )


def cut_off() -> None:
    """A thread that does a job cannot be ended from within: its model may be slow many times."""
    logger.warning("job cut off", extra={"after": CUT_OFF_AFTER})
    os._exit(0)


async def work(jobs: int, wait: bool) -> bool:
    """Whether a signal ended it. A second one ends the process at once."""
    loop = asyncio.get_running_loop()
    was_stopped = False

    def stop() -> None:
        nonlocal was_stopped
        was_stopped = True
        for each in STOPS:
            loop.remove_signal_handler(each)
        patience.start()
        working.cancel()

    patience = Timer(CUT_OFF_AFTER, cut_off)
    patience.daemon = True
    async with app.open_async():
        working = asyncio.ensure_future(
            app.run_worker_async(
                concurrency=jobs,
                wait=wait,
                listen_notify=can_listen(),
                fetch_job_polling_interval=POLLED_EVERY,
                shutdown_graceful_timeout=ENDS_WITHIN,
                install_signal_handlers=False,
            )
        )
        for each in STOPS:
            loop.add_signal_handler(each, stop)
        with suppress(asyncio.CancelledError):
            await working
    return was_stopped


def parameters() -> dict[str, Any]:
    """Arguments of `psycopg.connect`: of WORKER_DATABASE_URL, else as everybody else has them."""
    if direct := settings.WORKER_DATABASE:
        return {"connect_timeout": CONNECTS_WITHIN, **libpq(direct)}
    return connector_params(APP)


def can_listen() -> bool:
    """Behind PgBouncer, which gives each transaction another session, LISTEN hears nothing."""
    is_pooled: bool = settings.DATABASES[APP]["DISABLE_SERVER_SIDE_CURSORS"]
    return bool(settings.WORKER_DATABASE) or not is_pooled


def misplaced_sentence() -> str | None:
    """Why no job must be done: WORKER_DATABASE_URL leads to another database than the jobs are in,
    perhaps another product's."""
    if not settings.WORKER_DATABASE:
        return None
    with connections[APP].cursor() as cursor:
        cursor.execute(IDENTITY)
        expected = cursor.fetchone()
    try:
        with psycopg.connect(**parameters()) as direct:
            found = direct.execute(IDENTITY).fetchone()
    except psycopg.OperationalError:
        return "The database of WORKER_DATABASE_URL does not answer."
    if found == expected:
        return None
    runtime, _ = url_variables(APP)
    return f"WORKER_DATABASE_URL names another database than {runtime}."
