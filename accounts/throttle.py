"""Guesses of passwords are slowed down, and no owner is locked out.

Each attempt is counted before the password is looked at, so that a hundred at once are a hundred.
Past a limit one attempt is let through, then none for 1 s, 2 s, 4 s ... up to WAIT_MAX. Counted are

    (address, account)  few: somebody who mistypes, or guesses
    (address)           somebody who tries many accounts
    (account)           somebody who has many addresses; not for a browser that has signed in to
                        this account before, which a signed cookie shows, so that nobody can keep
                        the owner out by guessing

(OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). One address reaches the account's
own limit only slowly: the right password from another address still opens. While Redis is down
each process counts by itself.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from unicodedata import combining, normalize

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest

from core.throttling import address_of

WINDOW = 3600  # seconds after which what was counted is forgotten
WAIT_MAX = 900  # seconds
PAIR_LIMIT, ADDRESS_LIMIT, ACCOUNT_LIMIT = 5, 30, 100
DEVICE_AGE = 180 * 24 * 3600  # seconds
DEVICE_SALT = "accounts.device"

in_process = LocMemCache("sign-in", {"MAX_ENTRIES": 10_000})


@dataclass(frozen=True)
class Bucket:
    key: str
    limit: int

    def admit(self, store: BaseCache) -> int:
        """Count an attempt. Seconds to wait when it is not let through, else 0."""
        number = self.count(store)
        if number <= self.limit:
            return 0
        wait = min(2 ** min(number - self.limit - 1, 20), WAIT_MAX)
        until = time.time() + wait
        if store.add(f"{self.key}:wait", until, wait):
            return 0
        with suppress(ValueError):  # an attempt that was not made does not prolong the wait
            store.decr(self.key)
        return max(1, round(float(store.get(f"{self.key}:wait", until)) - time.time()))

    def count(self, store: BaseCache) -> int:
        """This attempt's number; 1 when the count ran out, or Redis went, just now."""
        store.add(self.key, 0, WINDOW)
        try:
            return store.incr(self.key) or 1
        except ValueError:
            return 1

    def forget(self, store: BaseCache) -> None:
        store.delete(self.key)
        store.delete(f"{self.key}:wait")


def store() -> BaseCache:
    """Redis, or this process's memory while there is none (the cache swallows its errors)."""
    redis: Any = cache  # whose `set` says whether it could
    return cache if redis.set("sign-in:alive", 1, 5) else in_process


def account_of(email: str) -> str:
    """Also for those who do not exist: an answer tells nothing of who does.

    Whatever PostgreSQL's `lower` takes for the same email has to be one account here, such as
    one with a dotted capital I or a Kelvin sign. That some that differ are one is no harm.
    """
    letters = normalize("NFKD", normalize("NFKD", email.strip()).casefold())
    plain = "".join(letter for letter in letters if not combining(letter))
    return sha256(plain.encode()).hexdigest()[:32]


def buckets(request: HttpRequest, email: str) -> list[Bucket]:
    """The first is forgotten when the password was right."""
    account, address = account_of(email), address_of(request)
    if device := known_device(request, account):
        return [Bucket(f"sign-in:device:{device}", PAIR_LIMIT)]
    return [
        Bucket(f"sign-in:{address}:{account}", PAIR_LIMIT),
        Bucket(f"sign-in:{address}", ADDRESS_LIMIT),
        Bucket(f"sign-in::{account}", ACCOUNT_LIMIT),
    ]


def wait_before(request: HttpRequest, email: str) -> int:
    """Seconds that this visitor has to wait before an attempt; 0: it is counted, go on."""
    counted = store()
    waits = (bucket.admit(counted) for bucket in buckets(request, email))
    return next(filter(None, waits), 0)


def succeeded(request: HttpRequest, email: str) -> None:
    buckets(request, email)[0].forget(store())


def forget(email: str) -> None:
    """The account's own count. Those by address name it by its hash, and expire within WINDOW."""
    for counted in (store(), in_process):
        Bucket(f"sign-in::{account_of(email)}", ACCOUNT_LIMIT).forget(counted)


def device_cookie_name() -> str:
    return f"{settings.PRODUCT.id}_device"


def device_token(email: str) -> str:
    return signing.dumps(account_of(email), salt=DEVICE_SALT)


def known_device(request: HttpRequest, account: str) -> str:
    """Digest of the cookie of a browser that has signed in to this account before, or ""."""
    cookie = request.COOKIES.get(device_cookie_name(), "")
    try:
        known = signing.loads(cookie, salt=DEVICE_SALT, max_age=DEVICE_AGE)
    except signing.BadSignature:
        return ""
    return sha256(cookie.encode()).hexdigest()[:32] if known == account else ""
