"""API keys: made, shown once, recognised, revoked.

A key reads `prefix.secret`. The prefix finds the row; of the secret only SHA-256 is stored. A slow
hash would add nothing: 32 random bytes cannot be guessed from their hash, as a password can.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import APIKey, Scope
from core import audit
from core.databases import AUTH
from core.errors import ApiError, ErrorCode

PREFIX_BYTES = 6
SECRET_BYTES = 32
KEY_MAX_LENGTH = 100
# `last_used_at` is for people, who need no finer grain; a write at every request would cost them.
SEEN_EVERY = timedelta(minutes=1)


class Reason(StrEnum):
    MALFORMED = "key_malformed"
    UNKNOWN = "key_unknown"
    WRONG = "key_wrong"
    EXPIRED = "key_expired"
    REVOKED = "key_revoked"


MESSAGES = {
    Reason.MALFORMED: "An API key reads prefix.secret.",
    Reason.UNKNOWN: "There is no such API key here.",
    Reason.WRONG: "The API key is not the one that was issued.",
    Reason.EXPIRED: "The API key has expired.",
    Reason.REVOKED: "The API key has been revoked.",
}


def refused(reason: Reason) -> ApiError:
    return ApiError(ErrorCode.UNAUTHORIZED, MESSAGES[reason], {"reason": reason.value})


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(key: APIKey) -> str:
    """Store a new key. Its text, which cannot be had a second time."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key.prefix = secrets.token_hex(PREFIX_BYTES)
    key.secret_hash = hashed(secret)
    with transaction.atomic(using=AUTH):
        key.save(using=AUTH, force_insert=True)
        shown = {name: getattr(key, name) for name in ("name", "prefix", "scopes", "expires_at")}
        audit.record("api_key.issued", key, actor=key.created_by, after=shown)
    return f"{key.prefix}.{secret}"


def create(
    name: str,
    scopes: Sequence[Scope],
    *,
    expires_at: datetime | None = None,
    created_by: UUID | None = None,
) -> tuple[APIKey, str]:
    key = APIKey(name=name, scopes=list(scopes), expires_at=expires_at, created_by=created_by)
    return key, issue(key)


def revoke(prefix: str, *, actor: UUID | None = None) -> bool:
    """From now on refused. Whether it was this call that did it."""
    with transaction.atomic(using=AUTH):
        standing = APIKey.objects.using(AUTH).select_for_update()
        key = standing.filter(prefix=prefix, revoked_at=None).first()
        if key is None:
            return False
        key.revoked_at = timezone.now()
        key.save(using=AUTH, update_fields=["revoked_at"])
        audit.record("api_key.revoked", key, actor=actor, after={"revoked_at": key.revoked_at})
        return True


def recognise(text: str) -> APIKey:
    """The key, by one query. Raises UNAUTHORIZED with a Reason.

    That it expired or was revoked is told only to whoever holds the secret.
    """
    prefix, _, secret = text.partition(".")
    well_formed = text.isascii() and text.isprintable() and len(text) <= KEY_MAX_LENGTH
    if not (well_formed and prefix and secret):
        raise refused(Reason.MALFORMED)
    key = APIKey.objects.filter(prefix=prefix).first()
    if key is None:
        raise refused(Reason.UNKNOWN)
    if not hmac.compare_digest(key.secret_hash, hashed(secret)):
        raise refused(Reason.WRONG)
    now = timezone.now()
    if reason := objection(key, now):
        raise refused(reason)
    note_use(key, now)
    return key


def objection(key: APIKey, now: datetime) -> Reason | None:
    if key.revoked_at is not None:
        return Reason.REVOKED
    return Reason.EXPIRED if key.expires_at is not None and key.expires_at <= now else None


def note_use(key: APIKey, now: datetime) -> None:
    """Of parallel requests one writes."""
    stale = now - SEEN_EVERY
    if key.last_used_at is not None and key.last_used_at > stale:
        return
    unseen = Q(last_used_at=None) | Q(last_used_at__lte=stale)
    APIKey.objects.filter(unseen, id=key.id).update(last_used_at=now)
