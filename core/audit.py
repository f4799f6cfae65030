"""The audit log: who changed what, in the transaction and in the database of the change.

A model says which of its fields are secret (`AUDIT_MASKED`, shown as ***) and which are personal
(`AUDIT_PERSONAL`, kept as hashes). The salt of those is the subject's `audit_salt`; it goes when
the person is erased, and what is left tells nothing, without an edit of the log.

Entries are chained when the transaction commits, by a deferred trigger: it takes the one lock
of the log after every row lock of the transaction, wherever in it `record` was called. (Foreign
keys of rows that are written after the call are checked after that: call it after the writes.)
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connections, models, router
from django.db.transaction import TransactionManagementError

from core.logs import current_impersonator, request_id
from core.models import AuditEntry

MASK = "***"


def record(
    action: str,
    subject: models.Model,
    *,
    actor: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """`before` and `after` hold the changed fields alone. `actor` None is the system or a command.
    What somebody does in another's place is their own doing: they are the actor, and `after` names
    the other as `acting_as`.

    A subject without a key stands for its whole table, as in an import. A deletion is recorded
    before it is done, while the subject has its key.
    Raises TransactionManagementError outside of a transaction of the subject's database.
    """
    alias = subject._state.db or router.db_for_write(type(subject), instance=subject)
    if not connections[alias].in_atomic_block:
        raise TransactionManagementError(f"{action} must be recorded in the change's transaction.")
    if subject.pk is None and not subject._state.adding:
        raise ValueError(f"{action} must be recorded before its subject is deleted.")
    if actor is not None and (impersonator := current_impersonator.get()):
        actor, after = impersonator, {**(after or {}), "acting_as": actor}
    AuditEntry.objects.using(alias).create(
        action=action,
        actor=actor,
        subject_type=subject._meta.label_lower,
        subject_id="" if subject.pk is None else str(subject.pk),
        before=shown(subject, before),
        after=shown(subject, after),
        request_id=request_id(),
    )


def created(subject: models.Model, *, actor: UUID | None = None) -> None:
    record(f"{name_of(subject)}.created", subject, actor=actor, after=values(subject))


def changed(subject: models.Model, before: Mapping[str, Any], *, actor: UUID | None = None) -> None:
    """`before` is what `values` or `stored` told; nothing is recorded when nothing changed."""
    was, now = difference(before, values(subject))
    if now:
        record(f"{name_of(subject)}.changed", subject, actor=actor, before=was, after=now)


def deleted(subject: models.Model, *, actor: UUID | None = None) -> None:
    """To be called before it is."""
    record(f"{name_of(subject)}.deleted", subject, actor=actor, before=values(subject))


def name_of(subject: models.Model) -> str:
    return str(subject._meta.verbose_name).lower().replace(" ", "_")


def fields_of(subject: models.Model) -> list[Any]:
    """What people fill in: not what is derived from it, nor dates that follow by themselves."""
    return [
        field
        for field in subject._meta.concrete_fields
        if field.editable and not field.generated and not field.primary_key
    ]


def values(subject: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(subject, field.attname) for field in fields_of(subject)}


def stored(subject: models.Model) -> dict[str, Any]:
    """As the database has it now; the row stays locked, so that it is also what is replaced."""
    alias = subject._state.db or router.db_for_write(type(subject), instance=subject)
    rows = type(subject)._base_manager.using(alias).select_for_update().filter(pk=subject.pk)
    return rows.values(*(field.attname for field in fields_of(subject))).first() or {}


def difference(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in after if name not in before or before[name] != after[name]]
    was = {name: before[name] for name in names if name in before}
    return was, {name: after[name] for name in names}


def shown(subject: models.Model, values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    masked = getattr(subject, "AUDIT_MASKED", ())
    personal = getattr(subject, "AUDIT_PERSONAL", ())
    return {
        name: MASK
        if value is not None and name in masked
        else personal_hash(subject, value)
        if value is not None and name in personal
        else plain(value)
        for name, value in values.items()
    }


def personal_hash(subject: models.Model, value: Any) -> str:
    """Tells whether a value is the same as another of the same person's, and nothing else."""
    salt = getattr(subject, "audit_salt", None)
    if not salt:
        return MASK
    digest = hmac.digest(bytes(salt), orjson.dumps(value, default=str), "sha256")
    return f"hmac-sha256:{digest.hex()}"


def plain(value: Any) -> Any:
    """As JSON; times in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value
