"""How well FAQ search ranks real collections, by the code that serves requests.

On servers of its own, where each collection in turn replaces the FAQs of a product.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import metrics, place
from benchmarks.corpora import STACKFAQ, THAI_QA
from benchmarks.metrics import Interval
from benchmarks.report import Row, Table, verdict
from core.local.processes import LocalError

REAL_MODEL = "all-MiniLM-L6-v2"
KEYWORDS, VECTORS, COMBINED, FUSED = "keywords", "vectors", "weighted", "rank fusion"
REFERENCE = "BM25 reference"
# What a weighted combination may lose to its better leg.
LOSS = 0.005
THAI_FLOOR = 0.95
COLUMNS = ("collection", "vectors of", "ranking", *metrics.NAMES, "95% of nDCG@10", "target")

Figures = list[Interval]
Measured = dict[tuple[str, str, str], Figures]


def run(folder: Path, data: Path) -> Table:
    """Measure in a process whose settings are those of a product of the servers in `folder`."""
    if not data.is_dir():
        raise LocalError(f"{data} is not there: say where the data is by --data FOLDER.")
    own = folder / "retrieval"
    own.mkdir(parents=True, exist_ok=True)
    with place.servers(own):
        command = [sys.executable, "-m", "benchmarks.retrieving", str(data)]
        environment = place.variables(own, place.LARGE, LOG_LEVEL="ERROR")
        done = subprocess.run(
            command, cwd=place.ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
    if done.returncode:
        raise LocalError("Measuring retrieval failed; the reason stands above.")
    found = {
        tuple(key): [Interval(**each) for each in figures]
        for key, figures in json.loads(done.stdout)
    }
    return table(found)


def table(measured: Measured) -> Table:
    rows = [row(key, figures, *held_against(key, measured)) for key, figures in measured.items()]
    return Table("FAQ retrieval", COLUMNS, tuple(rows))


def row(key: tuple[str, str, str], figures: Figures, floor: float | None, target: str) -> Row:
    gain = figures[-1]
    cells = (
        *key,
        *(f"{each.mean:.3f}" for each in figures),
        f"{gain.low:.3f}-{gain.high:.3f}",
        target,
    )
    return Row(cells, "" if floor is None else verdict(gain.mean >= floor))


def held_against(key: tuple[str, str, str], measured: Measured) -> tuple[float | None, str]:
    """The least nDCG@10 that is asked of a row, and that in words."""
    collection, model, ranking = key

    def gain(of: str, by: str) -> float:
        return measured[collection, by, of][-1].mean

    if ranking == KEYWORDS and collection == STACKFAQ:
        return gain(REFERENCE, ""), "BM25"
    if ranking == KEYWORDS and collection == THAI_QA:
        return THAI_FLOOR, f"{THAI_FLOOR}"
    if ranking == COMBINED and model == REAL_MODEL:
        best = max(gain(KEYWORDS, ""), gain(VECTORS, model))
        return best * (1 - LOSS), "better leg - 0.5%"
    if ranking == COMBINED:
        return gain(KEYWORDS, ""), "keywords"
    return None, ""
