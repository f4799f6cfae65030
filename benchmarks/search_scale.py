"""How long FAQ search takes among very many FAQs, and what it loses by not looking at all of them.

On servers of its own for each number of FAQs, kept like those of the other benchmarks: to fill
and index a million takes some 25 minutes.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import place
from benchmarks.report import Row, Table, number, percentile, say, verdict
from core.local.processes import LocalError

# (FAQs, numbers of a vector)
COLLECTIONS = ((100_000, 384), (100_000, 1536), (1_000_000, 384))
SHARED_BUFFERS = "4GB"
COLUMNS = ("FAQs", "vectors", "what", "figure", "target")

WITHIN = {100_000: 15.0, 1_000_000: 50.0}  # ms, p95 of the whole endpoint
CACHED_WITHIN = 3.0  # ms
UNCHANGED = 0.95
RECALL = 0.95


def run(folder: Path, wanted: list[str]) -> Table:
    """`wanted`: such as "100000x384"; all of COLLECTIONS where there is none."""
    chosen = [tuple(map(int, each.split("x"))) for each in wanted] or COLLECTIONS
    rows: list[Row] = []
    for documents, size in chosen:
        say(f"{documents:,} FAQs with vectors of {size}")
        rows += rows_of(documents, size, measured(folder, documents, size))
    return Table("FAQ search at scale", COLUMNS, tuple(rows))


def measured(folder: Path, documents: int, size: int) -> dict[str, Any]:
    """By a process whose settings are those of a product of these servers."""
    own = folder / f"search-{documents}"
    own.mkdir(parents=True, exist_ok=True)
    output = own / f"measured-{size}.json"
    with place.servers(own, SHARED_BUFFERS):
        # What an earlier run asked must not be answered from the cache.
        fresh = {"CACHE_NAMESPACE": f"run{time.time_ns()}", "LOG_LEVEL": "ERROR"}
        command = [
            sys.executable,
            "-m",
            "benchmarks.scaling",
            str(documents),
            str(size),
            str(output),
        ]
        environment = place.variables(own, place.LARGE, **fresh)
        if subprocess.run(command, cwd=place.ROOT, env=environment).returncode:
            raise LocalError("Measuring search at scale failed; the reason stands above.")
    found: dict[str, Any] = json.loads(output.read_text())
    return found


def rows_of(documents: int, size: int, found: dict[str, Any]) -> list[Row]:
    def row(what: str, figure: str, target: str = "", ok: bool | None = None) -> Row:
        cells = (f"{documents:,}", str(size), what, figure, target)
        return Row(cells, "" if ok is None else verdict(ok))

    def at_most(what: str, figure: float, most: float | None) -> Row:
        if most is None:
            return row(what, f"{number(figure, 1)} ms")
        return row(what, f"{number(figure, 1)} ms", f"<= {most:.0f} ms", figure <= most)

    def at_least(what: str, figure: float, least: float) -> Row:
        return row(what, f"{figure:.3f}", f">= {least:.2f}", figure >= least)

    times, cached, uncapped = found["times"], found["cached"], found["uncapped"]
    return [
        at_most("search p50", percentile(times, 0.5), None),
        at_most("search p95", percentile(times, 0.95), WITHIN.get(documents)),
        at_most("from the cache p95", percentile(cached, 0.95), CACHED_WITHIN),
        at_most("ranking every match p95", percentile(uncapped, 0.95), None),
        at_least("top ten unchanged, words alone", found["unchanged_words"], UNCHANGED),
        at_least("top ten unchanged, both legs", found["unchanged_both"], UNCHANGED),
        at_least("recall@10 of the vector leg", found["recall"], RECALL),
        *(
            row(f"{name}: built in, size", f"{built}, {bytes_ / 2**20:,.0f} MB")
            for name, built, bytes_ in found["indexes"]
        ),
        row("tables with all indexes", f"{found['bytes'] / 2**20:,.0f} MB"),
    ]
