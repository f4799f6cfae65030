"""Keyset paging: signed cursors, bound to the list and the filters that they were made for."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.signing import BadSignature, Signer

from core.errors import ApiError, ErrorCode

# Those of ranked lists carry what they were ranked by.
CURSOR_MAX_LENGTH = 4000
SIGNER_SALT = "core.paging"


def binding_of(name: str, filters: Mapping[str, Any]) -> str:
    """Short digest of a list's name and its filters; a cursor is good for these alone."""
    canonical = orjson.dumps([name, filters], default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(canonical, digest_size=9).hexdigest()


class Serializer:
    """What `django.signing` has its own for, and for each page that took as long as the row did."""

    def dumps(self, payload: Any) -> bytes:
        return orjson.dumps(payload, default=str)

    def loads(self, payload: bytes) -> Any:
        return orjson.loads(payload)


def encode_cursor(position: tuple[Any, ...], binding: str) -> str:
    """Opaque text for the last row of a page. `position` holds str, numbers, UUIDs, datetimes."""
    signer = Signer(salt=SIGNER_SALT)
    return signer.sign_object([binding, *position], serializer=Serializer, compress=False)


def decode_cursor(text: str, binding: str) -> tuple[Any, ...]:
    """Position in a cursor, as JSON values. Raises INVALID_CURSOR for a forged or foreign one."""
    try:
        if len(text) > CURSOR_MAX_LENGTH:
            raise BadSignature
        made_for, *position = Signer(salt=SIGNER_SALT).unsign_object(text, serializer=Serializer)
    except (BadSignature, ValueError, TypeError) as error:
        raise ApiError(ErrorCode.INVALID_CURSOR) from error
    if made_for != binding:
        raise ApiError(ErrorCode.INVALID_CURSOR, "The cursor was made for other filters.")
    return tuple(position)
