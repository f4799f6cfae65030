"""Requests per second of the production web server, against those of a no-op on the same server."""

import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError

from benchmarks import server, wrk
from benchmarks.place import FORWARDED, LARGE, variables
from benchmarks.report import Row, Table, number, progress, verdict
from benchmarks.workloads import BARE, Workload, searches_embedded_here, workloads
from benchmarks.wrk import Call, Figures
from core.local.processes import LocalError
from core.search.embeddings import HASHED_DIMENSIONS, HASHED_MODEL

CONNECTIONS = (16, 64)
ROUNDS = 3
# More than any route answers, so that the calls of a run are not gone through twice.
FASTEST = 10_000  # requests per second
COLUMNS = ("route", "connections", "requests/s", "p50 ms", "p99 ms", "of no-op", "errors", "target")

Best = Mapping[tuple[str, int], Figures]


def run(folder: Path, filled: int, seconds: float) -> Table:
    """Each route at each number of connections: the best of ROUNDS runs of `seconds`."""
    log = folder / "logs" / "benchmark-web.log"
    with server.stub(folder / "logs" / "benchmark-stub.log") as provider:
        # The stub's vectors are the local embedder's, so the stored ones serve both.
        remote = {
            "EMBEDDING_BASE_URL": provider,
            "EMBEDDING_MODEL": HASHED_MODEL,
            "EMBEDDING_DIMENSIONS": str(HASHED_DIMENSIONS),
        }
        rows = served(
            variables(folder, LARGE, **server.GTHREAD, **remote), log, workloads(filled), seconds
        )
    # A server of its own, and so a no-op of its own to compare with.
    here = served(
        variables(folder, LARGE, **server.GTHREAD), log, searches_embedded_here(), seconds
    )
    rows += here[len(CONNECTIONS) :]
    with server.bare(log) as site:
        best = measure(site, [BARE], seconds)
    bare = [row(BARE, connections, best) for connections in CONNECTIONS]
    return Table("Web server (gunicorn gthread), wrk", COLUMNS, (*bare, *rows))


def served(
    environment: Mapping[str, str], log: Path, asked: Sequence[Workload], seconds: float
) -> list[Row]:
    with server.gunicorn(environment, log) as site:
        best = measure(site, asked, seconds)
    return [row(workload, connections, best) for workload in asked for connections in CONNECTIONS]


def measure(site: str, asked: Sequence[Workload], seconds: float) -> Best:
    """The rounds go through everything: what else the machine does then hits all alike."""
    pairs = [(workload, connections) for workload in asked for connections in CONNECTIONS]
    best: dict[tuple[str, int], Figures] = {}
    for workload, connections in progress(pairs * ROUNDS, "runs of wrk", len(pairs) * ROUNDS):
        calls = workload.for_a_run(int(FASTEST * seconds))
        prove(site, calls[0])
        figures = wrk.measure(site, calls, connections, seconds)
        key = workload.name, connections
        best[key] = better(best[key], figures) if key in best else figures
    return best


def prove(site: str, call: Call) -> None:
    """The call succeeds, and is no redirect, which wrk takes for a success. Raises LocalError."""
    headers = (
        {**FORWARDED, "Authorization": call.authorization} if call.authorization else FORWARDED
    )
    request = urllib.request.Request(site + call.path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            if answer.url != request.full_url:
                raise LocalError(f"{call.path} is redirected to {answer.url}")
    except HTTPError as error:
        text = error.read(500).decode(errors="replace")
        raise LocalError(f"{call.path} answers {error.code}: {text}") from error


def better(one: Figures, other: Figures) -> Figures:
    """The faster of two, with the errors of both: no failure is lost with a slow run."""
    faster = max(one, other, key=lambda figures: figures.rate)
    return replace(faster, refused=one.refused + other.refused, broken=one.broken + other.broken)


def row(workload: Workload, connections: int, best: Best) -> Row:
    figures = best[workload.name, connections]
    idle = next(best[key] for key in best if key[1] == connections)
    cells = (
        workload.name,
        str(connections),
        number(figures.rate),
        number(figures.p50, 1),
        number(figures.p99, 1),
        f"{figures.rate / idle.rate:.0%}" if workload != BARE else "",
        str(figures.errors),
        f">= {workload.target:,}" if workload.target else "",
    )
    if not workload.target:
        return Row(cells, "FAIL" if figures.errors else "")
    return Row(cells, verdict(figures.rate >= workload.target and not figures.errors))
