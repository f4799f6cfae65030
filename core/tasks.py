"""What the worker does (`manage.py work`). Procrastinate finds this module by its name.

No task leaves trying again to Procrastinate: back in the queue, a job would meet another with the
same queueing lock that was enqueued meanwhile, and be stuck. Each enqueues its successor instead.
"""

import logging
import time
from uuid import UUID

from django.db import DatabaseError
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from core import jobs
from core.search import indexing
from core.search.collections import Collection
from core.search.embeddings import Embedder, embedder, known_embedder
from core.search.remote import EmbeddingUnavailable

logger = logging.getLogger("core.tasks")

# A job is done in so many seconds and a batch, so that a worker stops soon and edits come between.
CHUNK = 5.0
KEPT_HOURS = 72
# A worker tells every 10 seconds that it is alive.
STALLED_AFTER = 30.0
STALLED_FIRST = 2 * indexing.PRIORITY
# Whoever takes its worker down so often is not tried again.
STALLED_MOST = 5


@app.task
def embed_text(
    collection: str, id: str, content_hash: str, model: str, dimensions: int, failed: int
) -> None:
    """The vector of one text, if it is still the row's text and the model still one of ours."""
    found = look_up(collection, model, dimensions)
    if found is None:
        return
    texts = [text for text in found[0].texts([UUID(id)]) if text.content_hash == content_hash]
    try:
        for refusal in indexing.embed(found[0], texts, found[1]):
            indexing.note(found[0], refusal, found[1])
    except (EmbeddingUnavailable, DatabaseError) as error:
        tell(error, collection, model, failed)
        indexing.enqueue_text(found[0], texts[0], found[1], failed=failed + 1)


@app.task
def catch_up(collection: str, model: str, dimensions: int, after: str | None, failed: int) -> None:
    """Vectors of whatever has none by this model, for as long as a chunk lasts."""
    found = look_up(collection, model, dimensions)
    if found is None:
        return
    last = UUID(after) if after else None
    until = time.monotonic() + CHUNK
    try:
        while time.monotonic() < until:
            last = indexing.step(*found, last).last
            failed = 0
            if last is None:
                return finish(*found)
    except (EmbeddingUnavailable, DatabaseError) as error:
        tell(error, collection, model, failed)
        failed += 1
    indexing.enqueue_catch_up(*found, after=last, failed=failed)


def finish(collection: Collection, model: Embedder) -> None:
    if model is not embedder():
        return
    if indexing.settle(collection):
        logger.info("vectors complete", extra={"collection": collection.name, "by": model.model})
    else:  # edits came meanwhile, whose own jobs are still to be done
        indexing.enqueue_catch_up(collection, model, failed=1)


def look_up(collection: str, model: str, dimensions: int) -> tuple[Collection, Embedder] | None:
    """None for a job of other settings, such as those of a dump that was restored here."""
    found, by = indexing.collections().get(collection), known_embedder(model, dimensions)
    if found and by:
        return found, by
    logger.info("job dropped", extra={"collection": collection, "by": model})
    return None


def tell(error: Exception, collection: str, model: str, failed: int) -> None:
    """Of a database's error the kind alone: its text may hold a row."""
    reason = str(error) if isinstance(error, EmbeddingUnavailable) else type(error).__name__
    extra = {"collection": collection, "by": model, "failed": failed + 1, "reason": reason}
    logger.warning("vectors put off", extra=extra)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="look")
def look(timestamp: int) -> None:
    indexing.look()


def enqueue_stalled() -> None:
    """Before all else, what was in the hands of workers that are gone: after a machine came back,
    each has been silent for long."""
    arguments = {"timestamp": int(time.time())}
    jobs.enqueue(
        "core.tasks.retry_stalled", arguments, lock="retry_stalled", priority=STALLED_FIRST
    )


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Give jobs of a worker that was killed to another."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        try:
            await pass_on(manager, job)
        except ConnectorException as error:
            # Somebody else has given it to another worker, or its own has ended it after all.
            logger.info("stalled job left", extra={"job": job.id, "reason": str(error.__cause__)})


async def pass_on(manager: JobManager, job: Job) -> None:
    """Let another worker take it. ConnectorException if it is not being done any more."""
    if job.attempts >= STALLED_MOST:
        await manager.finish_job(job, Status.FAILED, delete_job=False)
        return
    try:
        await manager.retry_job(job)
    except UniqueViolation:  # another one like it waits already
        await manager.finish_job(job, Status.ABORTED, delete_job=True)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="prune", pass_context=True)
async def prune(context: JobContext, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
