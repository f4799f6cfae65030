"""The public keys that session tokens are verified with: one static PEM, or Clerk's JWKS.

Both are prepared once: parsing a PEM costs more than verifying a signature with it.
"""

import logging
import math
import time
from collections.abc import Callable
from functools import lru_cache
from http.client import HTTPException
from threading import Event, Lock, Thread
from typing import Any, TypeGuard
from urllib.request import (
    AbstractHTTPHandler,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.errors import ApiError, ErrorCode
from core.kept_connections import answers_until

# All in seconds.
FETCH_TIMEOUT = 3.0  # of a connection attempt, and of the answer as a whole
LIFETIME = 300.0  # after which a removed key must have stopped verifying
REFRESH_AFTER = 150.0  # from here on the keys are fetched anew while the old ones serve
COOLDOWN = 10.0  # between fetches that bring nothing, however many tokens ask for one
ABSENCE = 30.0  # for which a key that Clerk did not have is not asked for; its JWKS may lag behind
PATIENCE = 0.5  # that a request waits for a fetch when there are keys to go on with

KEYS_MAX_BYTES = 256 * 1024
KEY_MIN_BITS = 2048  # RFC 7518, section 3.3
ABSENT_MAX = 100  # key ids that Clerk is known not to have
KID_MAX_LENGTH = 255  # of those that Clerk is asked about; its own have 31

Keys = dict[str, RSAPublicKey]

logger = logging.getLogger("accounts.clerk.keys")


class KeysUnavailable(Exception):
    """The JWKS could not be fetched or read."""


@lru_cache(maxsize=8)
def static_key(pem: str) -> RSAPublicKey:
    """Raises ValueError when the text is not an RSA public key, of 2048 bits or more, in PEM."""
    key = load_pem_public_key(pem.encode())
    if not is_strong(key):
        raise ValueError("not an RSA key of 2048 bits or more")
    return key


class KeySet:
    """One product's keys by `kid`.

    They are fetched in a thread of its own, one fetch at a time, when they are first needed, when
    they grow old and when a token names one that is missing. Whose key is known does not wait: the
    old keys serve meanwhile, and go on serving when Clerk cannot be reached. A fetch that did not
    bring the key asked for starts the cooldown, so that forged kids cost one fetch per COOLDOWN.
    """

    def __init__(
        self, fetch: Callable[[], Keys], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.fetch = fetch
        self.clock = clock
        self.keys: Keys = {}
        self.absent: dict[str, float] = {}  # kid -> until when Clerk is not asked for it again
        self.refresh_at = self.stale_at = self.cool_until = -math.inf
        self.reachable = True
        self.is_quick = True
        self.flight: Event | None = None  # set when the fetch that is under way has ended
        self.began = -math.inf  # when that one did, by the real clock
        self.lock = Lock()

    def key(self, kid: str) -> RSAPublicKey | None:
        """None when Clerk has no such key. Raises SERVICE_UNAVAILABLE when that is not known."""
        key = self.keys.get(kid)
        if key is None:
            return self.missing(kid)
        now = self.clock()
        if now < self.refresh_at:
            return key
        self.renew(kid, 0)
        if now >= self.stale_at and self.reachable:
            self.await_answer()
        return self.keys.get(kid)

    def await_answer(self) -> None:
        """Past its life a key serves only when Clerk has been asked and gave no answer in time:
        not while one is on its way that may be without it. Who asks now and then at least never
        waits here, since the keys are renewed before."""
        with self.lock:
            flight, since = self.flight, time.monotonic() - self.began
        if flight is not None:
            flight.wait(max(0.0, FETCH_TIMEOUT - since))

    def missing(self, kid: str) -> RSAPublicKey | None:
        if self.clock() < self.absent.get(kid, -math.inf) or len(kid) > KID_MAX_LENGTH:
            return None
        ended = self.renew(kid, PATIENCE if self.keys else FETCH_TIMEOUT)
        key = self.keys.get(kid)
        if key is None and not (ended and self.reachable):
            retry_after = math.ceil(max(1.0, self.cool_until - self.clock()))
            raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, retry_after=retry_after)
        return key

    def renew(self, kid: str, patience: float) -> bool:
        """Fetch the keys unless it is too early; whether no fetch is under way any more.

        Waits `patience` seconds for it, and not at all when another began it and the last one was
        slow or failed: else tokens with forged kids would hold all threads of the server.
        """
        with self.lock:
            flight, is_mine = self.flight, False
            if flight is None and self.clock() >= self.cool_until:
                flight, is_mine = self.begin(kid), True
        if flight is None:
            return True
        return flight.wait(patience if is_mine or (self.reachable and self.is_quick) else 0)

    def begin(self, kid: str) -> Event | None:
        """The fetch, begun under the lock. None when the process has no thread to spare, which
        counts as a fetch that failed."""
        flight = Event()
        try:
            Thread(target=self.fly, args=(flight, kid), daemon=True).start()
        except RuntimeError as error:
            logger.warning("Clerk's keys cannot be fetched", extra={"cause": repr(error)})
            self.take(kid, {})
            return None
        self.flight, self.began = flight, time.monotonic()
        return flight

    def fly(self, flight: Event, kid: str) -> None:
        began, keys = time.monotonic(), {}
        try:
            keys = self.fetch()
        except KeysUnavailable as error:
            logger.warning("Clerk's keys cannot be fetched", extra={"cause": repr(error.__cause__)})
        finally:
            with self.lock:
                self.is_quick = time.monotonic() - began < PATIENCE
                self.take(kid, keys)
                self.flight = None
            flight.set()

    def take(self, kid: str, keys: Keys) -> None:
        """What a fetch for `kid` brought; no keys when it failed."""
        now = self.clock()
        self.reachable = bool(keys)
        if keys:
            self.keys = keys
            self.refresh_at, self.stale_at = now + REFRESH_AFTER, now + LIFETIME
            self.absent = {each: until for each, until in self.absent.items() if now < until}
        if kid not in keys:
            self.cool_until = now + COOLDOWN
        if keys and kid not in keys and len(self.absent) < ABSENT_MAX:
            self.absent[kid] = now + ABSENCE


class NoRedirect(HTTPRedirectHandler):
    """A redirect could lead to keys that are not Clerk's."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class InTime(AbstractHTTPHandler):
    """A server that trickles is out of time as a silent one is: else its fetch, the one that there
    is at a time, would never end."""

    def do_open(self, http_class: Any, req: Request, **options: Any) -> Any:
        deadline = time.monotonic() + FETCH_TIMEOUT

        def connection(host: str, **more: Any) -> Any:
            made = http_class(host, **more)
            made.response_class = answers_until(deadline)
            return made

        return super().do_open(connection, req, **options)


class InTimeHTTP(InTime, HTTPHandler):
    pass


class InTimeHTTPS(InTime, HTTPSHandler):
    pass


opener = build_opener(NoRedirect, InTimeHTTP, InTimeHTTPS)


def fetch_keys(url: str) -> Keys:
    """The usable signing keys of a JWKS (RFC 7517). Raises KeysUnavailable, also for none."""
    try:
        entries = orjson.loads(fetched(url))["keys"]
        keys = {entry["kid"]: key for entry in entries if (key := usable_key(entry))}
        if not keys:
            raise ValueError("no key for RS256 in it")
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise KeysUnavailable(url) from error
    return keys


def fetched(url: str) -> bytes:
    """Raises OSError or HTTPException."""
    request = Request(url, headers={"Accept": "application/json"})
    body = b""
    with opener.open(request, timeout=FETCH_TIMEOUT) as response:
        while chunk := response.read1(KEYS_MAX_BYTES):
            body += chunk
            if len(body) > KEYS_MAX_BYTES:
                raise OSError("too large")
    return body


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
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if is_strong(key) else None


def is_strong(key: Any) -> TypeGuard[RSAPublicKey]:
    return isinstance(key, RSAPublicKey) and key.key_size >= KEY_MIN_BITS


@lru_cache(maxsize=8)
def key_set(url: str) -> KeySet:
    """The product's: a process serves one product, whose keys are at one address."""
    return KeySet(lambda: fetch_keys(url))
