"""The public keys that session tokens are verified with: one static PEM, or Clerk's JWKS.

Both are prepared once: parsing a PEM costs more than verifying a signature with it.
"""

import math
import time
from collections.abc import Callable
from functools import lru_cache
from http.client import HTTPException
from threading import Lock
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.errors import ApiError, ErrorCode

FETCH_TIMEOUT = 3.0  # seconds
KEYS_MAX_BYTES = 256 * 1024
LIFETIME = 300.0  # seconds after which a removed key must have stopped verifying
COOLDOWN = 10.0  # seconds between fetches that bring nothing, however many tokens ask for one

Keys = dict[str, RSAPublicKey]


class KeysUnavailable(Exception):
    """The JWKS could not be fetched or read."""


@lru_cache(maxsize=8)
def static_key(pem: str) -> RSAPublicKey:
    """Raises ValueError when the text is not an RSA public key in PEM."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA key")
    return key


class KeySet:
    """Keys by `kid`, fetched when first needed, again when they are old or one is missing.

    One thread fetches at a time. A fetch that did not bring the key asked for starts the cooldown,
    so that forged kids cost one fetch per COOLDOWN. When Clerk cannot be reached the last good set
    goes on serving.
    """

    def __init__(
        self, fetch: Callable[[], Keys], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.fetch = fetch
        self.clock = clock
        self.keys: Keys = {}
        self.stale_at = -math.inf
        self.cool_until = -math.inf
        self.reachable = True
        self.lock = Lock()

    def key(self, kid: str) -> RSAPublicKey | None:
        """None when Clerk has no such key. Raises SERVICE_UNAVAILABLE when that is not known."""
        key = self.keys.get(kid)
        if key is not None and self.clock() < self.stale_at:
            return key
        # Whoever holds an old key does not wait for another's fetch; whoever holds none does.
        if self.lock.acquire(blocking=key is None):
            try:
                if self.may_fetch(kid):
                    self.refresh(kid)
            finally:
                self.lock.release()
        key = self.keys.get(kid)
        if key is None and not self.reachable:
            retry_after = max(1, math.ceil(self.cool_until - self.clock()))
            raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, retry_after=retry_after)
        return key

    def may_fetch(self, kid: str) -> bool:
        """Asked under the lock: whoever waited for it may find the work done."""
        now = self.clock()
        return now >= self.cool_until and (kid not in self.keys or now >= self.stale_at)

    def refresh(self, kid: str) -> None:
        try:
            self.keys = self.fetch()
            self.reachable = True
            self.stale_at = self.clock() + LIFETIME
        except KeysUnavailable:
            self.reachable = False
        if kid not in self.keys or not self.reachable:
            self.cool_until = self.clock() + COOLDOWN


class NoRedirect(HTTPRedirectHandler):
    """A redirect could lead to keys that are not Clerk's."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


opener = build_opener(NoRedirect)


def fetch_keys(url: str) -> Keys:
    """The usable signing keys of a JWKS (RFC 7517). Raises KeysUnavailable, also for none."""
    request = Request(url, headers={"Accept": "application/json"})
    try:
        with opener.open(request, timeout=FETCH_TIMEOUT) as response:
            body = response.read(KEYS_MAX_BYTES)
        entries = orjson.loads(body)["keys"]
        keys = {entry["kid"]: key for entry in entries if (key := usable_key(entry))}
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise KeysUnavailable(url) from error
    if not keys:
        raise KeysUnavailable(url)
    return keys


def usable_key(entry: Any) -> RSAPublicKey | None:
    """A key that is not for RS256 signatures is passed over, not an error: Clerk may add some."""
    fits = (
        isinstance(entry, dict)
        and isinstance(entry.get("kid"), str)
        and entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
    )
    if not fits:
        return None
    try:
        key = jwt.algorithms.RSAAlgorithm.from_jwk(entry)
    except (jwt.PyJWTError, ValueError):
        return None
    return key if isinstance(key, RSAPublicKey) else None


@lru_cache(maxsize=8)
def key_set(url: str) -> KeySet:
    return KeySet(lambda: fetch_keys(url))
