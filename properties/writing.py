"""Who may write a listing, and writes that stand up to two at the same moment."""

from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from accounts import directory
from accounts.models import Role
from accounts.permissions import has_role
from accounts.remote import PAUSE, DirectoryUnavailable
from core import audit
from core.databases import APP
from core.errors import ApiError, ErrorCode
from properties import indexing, market
from properties.models import ALREADY_THERE, Property, Status

ADMINS = frozenset({Role.ADMIN})
AGENTS = frozenset({Role.AGENT})
KEY_WAS_USED = "This key was used for another listing, or that one was changed since."
# What a replacement sets back when it does not name it: to unknown, or to the field's default.
DEFAULTS = {
    field.name: None if field.null else field.get_default
    for field in Property._meta.concrete_fields
    if field.editable and field.name != "agent_id" and not field.generated
}


def may_write(user: Any, agent_id: UUID | None) -> bool:
    """Admins every listing, agents their own."""
    own = agent_id is not None and agent_id == getattr(user, "pk", None)
    return has_role(user, ADMINS) or (own and has_role(user, AGENTS))


def refuse_strangers(user: Any, id: UUID) -> None:
    """Raises NOT_FOUND, or FORBIDDEN for a published listing of somebody else."""
    found = Property.objects.filter(id=id).values_list("agent_id", "status").first()
    if found is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    refuse(user, *found)


def refuse(user: Any, agent_id: UUID | None, status: str) -> None:
    if may_write(user, agent_id):
        return
    if status != Status.PUBLISHED:
        raise ApiError(ErrorCode.NOT_FOUND)
    raise ApiError(ErrorCode.FORBIDDEN, "This listing belongs to another agent.")


def refuse_other_agent(user: Any, values: dict[str, Any]) -> None:
    """Only admins give a listing to somebody else."""
    named = values.get("agent_id", user.pk)
    if named != user.pk and not has_role(user, ADMINS):
        details = {"agent_id": ["Only admins may name another agent."]}
        raise ApiError(ErrorCode.VALIDATION_ERROR, details=details)


def refuse_nobody(user: Any, values: dict[str, Any]) -> None:
    """Whoever does not exist, or was erased, is given no listing.

    Raises VALIDATION_ERROR, and SERVICE_UNAVAILABLE while that cannot be asked: without the people
    no admin can sign in either.
    """
    agent_id = values.get("agent_id")
    if agent_id is None or agent_id == user.pk:
        return
    try:
        nobody = directory.strangers([agent_id])
    except DirectoryUnavailable as error:
        raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, retry_after=int(PAUSE)) from error
    if nobody:
        details = {"agent_id": ["There is nobody with this id."]}
        raise ApiError(ErrorCode.VALIDATION_ERROR, details=details)


def create(user: Any, values: dict[str, Any], key: str = "") -> tuple[UUID, bool]:
    """The listing's id, and whether it is new: one sent again with the sender's `key` is the first.

    Its id follows from the key, so that no two can be stored, at once neither.
    Raises CONFLICT when what is there differs: the key was used for another, or it was changed.
    """
    refuse_other_agent(user, values)
    refuse_nobody(user, values)
    property = Property(**{"agent_id": user.pk} | values)
    if key:
        property.id = uuid5(user.pk, key)
    try:
        with transaction.atomic(using=APP):
            save(property)
            audit.created(property, actor=user.pk)
    except (ApiError, IntegrityError):
        before = Property.objects.filter(id=property.id).first()
        if before is None:
            raise
        if audit.values(before) != audit.values(property):
            raise ApiError(ErrorCode.CONFLICT, KEY_WAS_USED) from None
        return before.id, False
    market.forget()
    return property.id, True


def change(user: Any, id: UUID, values: dict[str, Any], *, replace: bool) -> None:
    """Write the given fields alone: of two changes at once, each keeps its own fields.

    With `replace`, fields that are not given go back to their defaults.
    """
    refuse_other_agent(user, values)
    refuse_nobody(user, values)
    if replace:
        values = {name: default and default() for name, default in DEFAULTS.items()} | values
    with transaction.atomic(using=APP):
        property = locked(user, id)
        before = audit.values(property)
        changed = {name for name, value in values.items() if getattr(property, name) != value}
        for name in changed:
            setattr(property, name, values[name])
        if changed:
            save(property, update_fields=changed)
            audit.changed(property, before, actor=user.pk)
    market.forget()


def delete(user: Any, id: UUID) -> None:
    with transaction.atomic(using=APP):
        property = locked(user, id)
        audit.deleted(property, actor=user.pk)
        property.delete()
    market.forget()


def locked(user: Any, id: UUID) -> Property:
    property = Property.objects.select_for_update().filter(id=id).first()
    if property is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    refuse(user, property.agent_id, property.status)
    return property


def save(property: Property, **options: Any) -> None:
    """Raises CONFLICT when the source already has a listing with this external id."""
    try:
        with transaction.atomic(using=APP):
            property.save(**options)
            indexing.schedule(property)
    except IntegrityError as error:
        if "properties_external_unique" not in str(error):
            raise
        raise ApiError(ErrorCode.CONFLICT, ALREADY_THERE) from error
