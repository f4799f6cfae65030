"""wrk (https://github.com/wg/wrk), which is cheap enough to share two cores with a server."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.local.processes import LocalError

SCRIPT = Path(__file__).with_name("wrk.lua")
MISSING = "The benchmarks need wrk, which is not installed: run apt-get install wrk."


@dataclass(frozen=True)
class Call:
    """A GET: its path with the query string, and an Authorization header where one is sent."""

    path: str
    authorization: str = ""


@dataclass(frozen=True)
class Figures:
    """Of one run: requests per second, milliseconds, and how many calls failed.

    `refused` got an answer that was not a success, `broken` none or half of one.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def errors(self) -> int:
        return self.refused + self.broken


def require() -> None:
    if not shutil.which("wrk"):
        raise LocalError(MISSING)


def measure(site: str, calls: Iterable[Call], connections: int, seconds: float) -> Figures:
    """Run wrk with one thread over these calls in turn, as often as they fit."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.writelines(f"{call.path}\t{call.authorization}\n" for call in calls)
        file.flush()
        load = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
        command = ["wrk", *load, "-s", str(SCRIPT), site, "--", file.name]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return parsed(done.stdout)


def parsed(output: str) -> Figures:
    """Figures in the JSON line that the script printed last."""
    line = next(line for line in reversed(output.splitlines()) if line.startswith("{"))
    return Figures(**json.loads(line))
