"""Jobs that a transaction promises: rows of the product's own database (Procrastinate)."""

from datetime import timedelta
from typing import Any

from django.db import connections
from psycopg.types.json import Jsonb

from core.databases import APP

BACKOFF, BACKOFF_MAX = timedelta(seconds=15), timedelta(minutes=15)  # doubled with each failure

# `Task.defer` would insert and fail, which ends the caller's transaction. This locks the job that
# already waits until the caller commits: no worker takes it before it can see what was written.
# What is asked for now need not wait for a later time.
INSERT = """
INSERT INTO procrastinate_jobs
    (queue_name, task_name, priority, queueing_lock, args, scheduled_at)
VALUES ('default', %(task)s, %(priority)s, %(lock)s, %(args)s, now() + %(delay)s)
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
SET scheduled_at =
    CASE WHEN excluded.scheduled_at IS NOT NULL THEN procrastinate_jobs.scheduled_at END
"""


def enqueue(
    task: str,
    arguments: dict[str, Any],
    *,
    lock: str,
    priority: int = 0,
    delay: timedelta | None = None,
) -> None:
    """On Django's own connection, so that it holds or fails with the caller's transaction.

    `task` is the name of a function in a module `tasks`, such as "core.tasks.look". One job with
    this `lock` waits at a time; one more while it runs. A higher `priority` is first.
    """
    row: dict[str, Any] = {
        "task": task,
        "priority": priority,
        "lock": lock,
        "args": Jsonb(arguments),
        "delay": delay,
    }
    with connections[APP].cursor() as cursor:
        cursor.execute(INSERT, row)


def pause_after(attempts: int) -> timedelta:
    return min(BACKOFF * 2 ** min(attempts, 20), BACKOFF_MAX)
