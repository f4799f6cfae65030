"""What verifying a session token costs, and what forged ones cost everybody else.

The keys come over HTTP from a stub of Clerk's, as they do in production.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from itertools import count, islice
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from accounts.clerk.keys import COOLDOWN
from accounts.clerk.tokens import verify
from benchmarks import server, wrk
from benchmarks.place import FORWARDED, LARGE, ORIGIN, variables
from benchmarks.report import Row, Table, number, percentile, say, verdict
from benchmarks.workloads import PEOPLE, me
from core.testing.clerk import FakeClerk, running

ME = "/api/v1/users/me"
VERIFIED = 20_000
FORGED, SECONDS = 10_000, 60
FORGERS, VISITORS = 4, 4  # connections
VISITS = 100  # requests per second of signed-in people
SLOW = 2.0  # seconds that the slow stub takes
GROWTH_MAX = 8  # MB
ROUNDS = 3
HOUR = 60 * 60
COLUMNS = ("what", "requests/s", "p50 ms", "p95 ms", "fetches", "memory", "errors", "target")


@dataclass(frozen=True)
class Flood:
    """Milliseconds that signed-in people waited while forged kids came in (or did not)."""

    waited: list[float]
    wrong: int  # answers other than 200 for them, or other than 401 and 503 for the forgers
    fetches: int
    growth: float  # MB, of all of the server's processes

    @property
    def p95(self) -> float:
        return percentile(self.waited, 0.95)


def run(folder: Path) -> Table:
    with running(settings.CLERK.issuer) as clerk:
        rows = [verifying(clerk), *rates(folder)]
        keys = {"CLERK_JWT_KEY": "", "CLERK_JWKS_URL": clerk.jwks_url}
        environment = variables(folder, LARGE, **server.GTHREAD, **keys)
        with server.gunicorn(environment, folder / "logs" / "benchmark-tokens.log") as site:
            rows += flooded(site, clerk)
    return Table("Session tokens", COLUMNS, tuple(rows))


def verifying(clerk: FakeClerk) -> Row:
    config = replace(settings.CLERK, jwt_key="", jwks_url=clerk.jwks_url)
    tokens = [clerk.token(f"user_{each}", azp=ORIGIN, exp=in_an_hour()) for each in range(PEOPLE)]
    took = []
    for each in range(VERIFIED):
        began = time.perf_counter()
        verify(tokens[each % PEOPLE], config)
        took.append((time.perf_counter() - began) * 1000)
    p50, p95 = percentile(took, 0.5), percentile(took, 0.95)
    what = "verifying a token, keys known"
    cells = (what, "", number(p50, 3), number(p95, 3), "1", "", "0", "p95 < 0.3 ms")
    return Row(cells, verdict(p95 < 0.3 and clerk.fetches == 1))


def rates(folder: Path) -> Iterator[Row]:
    """Requests per second with a static key; the best of ROUNDS, which take turns."""
    routes = (
        ("no-op (/api/health), 16 connections", [wrk.Call("/api/health")], 0),
        ("/users/me, 16 connections", list(me()), 2300),
    )
    log = folder / "logs" / "benchmark-tokens.log"
    with server.gunicorn(variables(folder, LARGE, **server.GTHREAD), log) as site:
        for _, calls, _ in routes:
            wrk.measure(site, calls, 16, 2)
        rounds = [
            [wrk.measure(site, calls, 16, 4) for _, calls, _ in routes] for _ in range(ROUNDS)
        ]
    for (what, _, target), measured in zip(routes, zip(*rounds, strict=True), strict=True):
        best = max(measured, key=rate)
        goal = f">= {target:,}" if target else ""
        cells = (what, number(best.rate), number(best.p50, 1), "", "", "", str(best.errors), goal)
        yield Row(cells, verdict(best.rate >= target and not best.errors) if target else "")


def rate(figures: wrk.Figures) -> float:
    return figures.rate


def flooded(site: str, clerk: FakeClerk) -> list[Row]:
    flood(site, clerk, 3, 300)  # each process opens its connections and fetches its first keys
    quiet = flood(site, clerk, SECONDS / 3, 0)
    quick = flood(site, clerk, SECONDS, FORGED)
    clerk.delay = SLOW
    time.sleep(COOLDOWN)
    slow = flood(site, clerk, SECONDS, FORGED)
    label = f"signed-in people while {FORGED:,} forged kids come in {SECONDS} s"
    return [
        row("signed-in people, nothing else", quiet, None),
        row(label, quick, quiet),
        row(f"the same, Clerk taking {SLOW:.0f} s", slow, quiet),
    ]


def row(what: str, flood: Flood, quiet: Flood | None) -> Row:
    allowed = fetches_allowed()
    bound = 2 * quiet.p95 if quiet else 0
    cells = (
        what,
        str(VISITS),
        number(percentile(flood.waited, 0.5), 1),
        number(flood.p95, 1),
        str(flood.fetches),
        f"{flood.growth:+.1f} MB",
        str(flood.wrong),
        f"p95 <= {bound:.1f} ms, <= {allowed} fetches, <= {GROWTH_MAX} MB" if quiet else "",
    )
    kept = flood.p95 <= bound and flood.fetches <= allowed and flood.growth <= GROWTH_MAX
    return Row(cells, verdict(kept and not flood.wrong) if quiet else "")


def fetches_allowed() -> int:
    """One a cooldown in each of the server's processes, and one that was due before."""
    return int(server.GTHREAD["WEB_WORKERS"]) * (int(SECONDS / COOLDOWN) + 1)


