"""Verifies a Clerk session token (https://clerk.com/docs/backend-requests/handling/manual-jwt).

No network is used while the key is known. Every refusal is 401 UNAUTHORIZED with a reason of its
own in `details.reason`; only keys that cannot be fetched are 503, since the token may be good.
"""

import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from accounts.clerk.conf import ClerkConfig
from accounts.clerk.keys import key_set, static_key
from core.errors import ApiError, ErrorCode

ALGORITHM = "RS256"
SKEW = 5  # seconds that our clock and Clerk's may differ by
TOKEN_MAX_LENGTH = 8192
SUBJECT_MAX_LENGTH = 255
YEAR_5138 = 10**11  # seconds since 1970: no token means a moment after it

# The one algorithm, not looked up by what a header names. PyJWT's own `decode` goes over a token
# one character after another, which takes longer than the signature.
rs256 = RSAAlgorithm(RSAAlgorithm.SHA256)
BASE64URL = re.compile(r"[A-Za-z0-9_-]+")

# The `cat` of session tokens, and the one that says nothing, which some Clerk projects write into
# tokens of every kind.
SESSION_CATEGORIES = ("cl_B7d4PD111AAA", "cl_I7d4PD111III")
MACHINE_PREFIX = "mch_"  # of the `sub` of machine-to-machine tokens


class Reason(StrEnum):
    """Why nobody is signed in, or may not do this. From `actor` on the token itself is not wrong;
    the last three are of the admin alone, and are told to the log, not to the visitor."""

    MALFORMED = "malformed"
    TYPE = "type"
    CATEGORY = "category"
    ALGORITHM = "algorithm"
    CRITICAL = "critical"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    SUBJECT = "subject"
    EXPIRY = "expiry"
    TIMES = "times"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    PARTY = "party"
    PARTY_MISSING = "party_missing"
    PENDING = "pending"
    ACTOR = "actor"
    INACTIVE = "inactive"
    BANNED = "banned"
    DELETED = "deleted"
    IMPERSONATED = "impersonated"
    REFUSED = "refused"
    ORIGIN = "origin"
    ORIGIN_MISSING = "origin_missing"
    NOT_STAFF = "not_staff"
    PASSWORD = "password"
    THROTTLED = "throttled"


MESSAGES = {
    Reason.EXPIRED: "The session token has expired. Ask Clerk for a new one.",
    Reason.NOT_YET_VALID: "The session token is not valid yet. Check the clocks.",
    Reason.ISSUER: "The session token is another product's.",
    Reason.INACTIVE: "This account has been deactivated.",
    Reason.BANNED: "This account has been banned.",
    Reason.DELETED: "This account has been deleted.",
    Reason.ACTOR: "Only an admin of this product may act in somebody's place.",
    Reason.IMPERSONATED: "Nobody may do this in somebody else's place.",
    Reason.REFUSED: "The deployment that keeps the people refuses this sign-in.",
    Reason.ORIGIN: "This page may not write with the session cookie.",
    Reason.ORIGIN_MISSING: "Writing with the session cookie takes an Origin header.",
}


class Refusal(ApiError):
    """Somebody is not signed in, and why."""

    def __init__(self, reason: Reason, code: ErrorCode = ErrorCode.UNAUTHORIZED) -> None:
        message = MESSAGES.get(reason, "The session token is not valid.")
        super().__init__(code, message, {"reason": reason.value})
        self.reason = reason


def verify(token: str, clerk: ClerkConfig) -> dict[str, Any]:
    """Claims of a session token of this product's Clerk project.

    Raises Refusal, or SERVICE_UNAVAILABLE when the keys are out of reach. Claims are read only
    after the signature holds.
    """
    claims = signed_claims(token, signing_key(header_of(token), clerk))
    if reason := objection(claims, clerk, time.time()):
        raise Refusal(reason)
    return claims


def header_of(token: str) -> Mapping[str, Any]:
    """The JOSE header, not to be trusted yet. Raises Refusal; no key has been touched by then.

    RFC 7515: three parts (7.1), `crit` that is not understood is refused (4.1.11), and none is
    understood here. RFC 8725: the algorithm is ours to choose (3.1), and so is the key: `jwk`,
    `jku` and `x5u` are never looked at (3.10). RFC 7519, 5.1: `typ`.

    `cat` is Clerk's category of a token: the key of a Clerk project also signs what JWT templates
    make, which live for years and are meant for others, and tokens of machines. Clerk's back end
    draws the same line (https://github.com/clerk/javascript, packages/backend: JWT_CATEGORY_*);
    tokens from before there were categories have none.
    """
    if len(token) > TOKEN_MAX_LENGTH or not token.isascii() or token.count(".") != 2:
        raise Refusal(Reason.MALFORMED)
    return read_header(token.partition(".")[0])


