"""Enquiries about listings: sent once, handled by staff."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Role
from accounts.permissions import has_role
from core import audit
from core.databases import APP
from core.errors import ApiError, ErrorCode
from properties.enquiries.model import PERSONAL, Enquiry, EnquiryQuerySet
from properties.models import Property, Status

ADMINS = frozenset({Role.ADMIN})
AGENTS = frozenset({Role.AGENT})
# For which the same enquiry sent again is the one that is there already.
SAME_FOR = timedelta(days=1)


def send(
    listing_id: UUID, user_id: UUID | None, values: Mapping[str, Any], key: str = ""
) -> tuple[Enquiry, bool]:
    """The enquiry, and whether it is new. `values` are validated.

    Sent again within SAME_FOR, with the sender's `key` or, without one, with the same content, it
    is the first one, whatever became of the listing's status. The lock on the listing lets one
    enquiry about it in at a time, so that of two at once the second finds the first.
    Raises NOT_FOUND for a new one about a listing that is not published, CONFLICT for a key used
    for another text.
    """
    with transaction.atomic(using=APP):
        listings = Property.objects.select_for_update(no_key=True).only("id", "title", "status")
        listing = listings.filter(id=listing_id).first()
        if listing is None:
            raise ApiError(ErrorCode.NOT_FOUND)
        enquiry = Enquiry(
            listing=listing,
            listing_title=listing.title,
            user_id=user_id,
            sent_key=sent_key(user_id, values, key),
            **values,
        )
        if before := sent_before(enquiry):
            if any(getattr(before, name) != value for name, value in values.items()):
                raise ApiError(ErrorCode.CONFLICT, "This key was used for another enquiry.")
            return before, False
        if listing.status != Status.PUBLISHED:
            raise ApiError(ErrorCode.NOT_FOUND)
        enquiry.save(force_insert=True)
        enquiry.refresh_from_db(fields=["created_at"])
        return enquiry, True


def sent_key(user_id: UUID | None, values: Mapping[str, Any], key: str) -> str:
    """A key is its account's own. Guests, who have none, share theirs: they make them random."""
    said = orjson.dumps(
        ["key", user_id, key] if key else ["content", user_id, sorted(values.items())]
    )
    return hashlib.sha256(said).hexdigest()


def sent_before(enquiry: Enquiry) -> Enquiry | None:
    latest = Enquiry.objects.filter(
        listing=enquiry.listing_id,
        created_at__gt=timezone.now() - SAME_FOR,
        sent_key=enquiry.sent_key,
    )
    return latest.order_by("-created_at", "-id").first()


def handled_by(user: Any) -> EnquiryQuerySet:
    """Admins all, agents those about their own listings, nobody else any."""
    if has_role(user, ADMINS):
        return Enquiry.objects.all()
    return Enquiry.objects.of_agent(user.pk) if has_role(user, AGENTS) else Enquiry.objects.none()


def change(user: Any, id: UUID, values: Mapping[str, Any]) -> None:
    """Write the given fields alone. Raises NOT_FOUND, or FORBIDDEN for one they only sent."""
    with transaction.atomic(using=APP):
        enquiry = handled_by(user).select_for_update(of=("self",)).filter(id=id).first()
        if enquiry is None:
            sent = Enquiry.objects.sent_by(user.pk).filter(id=id).exists()
            raise ApiError(ErrorCode.FORBIDDEN if sent else ErrorCode.NOT_FOUND)
        before = audit.values(enquiry)
        for name, value in values.items():
            setattr(enquiry, name, value)
        if audit.values(enquiry) != before:
            save_handled(enquiry)
            audit.changed(enquiry, before, actor=user.pk)


def save_handled(enquiry: Enquiry) -> None:
    """What staff may write, and nothing that was sent."""
    enquiry.updated_at = Now()
    enquiry.save(update_fields=["status", "note", "updated_at"])


def erase(user_id: UUID) -> int:
    """How many this person sent: that there was one stays, for the agent's count of them; who sent
    it and what they said goes, and staff's notes with it. In a transaction."""
    empty: dict[str, Any] = dict.fromkeys((*PERSONAL, "note"), "")
    sent = Enquiry.objects.using(APP).sent_by(user_id)
    count = sent.update(**empty, user_id=None, arrival=None, departure=None, guests=None)
    if count:
        audit.record("enquiry.erased", Enquiry(id=None), after={"enquiries": count})
    return count
