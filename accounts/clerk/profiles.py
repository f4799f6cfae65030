"""What Clerk tells of a user, in a webhook and in its Backend API alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.clerk.sign_in import email_of, text_in
from accounts.clerk.tokens import is_subject

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 4_102_444_800_000  # milliseconds since 1970; the year 2100


class UnreadableUser(ValueError):
    """Says what is missing in a user of Clerk's."""


@dataclass(frozen=True)
class Profile:
    clerk_user_id: str
    email: str | None
    first_name: str
    last_name: str
    updated_at: datetime  # by Clerk's clock, to the millisecond
    is_banned: bool = False


def profile_of(user: Any) -> Profile:
    """Reads https://clerk.com/docs/reference/backend/types/backend-user. Raises UnreadableUser."""
    clerk_user_id = user_id(user)
    updated_at = user.get("updated_at")
    if type(updated_at) is not int or not 0 < updated_at < LATEST:
        raise UnreadableUser("updated_at must be milliseconds since 1970.")
    return Profile(
        clerk_user_id=clerk_user_id,
        email=primary_email(user),
        first_name=text_in(user, "first_name"),
        last_name=text_in(user, "last_name"),
        updated_at=EPOCH + timedelta(milliseconds=updated_at),
        # Not `locked`: that keeps them from signing in anew at Clerk for an hour, ends by itself
        # without an event, and anybody brings it about by guessing passwords.
        is_banned=user.get("banned") is True,
    )


def user_id(user: Any) -> str:
    """Also of a user who was deleted, of whom nothing else is told. Raises UnreadableUser."""
    if not isinstance(user, dict) or not is_subject(user.get("id")):
        raise UnreadableUser("id must be a Clerk user's id.")
    return str(user["id"])


def primary_email(user: Mapping[str, Any]) -> str | None:
    """Only when Clerk has verified it: anybody can claim another's email until then, and would keep
    its owner from having it here."""
    addresses = user.get("email_addresses")
    for address in addresses if isinstance(addresses, list) else ():
        if isinstance(address, dict) and address.get("id") == user.get("primary_email_address_id"):
            return email_of(address.get("email_address")) if verified(address) else None
    return None


def verified(address: Mapping[str, Any]) -> bool:
    verification = address.get("verification")
    return isinstance(verification, dict) and verification.get("status") == "verified"
