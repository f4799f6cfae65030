"""Tokens and cookies that are not this product's, shown to it (core/isolation).

Each token is `pending`, which is what is looked at last: one that got through all that it should
have been refused for would still sign nobody in, and make nobody. The reason tells how far it came.
"""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from accounts.clerk.conf import ClerkConfig
from accounts.clerk.keys import key_set
from accounts.clerk.tokens import Reason, Refusal, verify
from core.errors import ApiError
from core.isolation import CannotTry, Finding, Verdict, compared
from core.isolation.site import ROOT, Site, site
from core.isolation.web import others, tricks

TOKENS, COOKIES = "tokens", "session cookie"
UNSIGNED = Reason.UNKNOWN_KEY, Reason.SIGNATURE
MINUTE = 60  # seconds
# Where Clerk's front end keeps the token when it does not know which project it is for.
SHARED_COOKIE = "__session"


def tokens(url: str) -> Iterator[Finding]:
    live, key = site(url), generate_private_key(public_exponent=65537, key_size=2048)
    yield from forged(live, key)
    yield from signed(key)
    yield from cookies(live, token(key, claims()))


def claims(**changed: Any) -> dict[str, Any]:
    """Right for this product in every way but `sts`."""
    now = int(time.time())
    parties = settings.CLERK.authorized_parties
    own = {"iss": settings.CLERK.issuer, "sub": "user_isolation", "iat": now, "nbf": now}
    return own | {"exp": now + MINUTE, "azp": next(iter(parties), None), "sts": "pending"} | changed


def token(key: RSAPrivateKey, payload: Mapping[str, Any], **headers: Any) -> str:
    named = {"kid": known_kid()} | headers
    return jwt.PyJWS().encode(orjson.dumps(payload), key, "RS256", headers=named)


def known_kid() -> str:
    """The name of a key that verifies, where keys have names: the most that a forger can know."""
    if settings.CLERK.jwt_key:
        return "isolation"
    keys = key_set(settings.CLERK.jwks_url)
    try:
        keys.key("isolation")
    except ApiError as error:
        raise CannotTry(f"{settings.CLERK.jwks_url} cannot be fetched") from error
    return next(iter(keys.keys), "isolation")


def forged(live: Site, key: RSAPrivateKey) -> Iterator[Finding]:
    """By somebody who has none of the product's keys."""
    own = token(key, claims())
    body = own.split(".")[1]
    yield shown(live, "signed by another issuer's key", own, *UNSIGNED)
    embedded = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    yield shown(live, "with its own key in `jwk`", token(key, claims(), jwk=embedded), *UNSIGNED)
    elsewhere = token(key, claims(), jku="https://evil.example/jwks.json", kid="evil")
    yield shown(live, "with its own keys at `jku`", elsewhere, *UNSIGNED)
    for alg in ("none", "None", "RS512", "PS256", "ES256"):
        text = f"{part({'alg': alg, 'typ': 'JWT', 'kid': known_kid()})}.{body}."
        signature = "" if alg.lower() == "none" else own.split(".")[2]
        yield shown(live, f"`alg` {alg}", text + signature, Reason.ALGORITHM)
    secret = public_pem()
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': known_kid()})}.{body}"
    mac = encoded(hmac.digest(secret.encode(), text.encode(), "sha256"))
    yield shown(live, "`alg` HS256 with the public key", f"{text}.{mac}", Reason.ALGORITHM)


def public_pem() -> str:
    if settings.CLERK.jwt_key:
        return settings.CLERK.jwt_key
    key = key_set(settings.CLERK.jwks_url).keys[known_kid()]
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed(key: RSAPrivateKey) -> Iterator[Finding]:
    """What the signature alone does not tell: here `key` stands for Clerk's, whose private half
    nobody has. Hence within this process, also for a deployment that is asked by its URL."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    clerk = replace(settings.CLERK, jwt_key=public.decode())
    yield judged(key, clerk, "of this product", {}, Reason.PENDING)
    own = clerk.issuer
    issuers = [f"https://clerk.{product.domain}" for product in others()]
    for issuer in [*issuers, f"{own}/", f"{own}.evil.example", own.replace("https:", "http:"), ""]:
        yield judged(key, clerk, f"of issuer {issuer!r}", {"iss": issuer}, Reason.ISSUER)
    for page in clerk.authorized_parties[:1]:
        for party in tricks(page):
            if party not in clerk.authorized_parties:
                tried = f"for the page {party}"
                yield judged(key, clerk, tried, {"azp": party}, Reason.PARTY)


def judged(
    key: RSAPrivateKey, clerk: ClerkConfig, tried: str, changed: dict[str, Any], expected: Reason
) -> Finding:
    try:
        verify(token(key, claims(**changed)), clerk)
    except Refusal as refusal:
        return compared(TOKENS, tried, expected, refusal.reason)
    return compared(TOKENS, tried, expected, "accepted")


def shown(live: Site, tried: str, text: str, *expected: Reason) -> Finding:
    reason = live.ask("GET", ROOT, {"Authorization": f"Bearer {text}"}).reason
    return one_of(TOKENS, tried, expected, reason)


def cookies(live: Site, text: str) -> Iterator[Finding]:
    """The token is refused where it is read: an answer of 200 means that it was not."""
    own = settings.CLERK.session_cookie
    seen = live.ask("GET", ROOT, {"Cookie": f"{own}={text}"}).reason
    yield one_of(COOKIES, "of this product, signed by another", UNSIGNED, seen)
    another = replace(settings.CLERK, publishable_key="pk_live_another").session_cookie
    for name in (SHARED_COOKIE, another, own.lower() if own != own.lower() else own.upper()):
        seen = live.ask("GET", ROOT, {"Cookie": f"{name}={text}"}).reason
        yield compared(COOKIES, f"{name}, another product's", "not read", not_read(seen))
    for origin in tricks(live.origin):
        if origin not in settings.FRONTEND_URLS:
            headers = {"Cookie": f"{own}={text}", "Origin": origin}
            seen = live.ask("POST", ROOT, headers).reason
            yield compared(COOKIES, f"a write from {origin}", Reason.ORIGIN, seen)


def not_read(seen: str) -> str:
    return "not read" if seen == "status 200" else seen


def one_of(stone: str, tried: str, expected: tuple[Reason, ...], seen: str) -> Finding:
    verdict = Verdict.OK if seen in expected else Verdict.FAIL
    return Finding(stone, tried, " or ".join(expected), seen, verdict)


def part(value: Mapping[str, Any]) -> str:
    return encoded(orjson.dumps(value))


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
