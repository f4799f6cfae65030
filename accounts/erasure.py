"""Erases people: here at once, and what the apps keep of them right after, by way of the outbox.

One way for all: the person themselves, staff in the admin, `erase_user`, and what Clerk tells. The
transaction that removes the person leaves a tombstone, a receipt, an entry of the audit log and the
outbox's entries. What stays: the audit log, which is never edited and whose hashes nobody can read
once the person's salt is gone, and the id in `created_by` of API keys, which then names nobody.
"""

import zlib
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import throttle
from accounts.clerk import people
from accounts.clerk.people import Outcome
from accounts.models import EmailConflict, ErasureReceipt, Tombstone, User, hash_of
from core import audit, outbox
from core.databases import AUTH
from core.models import Outbox
from core.throttling import CountedThrottle

TOPIC = "erasure"  # in settings.OUTBOX
# A request that was under way may still write for the person; it has ended by then.
SWEEP_AFTER = timedelta(minutes=15)
SESSIONS_AT_ONCE = 500


@transaction.atomic(using=AUTH)
def erase(id: UUID, *, actor: UUID | None = None) -> ErasureReceipt | None:
    """The receipt: of the first time, if they were erased before. None: nobody has or had this id.

    Raises OperationalError, like `people.take_turns`.
    """
    people.take_turns()
    person = User.objects.using(AUTH).select_for_update().filter(id=id).first()
    return remove(person, actor) if person else receipt_of(id)


@transaction.atomic(using=AUTH)
def erase_clerk_user(clerk_user_id: str) -> Outcome:
    """Leaves a tombstone also for somebody who was never here. Twice is as good as once."""
    people.take_turns()
    person = people.known(clerk_user_id)
    if person is None:
        Tombstone.objects.bury([clerk_user_id])
        return Outcome.IGNORED
    remove(person, None)
    return Outcome.REMOVED


def receipt_of(id: UUID) -> ErasureReceipt | None:
    return ErasureReceipt.objects.using(AUTH).filter(person_hash=hash_of(str(id))).first()


def remove(person: User, actor: UUID | None) -> ErasureReceipt:
    """`person` is locked, and nobody else takes a turn."""
    id, email = person.id, person.email
    receipt = ErasureReceipt(person_hash=hash_of(str(id)), counts=remove_what_is_theirs(person))
    receipt.save(using=AUTH, force_insert=True)
    payload = {"user_id": str(id), "receipt_id": str(receipt.id)}
    entry_id = outbox.put(TOPIC, payload)
    outbox.put(TOPIC, payload | {"sessions": may_have_sessions(person)}, delay=SWEEP_AFTER)
    audit.record("user.erased", person, actor=actor, before={"role": person.role})
    person.delete()
    people.hand_on(email, None)
    # No `partial`: Django tells of a failure by the name of what failed, which one has not.
    transaction.on_commit(lambda: follow(entry_id, email), using=AUTH, robust=True)
    return receipt


def remove_what_is_theirs(person: User) -> dict[str, int]:
    """Of the tables here, with what goes by itself when the person's row does."""
    conflicts = EmailConflict.objects.using(AUTH).filter(user=person)
    return {
        "accounts.people": 1,
        "accounts.email_conflicts": conflicts.count(),
        "accounts.sessions": end_sessions(person.pk) if may_have_sessions(person) else 0,
        "accounts.admin_log": remove_admin_log(person),
    }


def may_have_sessions(person: User) -> bool:
    """Staff may be signing in at this moment."""
    return person.is_staff or person.last_login is not None


def end_sessions(id: UUID) -> int:
    """A session's owner stands in its data alone: all are read."""
    sessions = Session.objects.using(AUTH)
    own = [
        session.pk
        for session in sessions.iterator(chunk_size=SESSIONS_AT_ONCE)
        if owner_of(session) == str(id)
    ]
    sessions.filter(pk__in=own).delete()
    return len(own)


def owner_of(session: Session) -> str | None:
    """As the data says, whose signature is not asked for: one of a SECRET_KEY that is no longer in
    use opens nothing, and names its person even so."""
    data = session.session_data.partition(":")[0]
    try:
        content = signing.b64_decode(data.removeprefix(".").encode())
        content = zlib.decompress(content) if data.startswith(".") else content
        return signing.JSONSerializer().loads(content).get(SESSION_KEY)
    except (ValueError, AttributeError, zlib.error):  # not written by Django
        return None


def remove_admin_log(person: User) -> int:
    """Django's own log, which is written no more, and shows people by name: by them, about them."""
    log = LogEntry.objects.using(AUTH)
    kind = ContentType.objects.db_manager(AUTH).get_for_model(User)
    about, _ = log.filter(content_type=kind, object_id=str(person.pk)).delete()
    by, _ = log.filter(user=person).delete()
    return about + by


def follow(entry_id: UUID, email: str | None) -> None:
    """After the commit: what is in Redis, and the apps' part, which waits if it must."""
    if email:
        throttle.forget(email)
    outbox.deliver(entry_id)


def carry_out(entry: Outbox) -> outbox.Settle:
    """The outbox's handler. The second time it also ends what a sign-in that was under way has
    begun: a session that opens nothing, and names somebody who is gone."""
    user_id = UUID(entry.payload["user_id"])
    counts = erase_in_apps(entry.id, user_id)
    if entry.payload.get("sessions"):
        counts["accounts.sessions"] = end_sessions(user_id)
    return partial(note, UUID(entry.payload["receipt_id"]), counts)


def erase_in_apps(entry_id: UUID, user_id: UUID) -> dict[str, int]:
    """What settings.ERASURES have done for this entry, now or before; each a transaction."""
    counts: Counter[str] = Counter()
    for path in settings.ERASURES:
        counts.update(outbox.once(entry_id, path, partial(import_string(path), user_id)))
    forget_requests(user_id)
    return dict(counts)


def forget_requests(user_id: UUID) -> None:
    """How often they asked lately, which Redis would keep for an hour at most."""
    for scope in CountedThrottle.THROTTLE_RATES:
        cache.delete(CountedThrottle.cache_format % {"scope": scope, "ident": user_id})


def note(receipt_id: UUID, counts: Mapping[str, int]) -> None:
    """In the transaction that takes the entry out of the outbox."""
    receipt = ErasureReceipt.objects.using(AUTH).select_for_update().get(id=receipt_id)
    total = Counter(receipt.counts)
    total.update(counts)
    receipt.counts = dict(total)
    receipt.finished_at = receipt.finished_at or timezone.now()
    receipt.save(using=AUTH, update_fields=["counts", "finished_at"])
