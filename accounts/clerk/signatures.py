"""Who sent a webhook: the signature of Standard Webhooks, which Svix sends for Clerk.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. Not the
package `standardwebhooks`: it knows one secret and one reason, and lets a malformed entry among the
signatures hide a good one after it, so that the code around it would be as long as this.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from enum import StrEnum

from core.errors import ApiError, ErrorCode

TOLERANCE = 300  # seconds that a delivery may be old, or ahead of our clock
ID_MAX_LENGTH = 255
# Svix's names, and those of the specification, which it is about to send in their place.
NAMES = ("svix", "webhook")


class Reason(StrEnum):
    HEADERS = "headers"
    TIMESTAMP = "timestamp"
    SIGNATURE = "signature"


MESSAGES = {
    Reason.HEADERS: "svix-id, svix-timestamp and svix-signature are needed.",
    Reason.TIMESTAMP: "The webhook was signed more than five minutes from now. Check the clocks.",
    Reason.SIGNATURE: "The webhook is not signed with a secret of this product.",
}


def refused(reason: Reason) -> ApiError:
    return ApiError(ErrorCode.UNAUTHORIZED, MESSAGES[reason], {"reason": reason.value})


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float) -> str:
    """The id of a delivery that one of `secrets` (`whsec_` and base64) signed.

    `body` is what came, to the byte; `now` is in seconds since 1970. Raises UNAUTHORIZED with a
    Reason.
    """
    id, timestamp, signatures = signature_headers(headers)
    if not (timestamp.isdigit() and abs(int(timestamp) - now) <= TOLERANCE):
        raise refused(Reason.TIMESTAMP)
    given = [s.partition(",")[2] for s in signatures.split(" ") if s.startswith("v1,")]
    expected = [sign(secret, id, timestamp, body) for secret in secrets]
    # No early end: how long it takes must not tell which secret came close.
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in given]
    if not any(matches):
        raise refused(Reason.SIGNATURE)
    return id


def signature_headers(headers: Mapping[str, str]) -> tuple[str, str, str]:
    for name in NAMES:
        found = [headers.get(f"{name}-{part}", "") for part in ("id", "timestamp", "signature")]
        id, timestamp, signatures = found
        if all(found) and all(map(str.isascii, found)) and len(id) <= ID_MAX_LENGTH:
            return id, timestamp[:20], signatures
    raise refused(Reason.HEADERS)


def sign(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """The `v1` signature in base64: HMAC-SHA256 over id, timestamp and body."""
    key = b64decode(secret.removeprefix("whsec_"))
    return b64encode(hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")).decode()
