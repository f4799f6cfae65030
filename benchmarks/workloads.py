"""What is asked of the server over and over, each time a little differently, and how often.

Needs Django set up.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings

from benchmarks import rows, words
from benchmarks.place import ORIGIN
from benchmarks.wrk import Call
from core.testing.clerk import session_token
from properties.models import Status

LISTS = "/api/v1/properties"
SEARCH = "/api/v1/faq/search"
CACHED_QUESTIONS = 50
VARIANTS = 3000  # of a call whose answers nobody caches
PEOPLE = 200
DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class Workload:
    """`calls` makes the calls of one run, which are gone through again when they end."""

    name: str
    calls: Callable[[], Iterator[Call]]
    target: int | None = None  # requests per second

    def for_a_run(self, enough: int) -> list[Call]:
        """At most `enough` calls."""
        return list(islice(self.calls(), enough))


def no_op() -> Iterator[Call]:
    yield Call("/api/health")


def newest() -> Iterator[Call]:
    yield Call(LISTS)


def details(filled: int) -> Iterator[Call]:
    rng = random.Random(2)
    for number in rng.sample(range(filled), min(VARIANTS, filled)):
        if (listing := rows.listing(number)).status == Status.PUBLISHED:
            yield Call(f"{LISTS}/{listing.id}")


def filtered() -> Iterator[Call]:
    rng = random.Random(3)
    for _ in range(VARIANTS):
        yield Call(f"{LISTS}?{urlencode(filters(rng))}")


def filters(rng: random.Random) -> dict[str, str | int]:
    """One to four filters, as visitors combine them."""
    city, _ = words.place(rng)
    low = rng.randrange(0, 6000, 500)
    kinds: list[dict[str, str | int]] = [
        {"city": city},
        {"transaction": "rent", "min_price": low, "max_price": low + rng.choice((2000, 5000))},
        {"type": rng.choice(rows.BUILDINGS).value},
        {"bedrooms": rng.randint(1, 4)},
        {"guests": rng.randint(2, 8)},
        {"amenities": ",".join(words.some_amenities(rng)[:2]) or "pool"},
    ]
    chosen: dict[str, str | int] = {}
    for kind in rng.sample(kinds, rng.randint(1, 4)):
        chosen |= kind
    return chosen


def words_in_listings() -> Iterator[Call]:
    rng = random.Random(4)
    for _ in range(VARIANTS):
        wanted = " ".join(words.some_words(rng, rng.randint(1, 3)))
        yield Call(f"{LISTS}?{urlencode({'q': wanted})}")


def search(kind: str) -> Iterator[Call]:
    """Without end, no question twice."""
    for asking in words.distinct_questions(kind):
        yield Call(f"{SEARCH}?{urlencode({'query': asking})}")


def fresh_searches(kind: str) -> Callable[[], Iterator[Call]]:
    """Searches for what no run has asked before, nor any while the cache may still hold it."""
    began = time.time()
    runs = count()
    return lambda: search(f"{kind} {began} {next(runs)}")


def cached_searches() -> Iterator[Call]:
    return islice(search("cached"), CACHED_QUESTIONS)


def me() -> Iterator[Call]:
    key = Path(os.environ["DEV_JWT_PRIVATE_KEY_FILE"]).read_text()
    expires = int(time.time()) + DAY
    for number in range(PEOPLE):
        sub = rows.clerk_user_id(number)
        token = session_token(key, settings.CLERK.issuer, sub, exp=expires, azp=ORIGIN)
        yield Call("/api/v1/users/me", f"Bearer {token}")


NO_OP = Workload("no-op (/api/health)", no_op)
BARE = Workload("one bare view (benchmarks/bare.py)", no_op)


def workloads(filled: int) -> list[Workload]:
    """All, the no-op first; `filled` is how many listings there are."""
    return [
        NO_OP,
        Workload("list", newest, 1800),
        Workload("list, filtered", filtered, 1200),
        Workload("listing", lambda: details(filled), 2200),
        Workload("/users/me, token verified", me, 2000),
        Workload("FAQ search, not cached", fresh_searches("stub"), 450),
        Workload("FAQ search, cached", cached_searches),
    ]


def searches_embedded_here() -> list[Workload]:
    """For a server without an embedding provider. The listings, which have no vectors here, are
    searched by words alone then."""
    return [
        NO_OP,
        Workload("list, by words (q)", words_in_listings),
        Workload("FAQ search, not cached, own embedder", fresh_searches("own"), 450),
    ]
