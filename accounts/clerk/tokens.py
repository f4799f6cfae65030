"""Verifies a Clerk session token (https://clerk.com/docs/backend-requests/handling/manual-jwt).

No network is used while the key is known. Every refusal is 401 UNAUTHORIZED with a reason of its
own in `details.reason`; only keys that cannot be fetched are 503, since the token may be good.
"""

import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from accounts.clerk.conf import ClerkConfig
from accounts.clerk.keys import key_set, static_key
from core.errors import ApiError, ErrorCode

ALGORITHM = "RS256"
SKEW = 5  # seconds that our clock and Clerk's may differ by
TOKEN_MAX_LENGTH = 8192
SUBJECT_MAX_LENGTH = 255

# Knows no other algorithm, so that no header can ask for one; refuses RSA keys under 2048 bits.
signatures = jwt.PyJWS([ALGORITHM], {"enforce_minimum_key_length": True})


class Reason(StrEnum):
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    SUBJECT = "subject"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    PARTY = "party"
    PENDING = "pending"
    INACTIVE = "inactive"
    DELETED = "deleted"


MESSAGES = {
    Reason.EXPIRED: "The session token has expired. Ask Clerk for a new one.",
    Reason.NOT_YET_VALID: "The session token is not valid yet. Check the clocks.",
    Reason.ISSUER: "The session token is another product's.",
    Reason.INACTIVE: "This account has been deactivated.",
    Reason.DELETED: "This account has been deleted.",
}


def refused(reason: Reason) -> ApiError:
    message = MESSAGES.get(reason, "The session token is not valid.")
    return ApiError(ErrorCode.UNAUTHORIZED, message, {"reason": reason.value})


def verify(token: str, clerk: ClerkConfig) -> dict[str, Any]:
    """Claims of a session token of this product's Clerk project.

    Raises ApiError: UNAUTHORIZED with a Reason, or SERVICE_UNAVAILABLE when the keys are out of
    reach. Claims are read only after the signature holds.
    """
    claims = signed_claims(token, signing_key(header_of(token), clerk))
    if reason := objection(claims, clerk, time.time()):
        raise refused(reason)
    return claims


def header_of(token: str) -> dict[str, Any]:
    """The JOSE header, not to be trusted yet. `jwk`, `jku` and `x5u` in it are never looked at."""
    if len(token) > TOKEN_MAX_LENGTH or not token.isascii() or token.count(".") != 2:
        raise refused(Reason.MALFORMED)
    encoded = token.partition(".")[0]
    try:
        header = orjson.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError as error:
        raise refused(Reason.MALFORMED) from error
    if not isinstance(header, dict) or header.get("typ", "JWT") != "JWT":
        raise refused(Reason.MALFORMED)
    if header.get("alg") != ALGORITHM:
        raise refused(Reason.ALGORITHM)
    return header


def signing_key(header: Mapping[str, Any], clerk: ClerkConfig) -> RSAPublicKey:
    if clerk.jwt_key:
        return static_key(clerk.jwt_key)
    kid = header.get("kid")
    if not isinstance(kid, str) or not (key := key_set(clerk.jwks_url).key(kid)):
        raise refused(Reason.UNKNOWN_KEY)
    return key


def signed_claims(token: str, key: RSAPublicKey) -> dict[str, Any]:
    try:
        signed = signatures.decode_complete(token, key, [ALGORITHM])
        claims = orjson.loads(signed["payload"])
    except jwt.InvalidSignatureError as error:
        raise refused(Reason.SIGNATURE) from error
    except (jwt.PyJWTError, ValueError) as error:
        raise refused(Reason.MALFORMED) from error
    if not isinstance(claims, dict):
        raise refused(Reason.MALFORMED)
    return claims


def objection(claims: Mapping[str, Any], clerk: ClerkConfig, now: float) -> Reason | None:
    """Why signed claims do not sign anyone in at `now` (seconds since 1970); None: they do.

    RFC 7519 section 4.1; `azp` and `sts` are Clerk's
    (https://clerk.com/docs/backend-requests/resources/session-tokens).
    """
    if claims.get("iss") != clerk.issuer:
        return Reason.ISSUER
    if not is_subject(claims.get("sub")):
        return Reason.SUBJECT
    if reason := untimely(claims, now):
        return reason
    if clerk.authorized_parties and claims.get("azp") not in clerk.authorized_parties:
        return Reason.PARTY
    return Reason.PENDING if claims.get("sts") == "pending" else None


def is_subject(subject: Any) -> bool:
    """Clerk's user id: text that a column can hold."""
    is_text = isinstance(subject, str) and subject.isprintable()
    return is_text and 0 < len(subject) <= SUBJECT_MAX_LENGTH


def untimely(claims: Mapping[str, Any], now: float) -> Reason | None:
    begins = [claims[name] for name in ("nbf", "iat") if name in claims]
    if not all(is_number(moment) for moment in (claims.get("exp"), *begins)):
        return Reason.MALFORMED
    if now >= claims["exp"] + SKEW:
        return Reason.EXPIRED
    return Reason.NOT_YET_VALID if any(now < begin - SKEW for begin in begins) else None


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