@lru_cache(maxsize=64)
def read_header(encoded: str) -> Mapping[str, Any]:
    """All tokens that Clerk signs with one key have the same header, which is read once."""
    try:
        header = json_object(decoded(encoded))
    except ValueError as error:
        raise Refusal(Reason.MALFORMED) from error
    if header.get("alg") != ALGORITHM:
        raise Refusal(Reason.ALGORITHM)
    if header.get("typ", "JWT") != "JWT":
        raise Refusal(Reason.TYPE)
    if "cat" in header and header["cat"] not in SESSION_CATEGORIES:
        raise Refusal(Reason.CATEGORY)
    if "crit" in header:
        raise Refusal(Reason.CRITICAL)
    # RFC 7797, 6: a payload that is not encoded has to be announced in `crit`.
    if header.get("b64", True) is not True:
        raise Refusal(Reason.MALFORMED)
    return header


def decoded(part: str) -> bytes:
    """base64url without padding (RFC 7515, 2). Raises ValueError.

    Each text has one form, so that no two tokens are the same one.
    """
    if not BASE64URL.fullmatch(part):
        raise ValueError("not base64url")
    raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ValueError("not base64url as it is written")
    return raw


def json_object(raw: bytes) -> dict[str, Any]:
    """Raises ValueError for what is not one JSON object in UTF-8 that names nothing twice.

    RFC 7519, 4 leaves a claim that comes twice to the reader, and RFC 8259, 4 says what comes of
    it: two readers that see different claims. NaN and Infinity are no JSON.
    """
    try:
        value = DECODER.decode(raw.decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name comes twice")
    return members


def no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=no_json)


def signing_key(header: Mapping[str, Any], clerk: ClerkConfig) -> RSAPublicKey:
    if clerk.jwt_key:
        return static_key(clerk.jwt_key)
    kid = header.get("kid")
    if not isinstance(kid, str) or not (key := key_set(clerk.jwks_url).key(kid)):
        raise Refusal(Reason.UNKNOWN_KEY)
    return key


def signed_claims(token: str, key: RSAPublicKey) -> dict[str, Any]:
    """The payload, once the signature over it (RFC 7515, 5.2) holds."""
    signed, _, signature = token.rpartition(".")
    try:
        payload, signed_with = decoded(signed.partition(".")[2]), decoded(signature)
        if not rs256.verify(signed.encode(), key, signed_with):
            raise Refusal(Reason.SIGNATURE)
        return json_object(payload)
    except ValueError as error:
        raise Refusal(Reason.MALFORMED) from error


def objection(claims: Mapping[str, Any], clerk: ClerkConfig, now: float) -> Reason | None:
    """Why signed claims do not sign anyone in at `now` (seconds since 1970); None: they do.

    `iss` and `sub`: RFC 7519, 4.1.1 and 4.1.2, compared as strings, to the letter. `azp` and
    `sts` are Clerk's (https://clerk.com/docs/backend-requests/resources/session-tokens): `azp` is
    the Origin that asked Clerk for the token, without which a token of a neighbouring subdomain
    would do; Clerk leaves it out where there was no Origin. `pending` is a session that still has
    tasks to do, which Clerk's own back end treats as signed out. `act` (RFC 8693, 4.1) names who
    acts in the person's place; whether they may is for `sign_in.impersonator_of`.
    """
    if claims.get("iss") != clerk.issuer:
        return Reason.ISSUER
    if not is_subject(claims.get("sub")):
        return Reason.SUBJECT
    if reason := untimely(claims, now):
        return reason
    if clerk.authorized_parties and claims.get("azp") not in clerk.authorized_parties:
        return Reason.PARTY if claims.get("azp") else Reason.PARTY_MISSING
    if claims.get("sts") == "pending":
        return Reason.PENDING
    return None if is_actor(claims.get("act")) else Reason.ACTOR


def is_actor(act: Any) -> bool:
    return act is None or (isinstance(act, dict) and is_subject(act.get("sub")))


def is_subject(subject: Any) -> bool:
    """Clerk's user id, not a machine's: text that a column can hold."""
    if not isinstance(subject, str) or subject.startswith(MACHINE_PREFIX):
        return False
    return subject.isprintable() and 0 < len(subject.strip()) <= len(subject) <= SUBJECT_MAX_LENGTH


def untimely(claims: Mapping[str, Any], now: float) -> Reason | None:
    """RFC 7519, 4.1.4 to 4.1.6, with SKEW. Clerk's tokens always expire: `exp` is required."""
    if not is_moment(claims.get("exp")):
        return Reason.EXPIRY
    begins = [claims[name] for name in ("nbf", "iat") if name in claims]
    if not all(map(is_moment, begins)):
        return Reason.TIMES
    if now >= claims["exp"] + SKEW:
        return Reason.EXPIRED
    return Reason.NOT_YET_VALID if begins and now < max(begins) - SKEW else None


def is_moment(value: Any) -> bool:
    """A NumericDate. 1e999 is read as infinity, which would never expire."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < YEAR_5138
