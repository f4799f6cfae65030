"""Figures, what they are held against, and the tables they are printed in."""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One line of a table. `verdict` is "pass", "FAIL", or "" where nothing is asked."""

    cells: tuple[str, ...]
    verdict: str = ""


@dataclass(frozen=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        return all(row.verdict != "FAIL" for row in self.rows)

    def lines(self) -> list[tuple[str, ...]]:
        return [(*self.columns, ""), *((*row.cells, row.verdict) for row in self.rows)]


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile; `share` from 0 to 1. NaN for no values."""
    if not values:
        return math.nan
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def verdict(ok: bool) -> str:
    return "pass" if ok else "FAIL"


def number(value: float, digits: int = 0) -> str:
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def plain(table: Table) -> str:
    """For a terminal: the first column to the left, figures to the right."""
    lines = table.lines()
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = ["  ".join(aligned(line, widths)).rstrip() for line in lines]
    rule = "-" * max(map(len, body))
    return "\n".join([table.title, rule, body[0], rule, *body[1:]])


def aligned(line: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for place, (cell, width) in enumerate(zip(line, widths, strict=True)):
        yield cell.ljust(width) if place == 0 else cell.rjust(width)


def markdown(table: Table) -> str:
    rule = ["---", *["---:"] * len(table.columns)]
    lines = [table.lines()[0], rule, *table.lines()[1:]]
    body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([f"### {table.title}", "", *body])


def progress(items: Iterable[T], label: str, total: int, size: int = 1) -> Iterator[T]:
    """A bar on a terminal, a line for each tenth elsewhere; both on standard error.

    `total` items stand for `size` of whatever is counted each.
    """
    if sys.stderr.isatty():
        yield from tqdm(items, label, total, leave=False, unit_scale=size)
        return
    step = max(1, total // 10)
    for done, item in enumerate(items, 1):
        yield item
        if done % step == 0 or done == total:
            say(f"{label}: {done * size:,} of {total * size:,}")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
