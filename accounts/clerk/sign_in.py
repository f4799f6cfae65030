"""The person behind a verified session token, made at first sight."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.clerk.tokens import Reason, Refusal
from accounts.models import Role, Tombstone, User
from core import audit
from core.databases import AUTH

NAME_MAX_LENGTH = 150
EMAIL_MAX_LENGTH = 254


def person_of(claims: Mapping[str, Any]) -> User:
    """One indexed query for a known person; `claims` are those of `tokens.verify`."""
    impersonator = impersonator_of(claims)
    person = User.objects.by_clerk_id(claims["sub"]) or first_sight(claims)
    person.impersonated_by = impersonator
    return person


def impersonator_of(claims: Mapping[str, Any]) -> UUID | None:
    """The admin who acts in the person's place (https://clerk.com/docs/users/user-impersonation).

    Whoever holds Clerk's secret key or its dashboard can make such a session, for whomever they
    name. Roles are this product's own: so only who is an admin here may act for others here, as
    somebody whom the audit log can name. Raises Refusal.
    """
    act = claims.get("act")
    if act is None:
        return None
    actor = User.objects.by_clerk_id(act["sub"])
    if actor is None or actor.role != Role.ADMIN or not actor.is_active or actor.is_banned:
        raise Refusal(Reason.ACTOR)
    return actor.id


@transaction.atomic(using=AUTH)
def first_sight(claims: Mapping[str, Any]) -> User:
    """Make the person, or find the one that a parallel request has just made.

    Session tokens name nobody by default; a project may add `email`, `email_verified`, `first_name`
    and `last_name` to its tokens. An email that somebody has already is left out: two Clerk users
    are never merged by email, since that would hand one person's account to another. ON CONFLICT
    DO NOTHING covers both unique columns, so a row that is missing afterwards was refused for its
    email.
    Raises UNAUTHORIZED for somebody who was deleted: their token outlives them by a minute.
    """
    if not Tombstone.objects.may_make(claims["sub"]):
        raise Refusal(Reason.DELETED)
    person = User(
        clerk_user_id=claims["sub"],
        email=email_in(claims),
        first_name=text_in(claims, "first_name"),
        last_name=text_in(claims, "last_name"),
    )
    person.set_unusable_password()
    for email in (person.email, None):
        person.email = email
        User.objects.bulk_create([person], ignore_conflicts=True)
        if found := User.objects.by_clerk_id(claims["sub"]):
            if found.id == person.id:  # made here, not by a parallel request
                audit.created(found, actor=found.id)
            return found
    raise User.DoesNotExist(claims["sub"])


def text_in(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.isprintable():
        return ""
    return value.strip()[:NAME_MAX_LENGTH]


def email_in(claims: Mapping[str, Any]) -> str | None:
    """Only one that Clerk has verified: `set_role` and the admin find people by it."""
    return email_of(claims.get("email")) if claims.get("email_verified") is True else None


def email_of(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > EMAIL_MAX_LENGTH:
        return None
    try:
        validate_email(value)
    except ValidationError:
        return None
    return value
