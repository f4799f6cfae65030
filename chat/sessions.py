"""A guest's session id: a UUID that only this product's server can have issued.

A version 8 UUID (RFC 9562, section 5.8: the contents are ours to choose). The first half is
random, the second a truncated HMAC-SHA256 of the first under SECRET_KEY; one of an older id may be
under one of SECRET_KEY_FALLBACKS. So an id needs no table, and a made-up one, or another product's,
is told from ours without a query.
"""

import secrets
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "chat.sessions"
VERSION = 0x8000  # the version's four bits, within the first half
VERSION_MASK = 0xF000
VARIANT = 0b10 << 62  # the variant's two bits, within the second half
SIGNATURE_MASK = (1 << 62) - 1


def issue() -> UUID:
    head = secrets.randbits(64) & ~VERSION_MASK | VERSION
    return UUID(int=head << 64 | signature(head, settings.SECRET_KEY))


def signature(head: int, key: str) -> int:
    """Second half of the id: 62 bits of an HMAC over the first half."""
    text = head.to_bytes(8, "big").hex()
    digest = salted_hmac(SALT, text, key, algorithm="sha256").digest()
    return VARIANT | int.from_bytes(digest[:8], "big") & SIGNATURE_MASK


def read(given: object) -> UUID | None:
    """The session id in a text, or None when it is absent, malformed or not issued here."""
    try:
        session_id = UUID(given if isinstance(given, str) else "")
    except ValueError:
        return None
    head, tail = session_id.int >> 64, session_id.int & (1 << 64) - 1
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    genuine = any(is_same(signature(head, key), tail) for key in keys)
    return session_id if genuine and session_id.version == 8 else None


def is_same(one: int, other: int) -> bool:
    return compare_digest(one.to_bytes(8, "big"), other.to_bytes(8, "big"))
