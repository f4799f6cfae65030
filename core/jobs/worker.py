"""The worker of this product's jobs, on connections of its own."""

from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from core.databases import APP, url_variables
from core.placement import IDENTITY
from core.postgresql.connection import CONNECTS_WITHIN, libpq

# Without LISTEN a job waits for so many seconds at most.
POLLED_EVERY = 5.0
# A job that has begun may end; docker sends SIGKILL after 35 seconds, `make run` after 10.
ENDS_WITHIN = 25.0


def run(*, jobs: int, wait: bool) -> None:
    """Until a signal comes or, without `wait`, until no job is due."""
    connector = PsycopgConnector(kwargs=parameters(), min_size=1, max_size=jobs + 1)
    with app.replace_connector(connector) as worker:
        worker.run_worker(
            concurrency=jobs,
            wait=wait,
            listen_notify=can_listen(),
            fetch_job_polling_interval=POLLED_EVERY,
            shutdown_graceful_timeout=ENDS_WITHIN,
        )


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
