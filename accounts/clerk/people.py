"""Makes and changes people as Clerk tells it: by webhook, and when all are compared.

Whoever is gone at Clerk is erased here, by accounts.erasure.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import psycopg
from django.db import IntegrityError, connections, transaction
from django.db.models import Value
from django.db.models.functions import Lower

from accounts.clerk.profiles import Profile
from accounts.models import EmailConflict, Tombstone, User
from core import audit
from core.databases import AUTH

FIELDS = ("email", "first_name", "last_name")
SAVED = (*FIELDS, "is_banned", "clerk_updated_at", "updated_at")
EMAIL_UNIQUE = "accounts_user_email_unique"
PATIENCE = "3s"  # for another's turn; after that the answer is 503, and Clerk sends again

# Never backwards; without `updated_at`, since nothing of ours changes.
TOUCH = """
UPDATE accounts_user AS ours SET clerk_updated_at = theirs.updated_at
FROM unnest(%s::text[], %s::timestamptz[]) AS theirs (id, updated_at)
WHERE ours.clerk_user_id = theirs.id
    AND (ours.clerk_updated_at IS NULL OR ours.clerk_updated_at < theirs.updated_at)"""


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"


Values = dict[str, str | bool | None]


def values_of(person: User) -> dict[str, str | None]:
    return {name: getattr(person, name) for name in FIELDS}


def differences(person: User, profile: Profile) -> Values:
    """What is to be changed to be as Clerk has it. A name that was chosen here stays."""
    names = () if person.own_name else ("first_name", "last_name")
    wanted = {name: getattr(profile, name) for name in ("email", "is_banned", *names)}
    return {name: value for name, value in wanted.items() if getattr(person, name) != value}


def is_older(profile: Profile, person: User) -> bool:
    """Webhooks come in any order. What is as old is taken: it may repair what was changed here."""
    known = person.clerk_updated_at
    return known is not None and profile.updated_at < known


def take_turns() -> None:
    """Let no other change from Clerk, and no deletion, happen until the transaction ends.

    Two events of one person, or of two who exchange an email, would otherwise be a matter of luck.
    Raises OperationalError when it takes longer than PATIENCE.
    """
    with connections[AUTH].cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
    Tombstone.objects.lock("pg_advisory_xact_lock")


@transaction.atomic(using=AUTH)
def keep(profile: Profile) -> Outcome:
    """Make or change the person as Clerk has them; never their role.

    IGNORED: they were deleted here, or this is older than what is known.
    """
    take_turns()
    if Tombstone.objects.covers(profile.clerk_user_id):
        return Outcome.IGNORED
    person = known(profile.clerk_user_id)
    if person is None:
        return create(profile)
    if is_older(profile, person):
        return Outcome.IGNORED
    return update(person, profile)


def create(profile: Profile) -> Outcome:
    person = User(
        clerk_user_id=profile.clerk_user_id,
        first_name=profile.first_name,
        last_name=profile.last_name,
        is_banned=profile.is_banned,
        clerk_updated_at=profile.updated_at,
    )
    person.set_unusable_password()
    store(person, profile.email)
    audit.record("user.created", person, after=values_of(person))
    record_ban(person, False)
    return Outcome.CREATED


def update(person: User, profile: Profile) -> Outcome:
    before, was_banned = values_of(person), person.is_banned
    changed = differences(person, profile)
    if not changed:
        confirm([profile])
        return Outcome.UNCHANGED
    for name, value in changed.items():
        setattr(person, name, value)
    person.clerk_updated_at = profile.updated_at
    store(person, profile.email)
    record_ban(person, was_banned)
    was, now = audit.difference(before, values_of(person))
    if now:
        audit.record("user.updated", person, before=was, after=now)
        hand_on(before["email"], person.email)
    # Not when the email is still another's.
    return Outcome.UPDATED if now or person.is_banned != was_banned else Outcome.UNCHANGED


def record_ban(person: User, before: bool) -> None:
    if person.is_banned != before:
        action = "user.banned" if person.is_banned else "user.unbanned"
        after = {"is_banned": person.is_banned}
        audit.record(action, person, before={"is_banned": before}, after=after)


def known(clerk_user_id: str) -> User | None:
    people: Any = User.objects.using(AUTH).select_for_update()
    return people.filter(clerk_user_id=clerk_user_id).first()


def confirm(profiles: Sequence[Profile]) -> None:
    """People who are as Clerk has them: remember how new that is; they wait for no email."""
    ids = [profile.clerk_user_id for profile in profiles]
    with connections[AUTH].cursor() as cursor:
        cursor.execute(TOUCH, [ids, [profile.updated_at for profile in profiles]])
    EmailConflict.objects.using(AUTH).filter(user__clerk_user_id__in=ids).delete()


def store(person: User, email: str | None) -> None:
    """Save with this email; without it, and on record, when somebody else has it."""
    person.email = email
    conflicts = EmailConflict.objects.using(AUTH).filter(user=person)
    try:
        with transaction.atomic(using=AUTH):
            save(person)
    except IntegrityError as error:
        if email is None or constraint_of(error) != EMAIL_UNIQUE:
            raise
        person.email = None
        save(person)
        conflicts.exclude(email=email).delete()
        conflicts.get_or_create(user=person, defaults={"email": email})
    else:
        conflicts.delete()


def constraint_of(error: IntegrityError) -> str | None:
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None


def save(person: User) -> None:
    person.save(using=AUTH, update_fields=None if person._state.adding else SAVED)


def hand_on(email: str | None, instead: str | None) -> None:
    """Give an email that its holder has exchanged for another to whoever has waited longest."""
    if email is None or email.lower() == (instead or "").lower():
        return
    waiting = EmailConflict.objects.using(AUTH).alias(lower_email=Lower("email"))
    waiting = waiting.filter(lower_email=Lower(Value(email))).select_related("user")
    # Locked, since all of the person is saved: a name that they give themselves meanwhile stays.
    waiting = waiting.select_for_update(of=("self", "user"))
    conflict = waiting.order_by("created_at", "user_id").first()
    if conflict is None:
        return
    person = conflict.user
    store(person, conflict.email)
    if person.email:
        audit.record("user.updated", person, before={"email": None}, after={"email": person.email})
