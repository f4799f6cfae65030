"""Time to the first token, when many visitors ask the assistant at the same moment."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import server
from benchmarks.place import LARGE, ROOT, variables
from benchmarks.report import Row, Table, number, percentile, progress, verdict
from benchmarks.stub import MODEL, TOKENS
from core.local.processes import LocalError

COUNTS = (200, 500)
ROUNDS = 3
TARGETS = {500: 800}  # streams -> milliseconds, for the 95th percentile
COLUMNS = (
    "what", "at once", "p50 ms", "p95 ms", "max ms", "no-ops' p95", "all done s", "succeeded",
    "target",
)  # fmt: skip


@dataclass(frozen=True)
class Wave:
    """Many requests sent at once; `first` are milliseconds to the first token of each."""

    asked: int
    first: Sequence[float]
    succeeded: int
    seconds: float

    @property
    def p95(self) -> float:
        return percentile(self.first, 0.95)


def run(folder: Path) -> Table:
    """The best of ROUNDS waves at each of COUNTS, of streams and of no-ops."""
    log = folder / "logs" / "benchmark-streams.log"
    with server.stub(folder / "logs" / "benchmark-stub.log") as provider:
        model = {"LLM_BASE_URL": provider, "LLM_MODEL": MODEL, "LLM_API_KEY": "none"}
        with server.gunicorn(variables(folder, LARGE, **server.ASGI, **model), log) as site:
            waves = measure(site)
    rows = [
        row(kind, waves[kind, count], waves["no-op", count])
        for count in COUNTS
        for kind in ("no-op", "chat")
    ]
    return Table(f"Chat streams (gunicorn asgi), {TOKENS} tokens each", COLUMNS, tuple(rows))


def measure(site: str) -> dict[tuple[str, int], Wave]:
    wanted = [(kind, count) for count in COUNTS for kind in ("no-op", "chat")]
    best: dict[tuple[str, int], Wave] = {}
    # Each process opens its database connections and its model's client with its first requests.
    wave(site, "chat", 32)
    for kind, count in progress(wanted * ROUNDS, "waves of streams", len(wanted) * ROUNDS):
        measured = wave(site, kind, count)
        best[kind, count] = better(best.get((kind, count), measured), measured)
    return best


def wave(site: str, kind: str, count: int) -> Wave:
    port = urlsplit(site).port
    command = [sys.executable, "-m", "benchmarks.stream_client", str(port), str(count), kind]
    done = subprocess.run([*command, str(TOKENS)], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"The client of the streams failed: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    return Wave(count, told["first_tokens"], told["succeeded"], told["seconds"])


def better(one: Wave, other: Wave) -> Wave:
    """The one in which more succeeded; of two alike, the one with the lower p95."""
    return min(one, other, key=lambda wave: (-wave.succeeded, wave.p95))


def row(kind: str, wave: Wave, idle: Wave) -> Row:
    target = TARGETS.get(wave.asked) if kind == "chat" else None
    cells = (
        "first token of a stream" if kind == "chat" else "no-op (/api/health)",
        str(wave.asked),
        number(percentile(wave.first, 0.5)),
        number(wave.p95),
        number(max(wave.first, default=float("nan"))),
        f"{wave.p95 / idle.p95:.1f} x",
        number(wave.seconds, 1),
        f"{wave.succeeded} of {wave.asked}",
        f"p95 <= {target} ms" if target else "",
    )
    in_time = target is None or wave.p95 <= target
    return Row(cells, verdict(in_time and wave.succeeded == wave.asked))
