"""What a transaction in the database of people promises to have done elsewhere.

No transaction covers two databases. So the promise is a row, written with the change itself; it is
kept right after the commit, or as soon as the other database is there again, by whichever process
comes first: each web server's workers look every EVERY seconds, and so does `deliver_outbox`.

An entry is claimed for LEASE; whoever is killed meanwhile leaves it to the next. So its work may
begin twice, also at the same time: `once` gives each part of it a single effect.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.db.models import Value
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError
from django.utils.module_loading import import_string

from core.databases import APP, AUTH
from core.models import Outbox, OutboxEffect

logger = logging.getLogger("core.outbox")

LEASE = timedelta(minutes=2)
EVERY = 5.0  # seconds
AT_ONCE = 100  # entries in one round
# Marks of parts that were done, until no process can still be at their entry.
EFFECTS_KEPT = timedelta(days=7)
PRUNED_AT_ONCE = 100  # each entry leaves a few
# No defect of ours; the text names no row's values. A pool's own error is not Django's.
OUTAGES = (OperationalError, psycopg.OperationalError)
BACKOFF, BACKOFF_MAX = timedelta(seconds=5), timedelta(minutes=15)  # doubled with each failure

# What is to be written in the transaction that takes the entry out: both happen, or neither.
Settle = Callable[[], None]
# settings.OUTBOX: topic -> dotted path of one. Does the work, outside of any transaction.
Handler = Callable[[Outbox], Settle]

CLAIM = """
UPDATE core_outbox SET attempts = attempts + 1, due_at = statement_timestamp() + %(lease)s
WHERE id = (
    SELECT id FROM core_outbox
    WHERE due_at <= statement_timestamp() AND (%(id)s::uuid IS NULL OR id = %(id)s)
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING *
"""


def put(topic: str, payload: Mapping[str, Any], *, delay: timedelta = timedelta()) -> UUID:
    """In the transaction of what it follows from; the new entry's id."""
    if not connections[AUTH].in_atomic_block:
        raise TransactionManagementError(f"{topic} must be promised in the change's transaction.")
    entry = Outbox(topic=topic, payload=payload, due_at=Now() + Value(delay))
    entry.save(using=AUTH, force_insert=True)
    return entry.id


def deliver(id: UUID | None = None) -> bool | None:
    """Do one entry that is due, or this one if it is. None: there is none; False: put off."""
    claimed = list(Outbox.objects.using(AUTH).raw(CLAIM, {"lease": LEASE, "id": id}))
    if not claimed:
        return None
    [entry] = claimed
    try:
        handler: Handler = import_string(settings.OUTBOX[entry.topic])
        settle = handler(entry)
        with transaction.atomic(using=AUTH):
            gone, _ = Outbox.objects.using(AUTH).filter(id=entry.id).delete()
            if gone:
                settle()
    except Exception as error:
        put_off(entry, error)
        return False
    return True


def put_off(entry: Outbox, error: Exception) -> None:
    kind = type(error).__name__
    if isinstance(error, OUTAGES):
        reason, traceback = f"{kind}: {' '.join(str(error).split())}", None
    else:
        reason, traceback = kind, error
    said = (entry, entry.attempts, reason)
    logger.warning("%s is put off, attempt %s: %s", *said, exc_info=traceback)
    Outbox.objects.using(AUTH).filter(id=entry.id).update(
        error=kind[:100], due_at=Now() + Value(pause_after(entry.attempts))
    )


def pause_after(attempts: int) -> timedelta:
    return min(BACKOFF * 2 ** min(attempts - 1, 20), BACKOFF_MAX)


def hurry() -> None:
    """What a failure put off is due now. Not what was promised for later from the beginning, such
    as an erasure's second look, which would come too early to see anything."""
    put_off = Outbox.objects.using(AUTH).exclude(error="").filter(due_at__gt=Now())
    put_off.update(due_at=Now())


def deliver_due(limit: int = AT_ONCE) -> Counter[bool]:
    """One round: how many were done (True) and put off (False)."""
    outcomes: Counter[bool] = Counter()
    while outcomes.total() < limit and (done := deliver()) is not None:
        outcomes[done] += 1
    if outcomes[True]:
        prune()
    return outcomes


def prune() -> None:
    """Old marks of entries that are in the outbox no more."""
    effects = OutboxEffect.objects.using(APP)
    old = effects.filter(at__lt=Now() - Value(EFFECTS_KEPT)).order_by("at", "id")
    marks = dict(old.values_list("id", "entry_id")[:PRUNED_AT_ONCE])
    waiting = Outbox.objects.using(AUTH).filter(id__in=set(marks.values()))
    kept = set(waiting.values_list("id", flat=True))
    effects.filter(id__in=[id for id, entry_id in marks.items() if entry_id not in kept]).delete()


def keep_delivering() -> None:
    """For a thread or a process of its own: never returns. Outages end by themselves."""
    while True:
        time.sleep(EVERY)
        try:
            deliver_due()
        except Exception as error:
            logger.warning("the outbox cannot be read: %s", type(error).__name__)
        finally:
            connections.close_all()


def once(entry_id: UUID, part: str, work: Callable[[], Mapping[str, int]]) -> dict[str, int]:
    """Result of `work`, done in one transaction of APP; of the first time, if there was one.

    Of two at the same time the second waits for the first to commit.
    """
    with transaction.atomic(using=APP):
        effects = OutboxEffect.objects.using(APP)
        effect, is_new = effects.get_or_create(entry_id=entry_id, part=part)
        if is_new:
            effect.result = dict(work())
            effect.save(using=APP, update_fields=["result"])
        return dict(effect.result)