def flood(site: str, clerk: FakeClerk, seconds: float, forged: int) -> Flood:
    say(f"{seconds:.0f} s of {VISITS} requests a second, {forged:,} forged kids in between")
    fetches, memory = clerk.fetches, resident(site)
    good = clerk.token("user_benchmark_visitor", azp=ORIGIN, exp=in_an_hour())
    with ThreadPoolExecutor(FORGERS + VISITORS) as pool:
        forgers = [
            pool.submit(paced, site, forgeries(good, each), forged // FORGERS, seconds)
            for each in range(FORGERS)
        ]
        visits = int(VISITS * seconds) // VISITORS
        visitors = [
            pool.submit(paced, site, iter(lambda: good, None), visits, seconds)
            for _ in range(VISITORS)
        ]
    statuses, waited = zip(*(each.result() for each in visitors), strict=True)
    wrong = sum(status != 200 for each in statuses for status in each)
    wrong += sum(status not in (401, 503) for each in forgers for status in each.result()[0])
    fetched, growth = clerk.fetches - fetches, resident(site) - memory
    return Flood([each for many in waited for each in many], wrong, fetched, growth)


def in_an_hour() -> int:
    return int(time.time()) + HOUR


def forgeries(good: str, forger: int) -> Iterator[str]:
    """Tokens that differ in the kid alone: they are refused before their signature is looked at."""
    _, payload, signature = good.split(".")
    for each in count():
        header = {"alg": "RS256", "typ": "JWT", "kid": f"ins_{forger}_{time.time()}_{each}"}
        encoded = urlsafe_b64encode(orjson.dumps(header)).rstrip(b"=").decode()
        yield f"{encoded}.{payload}.{signature}"


def paced(
    site: str, tokens: Iterator[str], asked: int, seconds: float
) -> tuple[list[int], list[float]]:
    """GET /users/me `asked` times, evenly over `seconds`: statuses, and milliseconds each took."""
    statuses, took = [], []
    began = time.perf_counter()
    with connected(site) as connection:
        for sent_before, token in enumerate(islice(tokens, asked)):
            time.sleep(max(0, began + sent_before * seconds / asked - time.perf_counter()))
            sent = time.perf_counter()
            connection.request("GET", ME, headers=FORWARDED | {"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
            took.append((time.perf_counter() - sent) * 1000)
    return statuses, took


@contextmanager
def connected(site: str) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(urlsplit(site).netloc, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def resident(site: str) -> float:
    """MB in memory of the processes that serve `site`, told by their environment."""
    bound = f"WEB_BIND={urlsplit(site).netloc}".encode()
    pages = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if bound in (process / "environ").read_bytes().split(b"\0"):
                pages += int((process / "statm").read_text().split()[1])
        except OSError:  # ended meanwhile
            continue
    return pages * 4096 / 1e6
